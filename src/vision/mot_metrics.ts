import { Assignment } from "./assignment.ts";
import type { MotSequence } from "./mot_sequence.ts";

const THRESHOLD = 0.5;
const EPSILON = Number.EPSILON;
/** More than any overlaps can add up to: a pair of the frame before stays a pair while it overlaps enough. */
const CONTINUITY = 1000;

/** What MOTA and IDF1 are computed from. Counts of several sequences add up; the figures do not. */
export interface MotCounts {
  found: number;
  missed: number;
  extra: number;
  /** Times that something was found under another identity than the last time. */
  switches: number;
  /** Sum of the overlaps of what was found. */
  overlap: number;
  /** Sightings found under the one identity that fits best over the whole sequence. */
  identified: number;
}

/** CLEAR MOT (Bernardin and Stiefelhagen 2008) and identity figures (Ristani et al. 2016). */
export interface MotMetrics {
  /** Below 0 when there is more wrong than there is to find. */
  mota: number;
  motp: number;
  idf1: number;
  idp: number;
  idr: number;
}

/** Counts what MOTA and IDF1 need of one sequence. */
export function countMot(sequence: MotSequence): MotCounts {
  return { ...countClear(sequence), identified: countIdentified(sequence) };
}

/** Adds the counts of several sequences up. */
export function sumMot(several: readonly MotCounts[]): MotCounts {
  const sum: MotCounts = { found: 0, missed: 0, extra: 0, switches: 0, overlap: 0, identified: 0 };
  for (const counts of several) {
    for (const key of Object.keys(sum) as (keyof MotCounts)[]) sum[key] += counts[key];
  }
  return sum;
}

/** The figures that follow from the counts. */
export function motMetricsOf({ found, missed, extra, switches, overlap, identified }: MotCounts): MotMetrics {
  const truths = found + missed;
  const answers = found + extra;
  return {
    mota: (found - extra - switches) / Math.max(1, truths),
    motp: overlap / Math.max(1, found),
    idf1: (2 * identified) / Math.max(1, truths + answers),
    idp: identified / Math.max(1, answers),
    idr: identified / Math.max(1, truths),
  };
}

function countClear({ frames, truthCounts }: MotSequence): Omit<MotCounts, "identified"> {
  const counts = { found: 0, missed: 0, extra: 0, switches: 0, overlap: 0 };
  const assignment = new Assignment();
  const last = new Int32Array(truthCounts.length).fill(-1);
  let before = new Int32Array(truthCounts.length).fill(-1);
  for (const { truth, tracked, ious } of frames) {
    if (truth.length === 0 || tracked.length === 0) {
      counts.missed += truth.length;
      counts.extra += tracked.length;
      continue;
    }
    const costs = new Float64Array(ious.length);
    for (let cell = 0; cell < ious.length; cell++) {
      if (ious[cell] < THRESHOLD - EPSILON) continue;
      const goesOn = before[truth[Math.floor(cell / tracked.length)]] === tracked[cell % tracked.length];
      costs[cell] = -ious[cell] - (goesOn ? CONTINUITY : 0);
    }
    const chosen = assignment.solve(costs, truth.length, tracked.length);
    const now = new Int32Array(truthCounts.length).fill(-1);
    let pairs = 0;
    for (let row = 0; row < truth.length; row++) {
      const cell = row * tracked.length + chosen[row];
      if (chosen[row] < 0 || costs[cell] === 0) continue;
      const { [row]: who } = truth;
      const { [chosen[row]]: answer } = tracked;
      pairs++;
      counts.overlap += ious[cell];
      if (last[who] >= 0 && last[who] !== answer) counts.switches++;
      last[who] = answer;
      now[who] = answer;
    }
    before = now;
    counts.found += pairs;
    counts.missed += truth.length - pairs;
    counts.extra += tracked.length - pairs;
  }
  return counts;
}

/** Pairs whole identities so that most sightings agree. */
function countIdentified({ frames, truthCounts, trackedCounts }: MotSequence): number {
  const columns = trackedCounts.length;
  const costs = new Float64Array(truthCounts.length * columns);
  for (const { truth, tracked, ious } of frames) {
    for (let cell = 0; cell < ious.length; cell++) {
      if (ious[cell] < THRESHOLD) continue;
      costs[truth[Math.floor(cell / tracked.length)] * columns + tracked[cell % tracked.length]]--;
    }
  }
  const chosen = new Assignment().solve(costs, truthCounts.length, columns);
  return chosen.reduce((sum, column, row) => column < 0 ? sum : sum - costs[row * columns + column], 0);
}
