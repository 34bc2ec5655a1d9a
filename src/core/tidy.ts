import type { ModelOutput } from "./results.ts";

const PIXEL_STEPS = 100;
const SCORE_STEPS = 10_000;

/** A number at so many steps to the unit; results carry no digits that mean nothing. */
export function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

/** An output with coordinates to a hundredth of a pixel and scores to a ten-thousandth; changed in place. */
export function tidyOutput(output: ModelOutput): ModelOutput {
  for (const detection of output.detections ?? []) {
    const { box, keypoints } = detection;
    for (let side = 0; side < 4; side++) box[side] = rounded(box[side], PIXEL_STEPS);
    detection.score = rounded(detection.score, SCORE_STEPS);
    for (const point of keypoints ?? []) {
      for (let part = 0; part < point.length; part++) point[part] = rounded(point[part], PIXEL_STEPS);
    }
  }
  for (const scored of output.classes ?? []) scored.score = rounded(scored.score, SCORE_STEPS);
  return output;
}
