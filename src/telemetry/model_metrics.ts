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
  /** What the latest runs took, milliseconds. */
  runMs?: { p50: number; p95: number };
  /** What came of trying it beside the active version of a model, since the threads that compare them started. */
  trial?: {
    model: string;
    version: string;
    role: "canary" | "shadow";
    compared: number;
    agreement?: number;
    skipped: number;
    failed: number;
  };
}

type Trial = NonNullable<ModelReading["trial"]>;
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
      name: "weir_model_run_seconds",
      help: "What the latest runs of a model took; of one version that runs by itself under name@version.",
      labels: ["model", "percentile"],
      read: (say) => {
        for (const { model, runMs } of this.#readings) {
          if (!runMs) continue;
          say(runMs.p50 / 1000, { model, percentile: "50" });
          say(runMs.p95 / 1000, { model, percentile: "95" });
        }
      },
    });
    const tried = (
      type: "counter" | "gauge",
      name: string,
      help: string,
      read: (trial: Trial) => number | undefined,
    ) =>
      metrics.asked({
        type,
        name,
        help,
        labels: ["model", "version", "role"],
        read: (say) => {
          for (const { trial } of this.#readings) {
            const value = trial && read(trial);
            if (trial && value !== undefined) {
              say(value, { model: trial.model, version: trial.version, role: trial.role });
            }
          }
        },
      });
    tried(
      "counter",
      "weir_model_trial_compared_total",
      "Frames that a version and the active one have both answered.",
      ({ compared }) => compared,
    );
    tried(
      "gauge",
      "weir_model_trial_agreement",
      "How far a version's answers agree with the active one's on average, 0 to 1.",
      ({ agreement }) => agreement,
    );
    tried(
      "counter",
      "weir_model_trial_skipped_total",
      "Frames that there was no spare time to compare.",
      ({ skipped }) => skipped,
    );
    tried(
      "counter",
      "weir_model_trial_failed_total",
      "Frames that a version which is tried gave no answer to.",
      ({ failed }) => failed,
    );
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
