import { DROP_CAUSES } from "../core/drops.ts";
import { type InferenceReport, InferenceTimes } from "../core/inference_times.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { Distribution, StateEvent, StreamState, StreamStatus } from "../core/stream.ts";
import { formatCounts, formatDuration, formatMs } from "./format.ts";

const ERRORS_MAX = 10;

/** What one stream came to. */
export interface StreamReport {
  id: string;
  source: string;
  state: StreamState;
  cause?: { code: string; message: string };
  elapsedMs: number;
  restarts: number;
  frames: StreamStatus["frames"];
  /** Frames that came in, by the second. */
  overallFps: number;
  /** Results that went out, by the second. */
  effectiveFps: number;
  inference?: InferenceReport;
  age: Distribution;
  memoryBoundBytes: number;
  errors: { message: string; count: number }[];
}

/** Gathers what a stream's final report needs while it runs; memory is fixed. */
export class Tally {
  #startedAtMs?: number;
  #endedAtMs?: number;
  #inference = new InferenceTimes();
  #errors = new Map<string, number>();
  #lastPts?: number;

  constructor(private readonly source: string, private readonly now: () => number) {}

  /** Presentation time of the last result, seconds. */
  get lastPts(): number | undefined {
    return this.#lastPts;
  }

  /** Since the stream first ran, milliseconds. */
  get elapsedMs(): number {
    return this.#startedAtMs === undefined ? 0 : (this.#endedAtMs ?? this.now()) - this.#startedAtMs;
  }

  /** Folds a result in. */
  pushResult({ pts, timings }: ResultEnvelope): void {
    this.#startedAtMs ??= this.now();
    this.#lastPts = pts;
    this.#inference.push(timings?.inferMs ?? 0);
  }

  /** Folds a change of state in. */
  pushState({ state, cause }: StateEvent): void {
    if (state === "running") this.#startedAtMs ??= this.now();
    if (state === "stopped" || state === "failed") this.#endedAtMs = this.now();
    // Other states repeat the cause of the one before.
    if (cause && (state === "stalled" || state === "backoff" || state === "failed")) this.#pushError(cause.message, 1);
  }

  /** What the stream came to. */
  report(status: StreamStatus): StreamReport {
    const { id, state, cause, restarts, frames, age, memoryBoundBytes, fault } = status;
    if (fault && fault.cause !== "stopped" && !this.#errors.has(fault.message)) {
      this.#pushError(fault.message, fault.count);
    }
    const seconds = this.elapsedMs / 1000;
    const rate = (count: number) => seconds > 0 ? count / seconds : 0;
    const inference = this.#inference.read();
    return {
      id,
      source: this.source,
      state,
      ...(cause && { cause }),
      elapsedMs: this.elapsedMs,
      restarts,
      frames,
      overallFps: rate(frames.received),
      effectiveFps: rate(frames.completed),
      ...(inference && { inference }),
      age,
      memoryBoundBytes,
      errors: [...this.#errors].map(([message, count]) => ({ message, count })),
    };
  }

  #pushError(message: string, count: number): void {
    if (!this.#errors.has(message) && this.#errors.size >= ERRORS_MAX) return;
    this.#errors.set(message, (this.#errors.get(message) ?? 0) + count);
  }
}

/** A stream's report as a person reads it. */
export function reportText(report: StreamReport): string {
  const { id, source, state, elapsedMs, restarts, frames, age, inference } = report;
  const dropped = DROP_CAUSES.reduce((sum, name) => sum + frames.dropped[name], 0);
  const open = frames.inFlight > 0 ? `, ${frames.inFlight} in flight` : "";
  const odd = frames.unaccounted !== 0 ? `, ${frames.unaccounted} UNACCOUNTED` : "";
  const restarted = restarts > 0 ? `, ${restarts} restart${restarts === 1 ? "" : "s"}` : "";
  const rows: [string, string][] = [
    ["state", `${state} ${elapsedMs > 0 ? `after ${formatDuration(elapsedMs)}` : "before it ever ran"}${restarted}`],
    ["frames", `${frames.received} received, ${frames.completed} completed, ${dropped} dropped${open}${odd}`],
    ["dropped", formatCounts(frames.dropped)],
    ["rate", `${report.overallFps.toFixed(1)} fps overall, ${report.effectiveFps.toFixed(1)} fps effective`],
  ];
  if (inference) {
    const { mean, recent, min, max } = inference;
    const range = `${formatMs(min)} – ${formatMs(max)}`;
    rows.push(["inference", `${formatMs(mean)} average, ${formatMs(recent)} recent, ${range} min–max`]);
  }
  if (age.count > 0) {
    const shares = (["p50", "p95", "p99", "max"] as const).map((share) => `${formatMs(age[share])} ${share}`);
    rows.push(["age", shares.join(", ")]);
  }
  const errors = report.errors.map(({ message, count }) => count > 1 ? `${message} (${count} times)` : message);
  rows.push(["errors", errors.length === 0 ? "none" : errors.join("\n             ")]);
  const body = rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  return [id === source ? id : `${id} (${source})`, ...body].join("\n");
}
