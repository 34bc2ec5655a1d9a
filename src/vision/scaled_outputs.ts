import type { Box, Detection, ResultEnvelope } from "../core/results.ts";

type Outputs = ResultEnvelope["outputs"];
type Fields = Record<string, unknown>;

/** Outputs with everything that lies in the picture at another size of it; what else they say stays. */
export function scaledOutputs(outputs: Outputs, x: number, y: number): Outputs {
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, scaled(output as Fields, x, y)]));
}

function scaled(output: Fields, x: number, y: number): Fields {
  const { detections, crops, regions } = output;
  if (Array.isArray(detections) || Array.isArray(crops)) {
    return {
      ...output,
      ...(Array.isArray(detections) && { detections: detections.map((one) => scaledDetection(one, x, y)) }),
      ...(Array.isArray(crops) && { crops: crops.map((crop) => ({ ...crop, box: scaledBox(crop.box, x, y) })) }),
    };
  }
  if (Array.isArray(regions)) return { ...output, regions: regions.map((box) => scaledBox(box, x, y)) };
  // Zones and lines lie in the picture under the names that people gave them.
  return Object.fromEntries(Object.entries(output).map(([key, value]) => [key, scaledShape(value, x, y)]));
}

function scaledDetection(detection: Detection, x: number, y: number): Detection {
  const { box, keypoints, mask } = detection;
  return {
    ...detection,
    box: scaledBox(box, x, y),
    ...(keypoints && { keypoints: keypoints.map(([px, py, ...rest]) => [px * x, py * y, ...rest]) }),
    ...(mask && { mask: mask.map((ring) => ring.map((value, index) => value * (index % 2 ? y : x))) }),
  };
}

function scaledBox([left, top, width, height]: Box, x: number, y: number): Box {
  return [left * x, top * y, width * x, height * y];
}

function scaledShape(value: unknown, x: number, y: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { points, from, to } = value as { points?: unknown; from?: unknown; to?: unknown };
  const place = ([px, py]: number[]) => [px * x, py * y];
  if (Array.isArray(points)) return { ...value, points: points.map(place) };
  if (Array.isArray(from) && Array.isArray(to)) return { ...value, from: place(from), to: place(to) };
  return value;
}
