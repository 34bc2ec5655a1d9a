import type { Metric, Metrics } from "./metrics.ts";
import type { CounterSeries, HistogramSeries, SummarySeries } from "./series.ts";

/** A model in use as it stands. */
export interface ModelReading {
  model: string;
  /** How many replicas are in each state. */
  replicas: Readonly<Record<string, number>>;
  /** Frames that wait for a turn, where somebody knows. */
  queueDepth?: number;
  /** What the replicas that run now have done. */
  runs: number;
  frames: number;
  failures: number;
}

type Work = Pick<ModelReading, "runs" | "frames" | "failures">;

const IDLE: Work = { runs: 0, frames: 0, failures: 0 };

/** Models, their replicas and their work. */
export class ModelMetrics {
  #readings: readonly ModelReading[] = [];
  #seen = new Map<string, Work>();
  #inference: Metric<"model", HistogramSeries>;
  #batches: Metric<"model", SummarySeries>;
  #failures: Metric<"model", CounterSeries>;

  constructor(metrics: Metrics, bounds: readonly number[]) {
    this.#inference = metrics.histogram({
      name: "weir_model_inference_seconds",
      help: "A model's run, as those results tell it that stand on one model alone.",
      labels: ["model"],
      bounds,
    });
    this.#batches = metrics.summary({
      name: "weir_model_batch_size",
      help: "Frames in a model's run: the sum is frames, the count is runs.",
      labels: ["model"],
    });
    this.#failures = metrics.counter({
      name: "weir_model_failures_total",
      help: "Runs of a model that failed.",
      labels: ["model"],
    });
    metrics.asked({
      type: "gauge",
      name: "weir_model_queue_depth",
      help: "Frames that wait for a model's turn.",
      labels: ["model"],
      read: (say) => {
        for (const { model, queueDepth } of this.#readings) if (queueDepth !== undefined) say(queueDepth, { model });
      },
    });
    metrics.asked({
      type: "gauge",
      name: "weir_model_replicas",
      help: "Copies of a model, by state.",
      labels: ["model", "state"],
      read: (say) => {
        for (const { model, replicas } of this.#readings) {
          for (const [state, count] of Object.entries(replicas)) say(count, { model, state });
        }
      },
    });
  }

  /** Folds the time of one inference in. */
  infer(model: string, seconds: number): void {
    this.#inference.at({ model }).observe(seconds);
  }

  /** Takes the models as they stand. Those that are not among them are gone, and their series with them. */
  take(readings: readonly ModelReading[]): void {
    this.#readings = readings;
    const there = new Set(readings.map(({ model }) => model));
    for (const model of this.#seen.keys()) if (!there.has(model)) this.#forget(model);
    for (const reading of readings) this.#fold(reading);
  }

  #fold({ model, runs, frames, failures }: ModelReading): void {
    const before = this.#seen.get(model) ?? IDLE;
    this.#seen.set(model, { runs, frames, failures });
    // A replica that was replaced took its counts along; the sum goes on from what is left.
    if (runs < before.runs || frames < before.frames || failures < before.failures) return;
    this.#batches.at({ model }).add(frames - before.frames, runs - before.runs);
    this.#failures.at({ model }).add(failures - before.failures);
  }

  #forget(model: string): void {
    this.#seen.delete(model);
    for (const metric of [this.#inference, this.#batches, this.#failures]) metric.forget({ model });
  }
}
