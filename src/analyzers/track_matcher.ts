import type { Box, Detection } from "../core/results.ts";
import { Assignment } from "../vision/assignment.ts";
import { Corners, iouMatrix, Matrix } from "../vision/iou.ts";
import type { Target } from "./track_target.ts";

/** What makes a target and a detection the same thing. */
export interface MatchRule {
  /** Where the target is looked for. */
  boxOf(target: Target): Readonly<Box>;
  /** What the pair is worth. What is worth no more than nothing is no pair, but may have stood in the way of one. */
  worth(iou: number, target: Target, detection: Detection): number;
  /** Pairs that overlap less are no pairs. */
  least: number;
  /** Pixels that boxes reach further to the right and below than their corners say. Default 0. */
  edge?: number;
}

/** Who found nobody. */
export interface Leftovers {
  targets: Target[];
  /** Indexes of detections. */
  detections: number[];
}

/** Pairs targets with detections so that all pairs together are worth the most. */
export class TrackMatcher {
  #targets = new Corners();
  #detections = new Corners();
  #ious = new Matrix();
  #costs = new Matrix();
  #assignment = new Assignment();

  /** Things of different classes are never the same unless `acrossClasses`. */
  constructor(private readonly acrossClasses: boolean) {}

  /** Sets the `detection` of each target that has one among `indexes`, and answers the rest. */
  match(targets: Target[], indexes: number[], all: readonly Detection[], rule: MatchRule): Leftovers {
    if (targets.length === 0 || indexes.length === 0) return { targets, detections: indexes };
    const columns = indexes.length;
    this.#targets.clear();
    this.#detections.clear();
    for (const target of targets) this.#targets.push(rule.boxOf(target), rule.edge);
    for (const index of indexes) this.#detections.push(all[index].box, rule.edge);
    const { values: ious } = iouMatrix(this.#targets, this.#detections, this.#ious);
    const { values: costs } = this.#costs.reshape(targets.length, columns);
    for (let row = 0, cell = 0; row < targets.length; row++) {
      const target = targets[row];
      for (let column = 0; column < columns; column++, cell++) {
        costs[cell] = 0;
        if (ious[cell] === 0) continue;
        const detection = all[indexes[column]];
        if (!this.acrossClasses && detection.classId !== target.classId) continue;
        costs[cell] = -rule.worth(ious[cell], target, detection);
      }
    }
    const chosen = this.#assignment.solve(costs, targets.length, columns);
    const left: Leftovers = { targets: [], detections: [] };
    const taken = new Uint8Array(columns);
    for (let row = 0; row < targets.length; row++) {
      const column = chosen[row];
      const cell = row * columns + column;
      if (column < 0 || costs[cell] >= 0 || ious[cell] < rule.least) {
        left.targets.push(targets[row]);
        continue;
      }
      targets[row].detection = indexes[column];
      taken[column] = 1;
    }
    for (let column = 0; column < columns; column++) if (!taken[column]) left.detections.push(indexes[column]);
    return left;
  }
}
