import type { TrialFigures } from "./version_trial.ts";

/** Which version was tried beside which. */
export interface TrialSubject {
  model: string;
  version: string;
  role: "canary" | "shadow";
  /** The version that was active. */
  beside: string;
}

/** What came of it so far. */
export type TrialReading = TrialSubject & TrialFigures;

/** Trials that are remembered: versions come and go. */
const KEPT = 64;

/** What came of trying versions beside others, summed over all streams of a thread. */
export class TrialBook {
  #pages = new Map<string, TrialReading>();

  /** The figures of one trial, to be added to. */
  of(subject: TrialSubject): TrialFigures {
    const { model, version, role, beside } = subject;
    const key = JSON.stringify([model, version, role, beside]);
    let page = this.#pages.get(key);
    if (!page) page = { ...subject, compared: 0, scored: 0, agreement: 0, skipped: 0, failed: 0 };
    // Those that are written to come last, and the first ones leave.
    this.#pages.delete(key);
    this.#pages.set(key, page);
    while (this.#pages.size > KEPT) this.#pages.delete(this.#pages.keys().next().value!);
    return page;
  }

  /** All of them as they stand. */
  read(): TrialReading[] {
    return [...this.#pages.values()].map((page) => ({ ...page }));
  }
}
