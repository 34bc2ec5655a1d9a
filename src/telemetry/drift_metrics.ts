import { DRIFT_FIGURES, type DriftReport } from "../core/drift.ts";
import type { StreamStatus } from "../core/stream.ts";
import type { Metrics } from "./metrics.ts";

const LEVELS: readonly DriftReport["state"][] = ["steady", "watch", "act"];

/** How far what steps see has drifted, by the streams' latest statuses. There are five figures to a step at most. */
export function driftMetrics(metrics: Metrics, statuses: ReadonlyMap<string, StreamStatus>): void {
  const asked = (name: string, help: string, read: (report: DriftReport) => number | undefined) =>
    metrics.asked({
      type: "gauge",
      name,
      help,
      labels: ["stream", "step"],
      read(say) {
        for (const [stream, { drift = {} }] of statuses) {
          for (const [step, report] of Object.entries(drift)) {
            const value = read(report);
            if (value !== undefined) say(value, { stream, step });
          }
        }
      },
    });
  asked("weir_drift_level", "0 is steady, 1 is worth watching, 2 is worth doing something about.", ({ state }) => {
    const level = LEVELS.indexOf(state);
    return level < 0 ? undefined : level;
  });
  asked("weir_drift_reference_samples", "Samples of the reference, or gathered for it.", ({ reference }) => reference);
  asked("weir_drift_window_samples", "Samples that are held against the reference.", ({ current }) => current);
  metrics.asked({
    type: "gauge",
    name: "weir_drift_stability_index",
    help: "How far a figure is from its reference: the population stability index.",
    labels: ["stream", "step", "figure"],
    read(say) {
      for (const [stream, { drift = {} }] of statuses) {
        for (const [step, { figures }] of Object.entries(drift)) {
          for (const figure of DRIFT_FIGURES) {
            const { psi } = figures[figure] ?? {};
            if (psi !== undefined) say(psi, { stream, step, figure });
          }
        }
      }
    },
  });
}
