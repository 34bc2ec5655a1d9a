import type { AnalyzerOutput, Box, Detection, ModelOutput, ResultEnvelope } from "../../core/results.ts";

/** A result's outputs as they lie on the picture seen in a mirror. */
export function mirrored({ outputs, frame }: Pick<ResultEnvelope, "outputs" | "frame">): ResultEnvelope["outputs"] {
  return Object.fromEntries(
    Object.entries(outputs).map(([step, output]) => [step, mirroredOutput(output, frame.width)]),
  );
}

function mirroredOutput(output: ModelOutput | AnalyzerOutput, across: number): ModelOutput | AnalyzerOutput {
  if (!Array.isArray(output.detections)) return mirroredAreas(output as AnalyzerOutput, across);
  return {
    ...output,
    detections: (output.detections as Detection[]).map((found) => mirroredDetection(found, across)),
  };
}

/** Zones and lines are where they are seen, too. */
function mirroredAreas(output: AnalyzerOutput, across: number): AnalyzerOutput {
  const place = ([x, y]: number[]) => [across - x, y];
  return Object.fromEntries(
    Object.entries(output).map(([name, reading]) => {
      if (name === "faces" && Array.isArray(reading)) return [name, reading.map((face) => mirroredFace(face, across))];
      const { points, from, to } = (reading ?? {}) as { points?: number[][]; from?: number[]; to?: number[] };
      if (Array.isArray(points)) return [name, { ...reading as object, points: points.map(place) }];
      if (!Array.isArray(from) || !Array.isArray(to)) return [name, reading];
      return [name, { ...reading as object, from: place(from), to: place(to) }];
    }),
  );
}

/** Where a face's pulse was read. */
function mirroredFace(face: { region?: Box; mask?: number[][] }, across: number): typeof face {
  const { region, mask } = face;
  return {
    ...face,
    ...(region && { region: mirroredBox(region, across) }),
    ...(mask && { mask: mask.map((ring) => mirroredRing(ring, across)) }),
  };
}

function mirroredBox([x, y, width, height]: Box, across: number): Box {
  return [across - x - width, y, width, height];
}

function mirroredRing(ring: readonly number[], across: number): number[] {
  return ring.map((value, index) => index % 2 === 0 ? across - value : value);
}

function mirroredDetection(detection: Detection, across: number): Detection {
  const box = mirroredBox(detection.box, across);
  const keypoints = detection.keypoints?.map(([x, ...rest]) => [across - x, ...rest]);
  const mask = detection.mask?.map((ring) => mirroredRing(ring, across));
  return { ...detection, box, ...(keypoints && { keypoints }), ...(mask && { mask }) };
}
