import { round } from "./statistics.ts";

/**
 * Completed results a second, from the moments of completion: the intervals between the first and the last, so that
 * what is under way at the edges of the window counts for nobody. Results that come in pairs, from two cores in step,
 * would make the last interval nothing; the mean over where the window may end evens that out.
 */
export function completionRate(timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  const edge = Math.min(EDGE, last >> 1);
  if (edge < 1) return 0;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const first = mean(sorted.slice(0, edge));
  const final = mean(sorted.slice(-edge));
  return round(((sorted.length - edge) * 1000) / (final - first));
}

const EDGE = 8;
