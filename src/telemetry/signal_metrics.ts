import type { SignalOutcome } from "../core/signals.ts";
import type { Metrics } from "./metrics.ts";

const BPM_BOUNDS = [40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 180, 200];
const SECOND_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What became of signals of /predict, under the names that dashboards of heart rate services ask for. */
export function signalMetrics(metrics: Metrics): (outcome: SignalOutcome) => void {
  const rates = metrics.histogram({
    name: "predicted_heart_rate_bpm",
    help: "Heart rates told of signals of /predict, beats a minute.",
    bounds: BPM_BOUNDS,
    adopted: true,
  }).at({});
  const durations = metrics.histogram({
    name: "inference_duration_seconds",
    help: "From a signal's arrival at /predict to its answer.",
    bounds: SECOND_BOUNDS,
    adopted: true,
  }).at({});
  const requests = metrics.counter({
    name: "inference_requests_total",
    help: "Signals of /predict by what became of them: success, invalid (the signal is at fault) or error.",
    labels: ["status"],
    adopted: true,
  });
  for (const status of ["success", "invalid", "error"]) requests.at({ status });
  return ({ status, seconds, bpm }) => {
    requests.at({ status }).add();
    if (status !== "success") return;
    durations.observe(seconds);
    if (bpm !== undefined) rates.observe(bpm);
  };
}
