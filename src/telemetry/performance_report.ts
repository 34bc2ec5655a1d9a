import { nowMs } from "../core/clock.ts";
import { type InferenceReport, InferenceTimes } from "../core/inference_times.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { StateEvent, StreamState, StreamStatus } from "../core/stream.ts";
import { rounded } from "../core/tidy.ts";
import type { LogFields } from "./log_fields.ts";

/** What the reports stand on. */
export interface PerformanceReportOptions {
  log: { report(msg: string, fields: LogFields): void };
  /** Every registered stream; without its status when its thread does not answer. */
  streams(): Promise<readonly { id: string; status?: StreamStatus }[]>;
  /** 0 is never. Default 30 s. */
  everyMs?: number;
  /** Milliseconds on a clock that never steps back. */
  now?: () => number;
}

interface Observed {
  times: InferenceTimes;
  /** Since when the frames are counted that its status tells. */
  sinceMs?: number;
  received: number;
  /** What the last line said of it. */
  said?: { received: number; state: StreamState };
}

const HUNDREDTHS = 100;
const RATE_STEPS = 10_000;
const STREAMS_MAX = 4096;
/** States in which nothing is expected to happen. */
const AT_REST: ReadonlySet<StreamState> = new Set(["paused", "stopped", "failed"]);

/** Every so often one line for each stream: what came in, what came out, how fast, and what went wrong. */
export class PerformanceReport implements Disposable {
  #observed = new Map<string, Observed>();
  #options: PerformanceReportOptions;
  #now: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: PerformanceReportOptions) {
    this.#options = options;
    this.#now = options.now ?? nowMs;
    const { everyMs = 30_000 } = options;
    if (everyMs > 0) this.#timer = setInterval(() => void this.write(), everyMs);
    if (this.#timer !== undefined) Deno.unrefTimer(this.#timer);
  }

  /** Folds a result in. */
  result({ stream, timings }: ResultEnvelope): void {
    const observed = this.#of(stream);
    if (!observed) return;
    observed.sinceMs ??= this.#now();
    observed.times.push(timings?.inferMs ?? 0);
  }

  /** Folds a change of state in. */
  state({ stream, state }: StateEvent): void {
    const observed = this.#of(stream);
    if (observed && state === "running") observed.sinceMs ??= this.#now();
  }

  /** Writes the lines now; whoever asks meanwhile gets the same ones. */
  write(): Promise<void> {
    return this.#writing ??= this.#write().finally(() => this.#writing = undefined);
  }

  /** Writes no more lines. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Streams that nobody knows of are noticed when lines are written; until then there are only so many. */
  #of(stream: string): Observed | undefined {
    let observed = this.#observed.get(stream);
    if (!observed && this.#observed.size < STREAMS_MAX) {
      this.#observed.set(stream, observed = { times: new InferenceTimes(), received: 0 });
    }
    return observed;
  }

  async #write(): Promise<void> {
    let streams;
    try {
      streams = await this.#options.streams();
    } catch {
      // Whoever could not answer says so elsewhere; the next line comes soon.
      return;
    }
    const there = new Set(streams.map(({ id }) => id));
    for (const id of this.#observed.keys()) if (!there.has(id)) this.#observed.delete(id);
    for (const { status } of streams) if (status) this.#report(status);
  }

  #report(status: StreamStatus): void {
    const { id, state, frames } = status;
    const observed = this.#of(id);
    if (!observed) return;
    const { said } = observed;
    if (said && AT_REST.has(state) && said.state === state && said.received === frames.received) return;
    // A new thread counts from zero.
    if (frames.received < observed.received) observed.sinceMs = this.#now();
    observed.received = frames.received;
    observed.said = { received: frames.received, state };
    const elapsedMs = observed.sinceMs === undefined ? 0 : this.#now() - observed.sinceMs;
    this.#options.log.report("performance", fieldsOf(status, elapsedMs, observed.times.read()));
  }
}

function fieldsOf(status: StreamStatus, elapsedMs: number, inference: InferenceReport | undefined): LogFields {
  const { id, state, frames, age, fpsIn, fpsOut, restarts } = status;
  const { received, completed, dropped, inFlight } = frames;
  const tidy = (value: number) => rounded(value, HUNDREDTHS);
  const perSecond = (count: number) => elapsedMs > 0 ? tidy(count * 1000 / elapsedMs) : 0;
  const errors = dropped.failed + dropped.undecodable;
  return {
    stream: id,
    state,
    seconds: tidy(elapsedMs / 1000),
    frames: { received, completed, dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0), inFlight },
    overallFps: perSecond(received),
    effectiveFps: perSecond(completed),
    recentFps: { in: tidy(fpsIn), out: tidy(fpsOut) },
    ...(inference && {
      inferenceMs: {
        average: tidy(inference.mean),
        recent: tidy(inference.recent),
        min: tidy(inference.min),
        max: tidy(inference.max),
      },
    }),
    ...(age.count > 0 && { ageMs: { p50: tidy(age.p50), p95: tidy(age.p95), max: tidy(age.max) } }),
    errors,
    errorRate: received > 0 ? rounded(errors / received, RATE_STEPS) : 0,
    restarts,
  };
}
