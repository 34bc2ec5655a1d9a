import type { AnalyzerOutput, Box, Detection, ModelOutput, ResultEnvelope } from "../../core/results.ts";

/** A result's outputs as they lie on the picture seen in a mirror. */
export function mirrored({ outputs, frame }: Pick<ResultEnvelope, "outputs" | "frame">): ResultEnvelope["outputs"] {
  return Object.fromEntries(
    Object.entries(outputs).map(([step, output]) => [step, mirroredOutput(output, frame.width)]),
  );
}

function mirroredOutput(output: ModelOutput | AnalyzerOutput, across: number): ModelOutput | AnalyzerOutput {
  if (!Array.isArray(output.detections)) return output;
  return {
    ...output,
    detections: (output.detections as Detection[]).map((found) => mirroredDetection(found, across)),
  };
}

function mirroredDetection(detection: Detection, across: number): Detection {
  const [x, y, width, height] = detection.box;
  const box: Box = [across - x - width, y, width, height];
  const keypoints = detection.keypoints?.map(([x, ...rest]) => [across - x, ...rest]);
  return { ...detection, box, ...(keypoints && { keypoints }) };
}
