import { type RateAgreement, rateAgreement } from "../vision/pulse/rate_agreement.ts";

/** Sets of videos, by what they show; of the last nobody can read a rate. */
export const VIDEO_SETS = {
  photograph: "video, photograph with a pulse of 72 BPM",
  portrait: "video, portraits, 10 s",
  dark: "video, forehead in the dark",
} as const;

/** What one way said of one window. */
export interface PulseGuess {
  set: string;
  name: string;
  method: string;
  truth: number;
  bpm: number;
  confidence: number;
}

/** How one method did on one set. */
export interface PulseMethodFigures {
  method: string;
  /** On every window, trusted or not. */
  all?: RateAgreement;
  /** On those that it gives a rate for: how many they are, and how well. */
  answered: { share: number; agreement?: RateAgreement };
  /** Of those with a confidence of 0.8 or more, how many are within 5 BPM; undefined when there are none. */
  sure: { share: number; within5?: number };
}

/** Content hashes of what was judged. */
export interface PulseHashes {
  /** Of the traces that the test set is made of. */
  generator: string;
  network: string;
  /** Of the network's weights as they are used live. */
  weights: string;
  /** Of the generator of training data, where that is at hand: it is no part of the program. */
  training?: string;
}

/** What `weir eval pulse --json` prints. */
export interface PulseReport {
  v: 1;
  notice: "not a medical device";
  /** Below this confidence no rate is given. */
  minConfidence: number;
  hashes: PulseHashes;
  sets: { set: string; windows: number; methods: PulseMethodFigures[] }[];
  /** Of windows without a pulse, how many get a rate all the same. */
  still: { method: string; windows: number; share: number }[];
  /** The same of a video in which nobody can read one, where there is one. */
  dark?: PulseReport["still"];
  /** What must hold, and whether it does. */
  gate: { rule: string; value: number; ok: boolean }[];
  /** Sets that could not be judged here, and why. */
  left: string[];
}

/** The figures of all sets, in the order in which they come. */
export function figuresOf(guesses: readonly PulseGuess[], minConfidence: number): PulseReport["sets"] {
  return [...Map.groupBy(guesses, ({ set }) => set)].map(([set, ofSet]) => {
    const methods = [...Map.groupBy(ofSet, ({ method }) => method)];
    const windows = Math.max(...methods.map(([, list]) => list.length));
    return {
      set,
      windows,
      methods: methods.map(([method, list]) => methodFigures(method, list, windows, minConfidence)),
    };
  });
}

function methodFigures(
  method: string,
  guesses: readonly PulseGuess[],
  windows: number,
  minConfidence: number,
): PulseMethodFigures {
  const told = guesses.filter(({ bpm }) => Number.isFinite(bpm));
  const answered = told.filter(({ confidence }) => confidence >= minConfidence);
  const sure = told.filter(({ confidence }) => confidence >= 0.8);
  return {
    method,
    all: rateAgreement(told),
    answered: { share: answered.length / windows, agreement: rateAgreement(answered) },
    sure: { share: sure.length / windows, within5: rateAgreement(sure)?.within5 },
  };
}

/** What the figures must keep to; rules about sets that were not judged are left out. */
export function gateOf(
  sets: PulseReport["sets"],
  still: PulseReport["still"] = [],
  dark: PulseReport["still"] = [],
): PulseReport["gate"] {
  const gate: PulseReport["gate"] = [];
  const find = (set: string, method: string) =>
    sets.find((one) => one.set.startsWith(set))?.methods.find((one) => one.method === method);
  const rule = (text: string, value: number | undefined, ok: (value: number) => boolean) => {
    if (value !== undefined) gate.push({ rule: text, value, ok: ok(value) });
  };
  const quiet = find("synthetic, noise 0.2", "pos")?.all, loud = find("synthetic, noise 0.6", "network")?.all;
  rule("noise 0.2 %: POS MAE ≤ 0.5", quiet?.mae, (value) => value <= 0.5);
  rule("noise 0.6 %: network MAE ≤ 4.2", loud?.mae, (value) => value <= 4.2);
  rule("noise 0.6 %: network RMSE ≤ 5.8", loud?.rmse, (value) => value <= 5.8);
  rule("noise 0.6 %: network r ≥ 0.87", loud?.r, (value) => value >= 0.87);
  rule("noise 0.6 %: network within 5 BPM ≥ 65 %", loud?.within5, (value) => value >= 0.65);
  rule("noise 0.6 %: network within 10 BPM ≥ 88 %", loud?.within10, (value) => value >= 0.88);
  for (const method of ["pos", "chrom"]) {
    const theirs = find("synthetic, noise 0.6", method)?.all?.mae;
    rule(
      `noise 0.6 %: ${method} MAE over the network's > 1`,
      loud && theirs && theirs / loud.mae,
      (value) => value > 1,
    );
  }
  const noisy = find("synthetic, noise 1.2", "network");
  if (noisy) {
    const wrong = noisy.answered.share * (1 - (noisy.answered.agreement?.within5 ?? 1));
    rule(
      "noise 1.2 %: network's refusals over its wrong answers > 1",
      (1 - noisy.answered.share) / wrong,
      (value) => value > 1,
    );
  }
  const finger = find("Welltory", "auto")?.answered;
  rule("Welltory: answered ≥ 90 %", finger?.share, (value) => value >= 0.9);
  rule("Welltory: MAE ≤ 1.3", finger?.agreement?.mae, (value) => value <= 1.3);
  rule("Welltory: r ≥ 0.96", finger?.agreement?.r, (value) => value >= 0.96);
  rule("Welltory: within 5 BPM ≥ 97 %", finger?.agreement?.within5, (value) => value >= 0.97);
  for (const method of ["pos", "live", "me_rppg"]) {
    const photograph = find(VIDEO_SETS.photograph, method)?.answered;
    rule(`photograph: ${method} answered ≥ 90 %`, photograph?.share, (value) => value >= 0.9);
    rule(`photograph: ${method} MAE ≤ 1`, photograph?.agreement?.mae, (value) => value <= 1);
    const blind = dark.find((one) => one.method === method)?.share;
    rule(`forehead in the dark: ${method} gives a rate never`, blind, (value) => value === 0);
  }
  const portraits = find(VIDEO_SETS.portrait, "live")?.answered;
  rule("portraits: live answered ≥ 90 %", portraits?.share, (value) => value >= 0.9);
  rule("portraits: live RMSE ≤ 2", portraits?.agreement?.rmse, (value) => value <= 2);
  for (const { method, share } of still) {
    rule(`without a pulse: ${method} gives a rate ≤ 10 %`, share, (value) => value <= 0.1);
  }
  for (const method of ["auto", "live", "network"]) {
    const sure = sets.flatMap(({ set, windows, methods }) =>
      methods.flatMap((one) =>
        one.method === method ? [{ set, count: one.sure.share * windows, within5: one.sure.within5 ?? 0 }] : []
      )
    );
    const count = sure.reduce((sum, one) => sum + one.count, 0);
    const right = sure.reduce((sum, one) => sum + one.count * one.within5, 0);
    const text = `${method}: within 5 BPM where confidence ≥ 0.8: ≥ 90 %`;
    rule(`all sets: ${text}`, count > 0 ? right / count : undefined, (value) => value >= 0.9);
    for (const { set, count, within5 } of sure) {
      // A handful of windows proves nothing of a share; the table shows them all the same.
      if (count >= 20) rule(`${set}: ${text}`, within5, (value) => value >= 0.9);
    }
  }
  return gate;
}

/** One method's figures in the order of both tables. */
export function cellsOf({ all, answered, sure }: PulseMethodFigures): string[] {
  return [
    number(all?.mae),
    number(all?.rmse),
    number(all?.r, 3),
    percent(all?.within5),
    percent(all?.within10),
    percent(answered.share),
    number(answered.agreement?.mae),
    percent(answered.agreement?.within5),
    percent(sure.share),
    percent(sure.within5),
  ];
}

/** The report as a person reads it. */
export function reportText({ sets, still, dark = [], gate, left, minConfidence, notice }: PulseReport): string {
  const head = ["", "MAE", "RMSE", "r", "≤5", "≤10", "answered", "MAE", "≤5", "sure", "≤5"];
  const blocks = sets.map(({ set, windows, methods }) => {
    const rows = methods.map((row) => [row.method, ...cellsOf(row)]);
    return [`${set}, ${windows} windows`, ...columns([head, ...rows])].join("\n");
  });
  const rules = gate.map(({ rule, value, ok }) => `${ok ? "holds " : "FAILS "} ${rule}: ${number(value, 3)}`);
  return [
    ...blocks,
    [["without a pulse", still] as const, [VIDEO_SETS.dark, dark] as const].flatMap(([what, shares]) =>
      shares.map(({ method, windows, share }) =>
        `${what}: ${method} gives a rate for ${percent(share)} of ${windows} windows`
      )
    ).join("\n"),
    `Answered: with a confidence of ${minConfidence} or more; sure: of 0.8 or more. The columns before are of every window.`,
    ...(left.length > 0 ? [left.join("\n")] : []),
    rules.join("\n"),
    `Pulse rates by camera are ${notice}.`,
  ].join("\n\n");
}

function columns(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join("  ")
  );
}

/** A figure to so many places, or a dash. */
export function number(value: number | undefined, places = 2): string {
  return value === undefined || Number.isNaN(value) ? "–" : value === Infinity ? "∞" : value.toFixed(places);
}

/** A share in percent, or a dash. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(share * 100).toFixed(1)} %`;
}
