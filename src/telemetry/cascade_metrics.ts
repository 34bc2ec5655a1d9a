import type { CascadeFigures, SimilarityFigures, StreamStatus } from "../core/stream.ts";
import type { Metrics } from "./metrics.ts";

/** Pipelines of single images stand among the streams under this and their own name. */
const IMAGES = "~predict:";

/**
 * What steps on earlier ones' answers have done, and what their caches have brought: by the streams' latest statuses, and
 * by the pipelines of single images.
 */
export function cascadeMetrics(
  metrics: Metrics,
  { statuses, images }: {
    statuses: ReadonlyMap<string, StreamStatus>;
    images(): Record<string, Record<string, CascadeFigures>>;
  },
): void {
  const asked = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    read: (figures: CascadeFigures) => number | undefined,
  ) =>
    metrics.asked({
      type,
      name,
      help,
      labels: ["stream", "step"],
      read(say) {
        const ofImages = Object.entries(images()).map(([name, cascades]) => [IMAGES + name, { cascades }] as const);
        for (const [stream, { cascades = {} }] of [...statuses, ...ofImages]) {
          for (const [step, figures] of Object.entries(cascades)) {
            const value = read(figures);
            if (value !== undefined) say(value, { stream, step });
          }
        }
      },
    });
  const cached = (name: string, help: string, read: (figures: SimilarityFigures) => number) =>
    asked("counter", name, help, ({ cache }) => cache && read(cache));
  asked("counter", "weir_cascade_runs_total", "Crops and vectors that a step was asked about.", ({ runs }) => runs);
  asked("counter", "weir_cascade_failures_total", "Those that gave no answer.", ({ failed }) => failed);
  asked(
    "counter",
    "weir_cascade_skipped_total",
    "Crops that were due and had no place among the most that a frame may have.",
    ({ skipped }) => skipped,
  );
  cached("weir_similarity_hits_total", "Answers that stood for one nearly the same.", ({ hits }) => hits);
  cached("weir_similarity_misses_total", "Vectors that were like none before.", ({ misses }) => misses);
  cached(
    "weir_similarity_unusable_total",
    "Vectors without a direction, which are like no other.",
    ({ unusable }) => unusable,
  );
  cached("weir_similarity_checked_total", "Hits that were run nevertheless.", ({ checked }) => checked);
  cached(
    "weir_similarity_agreed_total",
    "Of those, how many said the same as the answer that would have stood for them.",
    ({ agreed }) => agreed,
  );
  cached(
    "weir_similarity_saved_seconds_total",
    "What the runs that were not made would have taken.",
    ({ savedMs }) => savedMs / 1000,
  );
  asked("gauge", "weir_similarity_entries", "Answers that are remembered.", ({ cache }) => cache?.entries);
}
