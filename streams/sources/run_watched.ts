import type { DropCause } from "../../src/core/drops.ts";
import type { FrameInfo, Picture } from "../../src/core/frame.ts";
import {
  type Admission,
  type Arrival,
  type SourceEnd,
  SourceError,
  type SourceProperties,
  type SourceSink,
} from "../../src/core/source.ts";

/**
 * Stands before a sink and sees when frames come that give no pictures any more: the camera changed its codec under
 * way, or its key frames do not come through. Only opening it anew helps then.
 */
class PictureWatch implements SourceSink {
  #sink: SourceSink;
  #timeoutMs: number;
  #giveUp: (failure: SourceError) => void;
  #url: string;
  #lost = 0;
  #lastReason = "";
  #since = performance.now();

  constructor(sink: SourceSink, options: WatchOptions, giveUp: (failure: SourceError) => void) {
    this.#sink = sink;
    this.#timeoutMs = options.timeoutMs;
    this.#url = options.url;
    this.#giveUp = giveUp;
  }

  opened(properties: SourceProperties): void {
    this.#start();
    this.#sink.opened(properties);
  }

  arrived(arrival: Arrival): Admission {
    const admission = this.#sink.arrived(arrival);
    // A stream of which nobody wants a picture has none to miss.
    if (!admission.decode) this.#start();
    return admission;
  }

  decoded(info: FrameInfo, picture: Picture): Promise<void> | void {
    this.#start();
    return this.#sink.decoded(info, picture);
  }

  lost(info: FrameInfo, cause: DropCause, reason?: string): void {
    this.#sink.lost(info, cause, reason);
    if (cause !== "undecodable") return;
    this.#lost++;
    this.#lastReason = reason ?? this.#lastReason;
    if (performance.now() - this.#since < this.#timeoutMs) return;
    const count = `${this.#lost} frames in a row gave no picture in ${this.#timeoutMs} ms`;
    this.#giveUp(new SourceError("invalid", `Cannot decode ${this.#url}: ${count}: ${this.#lastReason}`));
  }

  #start(): void {
    this.#lost = 0;
    this.#since = performance.now();
  }
}

/** How long a source may go on without pictures, and what messages call it. */
export interface WatchOptions {
  timeoutMs: number;
  /** The redacted address. */
  url: string;
}

/** Runs a source until it ends, fails, is aborted, or gives no pictures any more. */
export async function runWatched(
  sink: SourceSink,
  signal: AbortSignal,
  options: WatchOptions,
  run: (sink: SourceSink, signal: AbortSignal) => Promise<SourceEnd>,
): Promise<SourceEnd> {
  if (signal.aborted) return "aborted";
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const watch = new PictureWatch(sink, options, (failure) => stop.abort(failure));
  try {
    const end = await run(watch, stop.signal);
    if (end === "ended") return end;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  if (!signal.aborted) throw stop.signal.reason;
  return "aborted";
}
