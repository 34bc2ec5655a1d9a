import type { ResultEnvelope } from "../../core/results.ts";
import type { Live } from "../api/live.ts";

/** Streams come into sight in crowds when a page scrolls: they are asked for together. */
const SETTLE_MS = 120;

/** The results of many streams over one subscription, whoever comes and goes. */
export class ResultFeed implements Disposable {
  #watchers = new Map<string, Set<(result: ResultEnvelope) => void>>();
  #asked = "";
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly live: Pick<Live, "events">) {}

  /** Hands over the results of a stream, from now on, until the returned function is called. */
  watch(stream: string, next: (result: ResultEnvelope) => void): () => void {
    const watchers = this.#watchers.get(stream) ?? new Set();
    this.#watchers.set(stream, watchers);
    watchers.add(next);
    this.#askSoon();
    return () => {
      watchers.delete(next);
      if (watchers.size === 0 && this.#watchers.get(stream) === watchers) {
        this.#watchers.delete(stream);
      }
      this.#askSoon();
    };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = undefined;
    this.#watchers.clear();
  }

  #askSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), SETTLE_MS);
  }

  #ask(): void {
    const streams = [...this.#watchers.keys()].sort();
    const asked = JSON.stringify(streams);
    if (asked === this.#asked) return;
    this.#asked = asked;
    const before = this.#stop;
    // The new one first: between the two nothing is missed, and what comes twice does no harm.
    this.#stop = streams.length === 0 ? undefined : this.live.events(
      { streams, types: ["result"] },
      (event) => {
        if (event.type !== "result") return;
        for (const next of this.#watchers.get(event.stream) ?? []) next(event);
      },
      { resume: false },
    );
    before?.();
  }
}
