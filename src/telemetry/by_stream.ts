import type { Metrics } from "./metrics.ts";

/** Tells one number of each stream, read off whatever is known of it; a stream of which it is not known is left out. */
export function byStream<T>(metrics: Metrics, known: ReadonlyMap<string, T>) {
  return (type: "counter" | "gauge", name: string, help: string, read: (of: T) => number | undefined): void =>
    metrics.asked({
      type,
      name,
      help,
      labels: ["stream"],
      read(say) {
        for (const [stream, of] of known) {
          const value = read(of);
          if (value !== undefined) say(value, { stream });
        }
      },
    });
}
