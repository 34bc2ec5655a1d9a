import type { ComparisonView } from "../core/model_registry.ts";
import type { TrialReading, TrialSubject } from "../../streams/trial_book.ts";

/** How a version does that is tried beside the active one, over all threads. */
export function comparisonOf(subject: TrialSubject, trials: readonly TrialReading[]): ComparisonView {
  const { model, version, role, beside } = subject;
  const own = trials.filter((trial) =>
    trial.model === model && trial.version === version && trial.role === role && trial.beside === beside
  );
  const sum = (key: "compared" | "scored" | "agreement" | "skipped" | "failed") =>
    own.reduce((total, trial) => total + trial[key], 0);
  const scored = sum("scored");
  return {
    compared: sum("compared"),
    ...(scored > 0 && { agreement: Math.round(sum("agreement") / scored * 10_000) / 10_000 }),
    skipped: sum("skipped"),
    failed: sum("failed"),
  };
}
