import { Assignment } from "./assignment.ts";
import type { MotSequence } from "./mot_sequence.ts";

/** The overlaps at which a sighting may count as found: 0.05, 0.1 … 0.95. */
const THRESHOLDS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
const EPSILON = Number.EPSILON;

/** What HOTA is computed from, for each threshold. Counts of several sequences add up; the figures do not. */
export interface HotaCounts {
  found: number[];
  missed: number[];
  extra: number[];
  /** Over all that was found, how well its two identities agree over the whole sequence. */
  association: number[];
  /** Sum of the overlaps of what was found. */
  overlap: number[];
}

/** Higher order tracking accuracy (Luiten et al. 2021) and its parts, means over the thresholds, 0 to 1. */
export interface Hota {
  hota: number;
  detA: number;
  assA: number;
  locA: number;
}

/** Counts what HOTA needs of one sequence. */
export function countHota({ frames, truthCounts, trackedCounts }: MotSequence): HotaCounts {
  const counts = noCounts();
  const columns = trackedCounts.length;
  const alignment = globalAlignment({ frames, truthCounts, trackedCounts });
  const together = THRESHOLDS.map(() => new Map<number, number>());
  const assignment = new Assignment();
  let truths = 0;
  let answers = 0;
  for (const { truth, tracked, ious } of frames) {
    truths += truth.length;
    answers += tracked.length;
    const costs = new Float64Array(ious.length);
    for (let cell = 0; cell < ious.length; cell++) {
      const pair = truth[Math.floor(cell / tracked.length)] * columns + tracked[cell % tracked.length];
      costs[cell] = -alignment[pair] * ious[cell];
    }
    const chosen = assignment.solve(costs, truth.length, tracked.length);
    for (let row = 0; row < truth.length; row++) {
      if (chosen[row] < 0) continue;
      const iou = ious[row * tracked.length + chosen[row]];
      const pair = truth[row] * columns + tracked[chosen[row]];
      for (let i = 0; i < THRESHOLDS.length && iou >= THRESHOLDS[i] - EPSILON; i++) {
        counts.found[i]++;
        counts.overlap[i] += iou;
        together[i].set(pair, (together[i].get(pair) ?? 0) + 1);
      }
    }
  }
  for (let i = 0; i < THRESHOLDS.length; i++) {
    counts.missed[i] = truths - counts.found[i];
    counts.extra[i] = answers - counts.found[i];
    for (const [pair, times] of together[i]) {
      const either = truthCounts[Math.floor(pair / columns)] + trackedCounts[pair % columns] - times;
      counts.association[i] += (times * times) / either;
    }
  }
  return counts;
}

/** Adds the counts of several sequences up. */
export function sumHota(several: readonly HotaCounts[]): HotaCounts {
  const sum = noCounts();
  for (const counts of several) {
    for (const key of Object.keys(sum) as (keyof HotaCounts)[]) {
      for (let i = 0; i < THRESHOLDS.length; i++) sum[key][i] += counts[key][i];
    }
  }
  return sum;
}

/** The figures that follow from the counts. */
export function hotaOf({ found, missed, extra, association, overlap }: HotaCounts): Hota {
  const detA = found.map((count, i) => count / Math.max(1, count + missed[i] + extra[i]));
  const assA = found.map((count, i) => association[i] / Math.max(1, count));
  return {
    hota: mean(detA.map((value, i) => Math.sqrt(value * assA[i]))),
    detA: mean(detA),
    assA: mean(assA),
    locA: mean(found.map((count, i) => count > 0 ? overlap[i] / count : 1)),
  };
}

/** How much each pair of identities belongs together over the whole sequence, before anything is decided. */
function globalAlignment({ frames, truthCounts, trackedCounts }: MotSequence): Float64Array {
  const columns = trackedCounts.length;
  const shared = new Float64Array(truthCounts.length * columns);
  for (const { truth, tracked, ious } of frames) {
    const rowSums = truth.map((_, row) => sum(tracked.length, (column) => ious[row * tracked.length + column]));
    const columnSums = tracked.map((_, column) => sum(truth.length, (row) => ious[row * tracked.length + column]));
    for (let cell = 0; cell < ious.length; cell++) {
      const row = Math.floor(cell / tracked.length);
      const column = cell % tracked.length;
      const either = rowSums[row] + columnSums[column] - ious[cell];
      if (either > EPSILON) shared[truth[row] * columns + tracked[column]] += ious[cell] / either;
    }
  }
  for (let pair = 0; pair < shared.length; pair++) {
    shared[pair] /= truthCounts[Math.floor(pair / columns)] + trackedCounts[pair % columns] - shared[pair];
  }
  return shared;
}

function noCounts(): HotaCounts {
  const zeros = () => THRESHOLDS.map(() => 0);
  return { found: zeros(), missed: zeros(), extra: zeros(), association: zeros(), overlap: zeros() };
}

function sum(count: number, valueOf: (index: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += valueOf(i);
  return total;
}

function mean(values: readonly number[]): number {
  return sum(values.length, (i) => values[i]) / values.length;
}
