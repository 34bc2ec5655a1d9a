import type { CascadeFigures } from "../src/core/stream.ts";
import type { CascadeStep, Step } from "./pipeline.ts";

/** What one remembered answer takes beside its vector, at most: heads, classes, a feature vector. */
const ANSWER_BYTES = 16_384;

/** What those steps have done that run on earlier ones' answers, by step. */
export function cascadeFigures(steps: readonly Step[]): Record<string, CascadeFigures> {
  return Object.fromEntries(
    cascadesOf(steps).map(({ name, figures, cache }) => [name, { ...figures, ...(cache && { cache: cache.figures }) }]),
  );
}

/** The most memory that the answers remembered by these steps can take. */
export function cacheBytes(steps: readonly Step[]): number {
  return cascadesOf(steps).reduce(
    (sum, { cache, cascade }) => sum + (cache ? cache.rules.entries * (4 * cascade.numbers + ANSWER_BYTES) : 0),
    0,
  );
}

function cascadesOf(steps: readonly Step[]): CascadeStep[] {
  return steps.filter((step) => "cascade" in step);
}
