import { join } from "node:path";
import { PulseTrace, type PulseWindow } from "../vision/pulse/pulse_trace.ts";
import { restlessTrace, syntheticTrace } from "../vision/pulse/synthetic_trace.ts";
import { UsageError } from "./usage_error.ts";

/** A stretch whose true rate is known. */
export interface PulseCase {
  /** Which set it belongs to. */
  set: string;
  /** Which recording or seed. */
  name: string;
  truth: number;
  window: PulseWindow;
}

/** Noise of one frame, as a share of the level, at which the synthetic set is judged. */
export const NOISE_LEVELS = [0.002, 0.006, 0.012] as const;
/** Noise of the restless set. */
export const RESTLESS_NOISES = [0.002, 0.006] as const;
/** Seeds of the published test set begin here; those that anything is fitted or trained on lie elsewhere. */
export const FIRST_SEED = 1;
export const WINDOW_S = 30;

/** The synthetic test set at one level of noise; with a `depth` of 0, the same without a pulse. */
export function* syntheticCases(
  noise: number,
  count: number,
  { firstSeed = FIRST_SEED, depth }: { firstSeed?: number; depth?: number } = {},
): Generator<PulseCase> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { fps, bpm, trace } = syntheticTrace(seed, noise, { depth });
    const live = new PulseTrace(WINDOW_S + 1);
    trace[0].forEach((red, i) => live.push({ time: i / fps, rgb: [red, trace[1][i], trace[2][i]] }));
    const set = `synthetic, noise ${(noise * 100).toFixed(1)} %`;
    yield { set, name: `seed ${seed}`, truth: bpm, window: live.window(WINDOW_S + 1)! };
  }
}

/** The harder synthetic set: nobody is still, and frames are missing. */
export function* restlessCases(noise: number, count: number): Generator<PulseCase> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
    const { times, bpm, trace } = restlessTrace(seed, noise);
    const live = new PulseTrace(WINDOW_S + 1);
    times.forEach((time, i) => live.push({ time, rgb: [trace[0][i], trace[1][i], trace[2][i]] }));
    const set = `restless, noise ${(noise * 100).toFixed(1)} %`;
    yield { set, name: `seed ${seed}`, truth: bpm, window: live.window(WINDOW_S + 1)! };
  }
}

/**
 * The Welltory recordings in a folder: windows of `seconds`, every five. The true rate is 60,000 over the mean of the
 * intervals between beats that lie in the window.
 */
export function* welltoryCases(folder: string, seconds = WINDOW_S): Generator<PulseCase> {
  for (const name of recordings(folder)) {
    const rows = Deno.readTextFileSync(join(folder, name, "PPG.csv")).trim().split("\n").slice(1)
      .map((line) => line.split(",").map(Number));
    const intervals = Deno.readTextFileSync(join(folder, name, "RR.txt")).trim().split(/\s+/).map(Number);
    if (!rows.flat().every(Number.isFinite) || !intervals.every((interval) => interval > 0)) {
      throw new UsageError(`Cannot read the recording ${join(folder, name)}: it is not made of numbers`);
    }
    let at = 0;
    const beats = intervals.map((interval) => ({ interval, from: at, to: at += interval / 1000 }));
    const end = Math.min(rows.at(-1)![0] / 1000, at);
    for (let start = 0; start + seconds <= end; start += 5) {
      const live = new PulseTrace(seconds + 1);
      for (const [ms, r, g, b] of rows) {
        const time = ms / 1000;
        if (time >= start && time <= start + seconds) live.push({ time, rgb: [r, g, b] });
      }
      const inside = beats.filter(({ from, to }) => from >= start && to <= start + seconds);
      const truth = (60_000 * inside.length) / inside.reduce((sum, { interval }) => sum + interval, 0);
      const window = live.window(seconds + 1);
      if (window) yield { set: `Welltory, ${seconds} s`, name, truth, window };
    }
  }
}

function recordings(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  } catch (error) {
    throw new UsageError(`Cannot read the recordings in ${folder}: ${(error as Error).message}`);
  }
}
