// deno-lint-ignore-file no-console
// Fits the weights of src/vision/pulse/pulse_confidence.ts: how likely is an estimate to be within 5 BPM?
//
//   deno run -A scripts/train/pulse/fit_confidence.ts [--recordings FOLDER]
//
// Skin is fitted on synthetic traces whose seeds no evaluation uses; the finger on the Welltory recordings, which an
// evaluation does use: with six weights for some three hundred windows there is little to learn by heart, and the figures
// that --recordings prints for recordings left out of their own fit say how little.
import { Matrix, solve } from "ml-matrix";
import process from "node:process";
import { welltoryCases } from "../../../src/cli/eval_pulse_sets.ts";
import { FINGER_WAYS, SKIN_WAYS } from "../../../src/vision/pulse/estimate_pulse.ts";
import { pulseCandidate, type PulseWay } from "../../../src/vision/pulse/pulse_candidate.ts";
import { evidenceOf } from "../../../src/vision/pulse/pulse_confidence.ts";
import { moments, type RgbTrace } from "../../../src/vision/pulse/rgb_trace.ts";
import { syntheticTrace } from "../../../src/vision/pulse/synthetic_trace.ts";

interface Row {
  evidence: number[];
  right: boolean;
}

/** All candidates of one window. */
interface Window {
  from: string;
  rows: Row[];
}

const NOISES = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.012, 0.014];
const LENGTHS = [5, 7, 10, 15, 30];
const FIRST_SEED = 100_000, SEEDS = 50;
/** Keeps weights from running away where everything is right. */
const RIDGE = 0.05;

function windowOf(trace: RgbTrace, truth: number, ways: readonly PulseWay[], from: string): Window {
  const seconds = trace[0].length / 30;
  const candidates = ways.flatMap((way) => pulseCandidate(way, trace, 30) ?? []);
  const rows = candidates.map((candidate) => ({
    evidence: evidenceOf(candidate, candidates.filter((other) => other !== candidate), { seconds }),
    right: Math.abs(candidate.hz * 60 - truth) <= 5,
  }));
  return { from, rows };
}

function synthetic(): Window[] {
  return NOISES.flatMap((noise) =>
    LENGTHS.flatMap((seconds) =>
      Array.from({ length: SEEDS }, (_, index) => {
        const { bpm, trace } = syntheticTrace(FIRST_SEED + index, noise, { seconds });
        const window = windowOf(trace, bpm, SKIN_WAYS, `noise ${noise}`);
        // Whoever asks for green gets green, with a confidence that knows how easily it is led astray.
        const green = pulseCandidate("green", trace, 30)!;
        const others = SKIN_WAYS.flatMap((way) => pulseCandidate(way, trace, 30) ?? []);
        const row = { evidence: evidenceOf(green, others, { seconds }), right: Math.abs(green.hz * 60 - bpm) <= 5 };
        return [window, { from: window.from, rows: [row] }];
      }).flat()
    )
  );
}

function recordings(folder: string): Window[] {
  return [10, 30].flatMap((seconds) =>
    [...welltoryCases(folder, seconds)].map(({ name, truth, window: { trace } }) => {
      const open = FINGER_WAYS.filter((_, channel) => {
        const { mean } = moments(trace[channel]);
        return mean > 1.5 && mean < 253.5;
      });
      const window = windowOf(trace, truth, open, name);
      for (const { evidence } of window.rows) evidence.splice(6, 2, 0, 0);
      return window;
    })
  ).filter(({ rows }) => rows.length > 0);
}

/** What is told is the most trusted candidate, so that is what has to be right as often as it is said. */
function fit(windows: readonly Window[]): number[] {
  let weights = logistic(windows.flatMap(({ rows }) => rows));
  for (let round = 0; round < 6; round++) weights = logistic(windows.map((window) => best(window, weights)));
  return weights;
}

function best({ rows }: Window, weights: readonly number[]): Row {
  return rows.reduce((a, b) => dot(a.evidence, weights) >= dot(b.evidence, weights) ? a : b);
}

function logistic(rows: readonly Row[]): number[] {
  const size = rows[0].evidence.length;
  let weights = new Array<number>(size).fill(0);
  for (let round = 0; round < 60; round++) {
    const slope = Matrix.columnVector(weights.map((weight) => RIDGE * weight));
    const bend = Matrix.eye(size).mul(RIDGE);
    for (const { evidence, right } of rows) {
      const chance = 1 / (1 + Math.exp(-dot(evidence, weights)));
      for (let i = 0; i < size; i++) {
        slope.set(i, 0, slope.get(i, 0) + evidence[i] * (chance - Number(right)));
        for (let k = 0; k < size; k++) {
          bend.set(i, k, bend.get(i, k) + evidence[i] * evidence[k] * chance * (1 - chance));
        }
      }
    }
    const step = solve(bend, slope).getColumn(0);
    weights = weights.map((weight, i) => weight - step[i]);
  }
  return weights;
}

function tell(title: string, windows: readonly Window[], weightsFor: (window: Window) => readonly number[]): void {
  const told = windows.map((window) => {
    const row = best(window, weightsFor(window));
    return { right: row.right, chance: 1 / (1 + Math.exp(-dot(row.evidence, weightsFor(window)))) };
  });
  const parts = [0.5, 0.6, 0.7, 0.8, 0.9].map((least) => {
    const some = told.filter(({ chance }) => chance >= least);
    const right = some.filter((one) => one.right).length;
    return `≥ ${least}: ${some.length} of ${told.length}, right ${((100 * right) / Math.max(1, some.length)).toFixed(1)} %`;
  });
  console.log(`${title}\n  ${parts.join("\n  ")}`);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

if (import.meta.main) {
  const at = process.argv.indexOf("--recordings");
  const windows = synthetic();
  const skin = fit(windows);
  console.log("SKIN", skin.map((weight) => Number(weight.toFixed(3))));
  tell("skin, all", windows, () => skin);
  const choice = windows.filter(({ rows }) => rows.length > 1);
  tell("skin, auto", choice, () => skin);
  for (const noise of [0.006, 0.008, 0.012]) {
    tell(`skin, auto, noise ${noise}`, choice.filter(({ from }) => from === `noise ${noise}`), () => skin);
  }
  if (at > 0) {
    const known = recordings(process.argv[at + 1]);
    const finger = fit(known);
    console.log("FINGER", finger.map((weight) => Number(weight.toFixed(3))));
    tell("finger", known, () => finger);
    const without = new Map([...new Set(known.map(({ from }) => from))].map((name) =>
      [name, fit(known.filter(({ from }) => from !== name))] as const
    ));
    tell("finger, each recording by a fit without it", known, ({ from }) => without.get(from)!);
  }
}
