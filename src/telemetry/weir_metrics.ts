import type { AlertEvent } from "../core/events.ts";
import type { ConnectionFigures } from "../core/connections.ts";
import type { ResultEnvelope, Timings } from "../core/results.ts";
import type { PredictFigures } from "../core/services.ts";
import type { SignalOutcome } from "../core/signals.ts";
import type { CascadeFigures, StateEvent, StreamStatus } from "../core/stream.ts";
import { eventLoopDelay } from "./event_loop_delay.ts";
import type { Exposition } from "./exposition.ts";
import { GpuMetrics, type GpuMetricsOptions } from "./gpu_metrics.ts";
import { hubMetrics, type HubReading } from "./hub_metrics.ts";
import { Metrics, type MetricsOptions } from "./metrics.ts";
import { ModelMetrics, type ModelReading } from "./model_metrics.ts";
import { predictMetrics } from "./predict_metrics.ts";
import { processMetrics } from "./process_metrics.ts";
import type { HistogramSeries } from "./series.ts";
import type { CaptureStoreStatus } from "../core/captures.ts";
import { captureMetrics } from "./capture_metrics.ts";
import { cascadeMetrics } from "./cascade_metrics.ts";
import { connectionMetrics } from "./connection_metrics.ts";
import { driftMetrics } from "./drift_metrics.ts";
import { signalMetrics } from "./signal_metrics.ts";
import { streamMetrics } from "./stream_metrics.ts";

/** A stream as it stands. */
export interface StreamReading {
  id: string;
  status?: StreamStatus;
  /** What is kept of it. */
  kept?: CaptureStoreStatus;
}

/** What the program is asked for at every scrape. Every promise must settle some time. */
export interface MetricsSources {
  /** Every registered stream; without its status when its thread does not answer. Whoever is not in it is gone. */
  streams(): Promise<readonly StreamReading[]>;
  models(): Promise<readonly ModelReading[]>;
  hub(): HubReading;
  /** HTTP requests under way, open streams included. */
  activeRequests(): number;
  /** Connections of the HTTP listener; undefined while there is none. */
  connections?(): ConnectionFigures | undefined;
  /** What the steps of pipelines for single images have done, by pipeline and step. */
  images?(): Record<string, Record<string, CascadeFigures>>;
  /** What became of single images. */
  predict?(): PredictFigures;
}

/** What the metrics stand on. */
export interface WeirMetricsOptions extends MetricsOptions {
  sources: MetricsSources;
  /** Labels of `weir_build_info`. */
  build: { version: string; deno: string; target: string };
  gpu?: GpuMetricsOptions;
  /** A scrape waits no longer for the sources; what does not answer keeps its last figures. Default 2000. */
  scrapeTimeoutMs?: number;
}

/** One request that was answered. */
export interface AnsweredRequest {
  /** The route's path with its parameters in braces, so that there are only so many. */
  route: string;
  method: string;
  status: number;
  seconds: number;
}

interface StreamSeries {
  age: HistogramSeries;
  stages: readonly (readonly [keyof Timings, HistogramSeries])[];
}

const AGE_BOUNDS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10];
const STAGE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5];
const REQUEST_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STAGES: readonly [keyof Timings, string][] = [
  ["decodeMs", "decode"],
  ["queueMs", "queue"],
  ["prepareMs", "prepare"],
  ["inferMs", "infer"],
  ["postMs", "post"],
];
const STREAMS_MAX = 4096;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Everything that Weir measures of itself: told of results, states and requests, asked by Prometheus. */
export class WeirMetrics implements AsyncDisposable {
  #metrics: Metrics;
  #options: WeirMetricsOptions;
  #gpu: GpuMetrics;
  #delay: Disposable;
  #streams = new Map<string, StreamSeries>();
  #states = new Map<string, StateEvent>();
  #statuses = new Map<string, StreamStatus>();
  #kept = new Map<string, CaptureStoreStatus>();
  #models: ModelMetrics;
  #gathering: Promise<void> | undefined;
  #ages;
  #stages;
  #alerts;
  #requests;
  #requestSeconds;
  #signal: (outcome: SignalOutcome) => void;

  constructor(options: WeirMetricsOptions) {
    const metrics = new Metrics(options);
    this.#metrics = metrics;
    this.#options = options;
    metrics.asked({
      type: "info",
      name: "weir_build_info",
      help: "What runs.",
      labels: ["version", "deno", "target"],
      read: (say) => say(1, options.build),
    });
    this.#ages = metrics.histogram({
      name: "weir_result_age_seconds",
      help: "From a frame's arrival to the publication of its result.",
      labels: ["stream"],
      bounds: AGE_BOUNDS,
    });
    this.#stages = metrics.histogram({
      name: "weir_stage_seconds",
      help: "Where the time of results went.",
      labels: ["stream", "stage"],
      bounds: STAGE_BOUNDS,
    });
    this.#alerts = metrics.counter({
      name: "weir_alerts_total",
      help: "Alerts that people were told, by the step that told them.",
      labels: ["stream", "alert"],
    });
    this.#requests = metrics.counter({
      name: "weir_http_requests_total",
      help: "HTTP requests answered.",
      labels: ["route", "method", "status"],
    });
    this.#requestSeconds = metrics.histogram({
      name: "weir_http_request_seconds",
      help: "From an HTTP request to its answer.",
      labels: ["route", "method"],
      bounds: REQUEST_BOUNDS,
    });
    metrics.asked({
      type: "gauge",
      name: "weir_http_requests_active",
      help: "HTTP requests under way, open streams included.",
      read: (say) => say(options.sources.activeRequests(), {}),
    });
    connectionMetrics(metrics, () => options.sources.connections?.());
    streamMetrics(metrics, { statuses: this.#statuses, states: this.#states });
    cascadeMetrics(metrics, { statuses: this.#statuses, images: () => options.sources.images?.() ?? {} });
    predictMetrics(metrics, () => options.sources.predict?.());
    this.#signal = signalMetrics(metrics);
    driftMetrics(metrics, this.#statuses);
    captureMetrics(metrics, { statuses: this.#statuses, kept: this.#kept });
    this.#models = new ModelMetrics(metrics, STAGE_BOUNDS);
    hubMetrics(metrics, () => options.sources.hub());
    processMetrics(metrics);
    this.#delay = eventLoopDelay(metrics);
    this.#gpu = new GpuMetrics(metrics, options.gpu);
    void this.#gpu.refresh();
  }

  /** Folds a result in. */
  result({ stream, ageMs, timings, outputs }: ResultEnvelope): void {
    const series = this.#streams.get(stream) ?? this.#adopt(stream);
    if (ageMs !== undefined) series.age.observe(ageMs / 1000);
    if (!timings) return;
    for (const [key, stage] of series.stages) stage.observe(timings[key] / 1000);
    const model = onlyModel(outputs);
    if (model !== undefined) this.#models.infer(model, timings.inferMs / 1000);
  }

  /** Folds a change of state in. */
  state(event: StateEvent): void {
    this.#states.set(event.stream, event);
    // Where nobody scrapes, nobody else would notice who is gone.
    if (this.#states.size > STREAMS_MAX) void this.#refresh();
  }

  /** Folds an alert in. */
  alert({ stream, alert }: AlertEvent): void {
    if (!this.#streams.has(stream)) this.#adopt(stream);
    this.#alerts.at({ stream, alert }).add();
  }

  /** Folds an answered request in. */
  request({ route, method, status, seconds }: AnsweredRequest): void {
    const known = METHODS.has(method) ? method : "other";
    this.#requests.at({ route, method: known, status: String(status) }).add();
    this.#requestSeconds.at({ route, method: known }).observe(seconds);
  }

  /** Folds a signal that was asked about in. */
  signal(outcome: SignalOutcome): void {
    this.#signal(outcome);
  }

  /** A stream is gone, and its series with it. */
  remove(stream: string): void {
    this.#streams.delete(stream);
    this.#states.delete(stream);
    this.#statuses.delete(stream);
    this.#kept.delete(stream);
    this.#ages.forget({ stream });
    this.#stages.forget({ stream });
    this.#alerts.forget({ stream });
  }

  /** Everything as it stands, in the form that an `Accept` header asks for. */
  async expose(accept: string | null = null): Promise<Exposition> {
    await within(this.#refresh(), this.#options.scrapeTimeoutMs ?? 2000);
    return this.#metrics.expose(accept);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#delay[Symbol.dispose]();
    await this.#gpu[Symbol.asyncDispose]();
  }

  /** Several may scrape at once; they share what is asked of the threads. */
  #refresh(): Promise<void> {
    return this.#gathering ??= this.#gather().finally(() => this.#gathering = undefined);
  }

  async #gather(): Promise<void> {
    const { sources } = this.#options;
    await Promise.all([
      sources.streams().then((streams) => this.#take(streams), () => {}),
      sources.models().then((models) => this.#models.take(models), () => {}),
    ]);
  }

  #take(streams: readonly StreamReading[]): void {
    const there = new Set(streams.map(({ id }) => id));
    for (const known of [this.#streams, this.#states, this.#statuses, this.#kept]) {
      for (const id of known.keys()) if (!there.has(id)) this.remove(id);
    }
    for (const { id, status, kept } of streams) {
      if (status) this.#statuses.set(id, status);
      if (kept) this.#kept.set(id, kept);
    }
  }

  #adopt(stream: string): StreamSeries {
    const series: StreamSeries = {
      age: this.#ages.at({ stream }),
      stages: STAGES.map(([key, stage]) => [key, this.#stages.at({ stream, stage })] as const),
    };
    this.#streams.set(stream, series);
    return series;
  }
}

/** The model of a result that stands on one alone; of several, nobody can say whose the time was. */
function onlyModel(outputs: ResultEnvelope["outputs"]): string | undefined {
  let model: string | undefined;
  for (const step in outputs) {
    const named = outputs[step].model;
    if (typeof named !== "string") continue;
    if (model !== undefined) return undefined;
    model = named;
  }
  return model;
}

/** Waits for a promise that never rejects, but no longer than this. */
async function within(promise: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs))]);
  clearTimeout(timer);
}
