import type { LogEvent } from "../core/events.ts";
import { found } from "../core/found.ts";
import type { SharedOptions } from "./shared_options.ts";

/** What a sink wants of the events. */
export type SiftOptions = Pick<SharedOptions, "types" | "labels" | "minScore" | "every" | "maxRate">;

/** A function that answers what of one stream's event a sink gets; undefined when nothing. It counts, so each sink has one of its own. */
export function sift(options: SiftOptions): (event: LogEvent, nowMs: number) => LogEvent | undefined {
  const types = options.types && new Set<string>(options.types);
  const labels = options.labels && new Set(options.labels);
  const { minScore, every = 1, maxRate } = options;
  const periodMs = maxRate === undefined ? 0 : 1000 / maxRate;
  // A result that comes a little early counts for its time, or a stream of just this rate would lose every other one.
  const slackMs = periodMs / 10;
  let count = 0;
  let dueMs = -Infinity;
  return (event, nowMs) => {
    if (types && !types.has(event.type)) return undefined;
    if (event.type !== "result") return event;
    const left = labels || minScore !== undefined ? found(event, { labels, minScore }) : event;
    if (!left || count++ % every !== 0 || nowMs < dueMs - slackMs) return undefined;
    dueMs = Math.max(dueMs, nowMs - slackMs) + periodMs;
    return left;
  };
}
