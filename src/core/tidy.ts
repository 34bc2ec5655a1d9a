import type { ModelOutput } from "./results.ts";

const PIXEL_STEPS = 100;
const SCORE_STEPS = 10_000;
/** An outline is many numbers, none of which is that exact. */
const MASK_STEPS = 10;

/** A number at so many steps to the unit; results carry no digits that mean nothing. */
export function rounded(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

/** An output with coordinates to a hundredth of a pixel and scores to a ten-thousandth; changed in place. */
export function tidyOutput(output: ModelOutput): ModelOutput {
  for (const detection of output.detections ?? []) {
    const { box, keypoints, mask } = detection;
    for (let side = 0; side < 4; side++) box[side] = rounded(box[side], PIXEL_STEPS);
    detection.score = rounded(detection.score, SCORE_STEPS);
    for (const point of keypoints ?? []) {
      for (let part = 0; part < point.length; part++) point[part] = rounded(point[part], PIXEL_STEPS);
    }
    for (const ring of mask ?? []) {
      for (let part = 0; part < ring.length; part++) ring[part] = rounded(ring[part], MASK_STEPS);
    }
  }
  for (const scored of output.classes ?? []) scored.score = rounded(scored.score, SCORE_STEPS);
  for (const head of Object.values(output.heads ?? {})) {
    head.score = rounded(head.score, SCORE_STEPS);
    for (let i = 0; i < head.probabilities.length; i++) {
      head.probabilities[i] = rounded(head.probabilities[i], SCORE_STEPS);
    }
  }
  return output;
}
