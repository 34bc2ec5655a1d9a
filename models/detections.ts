import type { ModelSpec } from "../src/core/model.ts";
import type { Detection } from "../src/core/results.ts";
import { type Placement, unplaceBox, unplacePoint } from "../src/vision/fit.ts";
import { type Candidates, nms } from "../src/vision/nms.ts";
import { labelOf } from "./labels.ts";
import { ModelError } from "./model_error.ts";

/** The corners of a box in pixels of the model's input. */
export type Corners = [x0: number, y0: number, x1: number, y1: number];

/** What a candidate has besides its box, in pixels of the model's input. `row` is where in the output it came from. */
export interface Details {
  keypoints?: (row: number) => number[][];
  mask?: (row: number, corners: Corners) => number[][];
}

/** The detections among the candidates, in source pixels, best first. */
export function detectionsOf(
  candidates: Candidates,
  spec: ModelSpec,
  placement: Placement,
  details: Details = {},
): Detection[] {
  expectFinite(candidates);
  const detections: Detection[] = [];
  const { corners, scores, classes, rows } = candidates;
  for (const i of nms(candidates, spec)) {
    const at = i * 4;
    const candidate: Corners = [corners[at], corners[at + 1], corners[at + 2], corners[at + 3]];
    const box = unplaceBox(placement, candidate);
    // A box that lies in the padding alone is of nothing.
    if (!(box[2] > 0 && box[3] > 0)) continue;
    const detection: Detection = { box, label: labelOf(spec, classes[i]), classId: classes[i], score: scores[i] };
    const { keypoints, mask } = details;
    if (keypoints) detection.keypoints = keypoints(rows[i]).map((point) => unplaceKeypoint(placement, point));
    if (mask) detection.mask = mask(rows[i], candidate).map((ring) => unplaceRing(placement, ring));
    detections.push(detection);
  }
  return detections;
}

/** The error of a model that answered something that is no number. */
export function notFinite(): ModelError {
  return new ModelError("failed", "The model answered NaN or infinity");
}

function expectFinite({ count, corners, scores }: Candidates): void {
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(scores[i])) throw notFinite();
  }
  for (let i = 0; i < count * 4; i++) {
    if (!Number.isFinite(corners[i])) throw notFinite();
  }
}

function unplaceKeypoint(placement: Placement, [x, y, ...score]: number[]): number[] {
  if (![x, y, ...score].every(Number.isFinite)) throw notFinite();
  return [...unplacePoint(placement, x, y), ...score];
}

function unplaceRing(placement: Placement, ring: number[]): number[] {
  const points: number[] = [];
  for (let i = 0; i < ring.length; i += 2) points.push(...unplacePoint(placement, ring[i], ring[i + 1]));
  return points;
}
