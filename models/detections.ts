import type { ModelSpec } from "../src/core/model.ts";
import type { Detection } from "../src/core/results.ts";
import { type Placement, unplaceBox, unplacePoint } from "../src/vision/fit.ts";
import { type Candidates, nms } from "../src/vision/nms.ts";
import { labelOf } from "./labels.ts";
import { ModelError } from "./model_error.ts";

/** The detections among the candidates, in source pixels, best first. `keypointsOf` reads a candidate's landmarks. */
export function detectionsOf(
  candidates: Candidates,
  spec: ModelSpec,
  placement: Placement,
  keypointsOf?: (row: number) => number[][],
): Detection[] {
  expectFinite(candidates);
  const detections: Detection[] = [];
  const { corners, scores, classes, rows } = candidates;
  for (const i of nms(candidates, spec)) {
    const at = i * 4;
    const box = unplaceBox(placement, [corners[at], corners[at + 1], corners[at + 2], corners[at + 3]]);
    // A box that lies in the padding alone is of nothing.
    if (!(box[2] > 0 && box[3] > 0)) continue;
    const detection: Detection = { box, label: labelOf(spec, classes[i]), classId: classes[i], score: scores[i] };
    if (keypointsOf) detection.keypoints = keypointsOf(rows[i]).map((point) => unplaceKeypoint(placement, point));
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
  if (!Number.isFinite(x) || !Number.isFinite(y)) throw notFinite();
  return [...unplacePoint(placement, x, y), ...score];
}
