import { Assignment } from "./assignment.ts";
import { Corners, iouMatrix, Matrix } from "./iou.ts";
import type { MotRow } from "./mot_sequence.ts";

const THRESHOLD = 0.5;

/** A row of the truth, and what it is worth to a tracker that finds it. */
export interface TruthRow extends MotRow {
  /** `asked`: to be found. `aside`: neither right nor wrong. `other`: not to be found. */
  role: "asked" | "aside" | "other";
}

/** The tracker's rows without those that fit best with what is neither right nor wrong to find (MOT16's rule). */
export function withoutDistractors<T extends MotRow>(tracked: readonly T[], truth: readonly TruthRow[]): T[] {
  const truths = Map.groupBy(truth, ({ frame }) => frame);
  const frames = Map.groupBy(tracked, ({ frame }) => frame);
  const truthBoxes = new Corners();
  const trackedBoxes = new Corners();
  const matrix = new Matrix();
  const assignment = new Assignment();
  return [...frames].flatMap(([frame, rows]) => {
    const known = truths.get(frame) ?? [];
    if (known.every(({ role }) => role !== "aside")) return rows;
    truthBoxes.clear();
    trackedBoxes.clear();
    for (const { box } of known) truthBoxes.push(box);
    for (const { box } of rows) trackedBoxes.push(box);
    const { values } = iouMatrix(truthBoxes, trackedBoxes, matrix);
    const costs = values.slice(0, known.length * rows.length)
      .map((iou) => iou < THRESHOLD - Number.EPSILON ? 0 : -iou);
    const chosen = assignment.solve(costs, known.length, rows.length);
    const gone = new Set<number>();
    for (let row = 0; row < known.length; row++) {
      const column = chosen[row];
      if (known[row].role === "aside" && column >= 0 && costs[row * rows.length + column] < 0) gone.add(column);
    }
    return rows.filter((_, index) => !gone.has(index));
  });
}
