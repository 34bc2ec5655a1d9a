import { nowMs } from "../src/core/clock.ts";
import type { Timings } from "../src/core/results.ts";
import { rounded } from "../src/core/tidy.ts";

/** All images of one caller share what one stream would get. */
export const stillStream = (caller: string): string => `~predict:${caller}`;

/** Where an image's time went until now: what is none of its own work, it waited. */
export function stillTimings({ receivedAtMs, decodeMs, prepareMs, startedAtMs, inferMs }: {
  receivedAtMs: number;
  decodeMs: number;
  prepareMs: number;
  /** When the model's run began. */
  startedAtMs: number;
  inferMs: number;
}): Timings {
  const timings = {
    decodeMs,
    queueMs: Math.max(0, startedAtMs - receivedAtMs - decodeMs - prepareMs),
    prepareMs,
    inferMs,
    postMs: Math.max(0, nowMs() - startedAtMs - inferMs),
  };
  for (const stage of Object.keys(timings) as (keyof Timings)[]) timings[stage] = rounded(timings[stage], 1000);
  return timings;
}
