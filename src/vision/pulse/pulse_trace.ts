import { moments, resample, type RgbTrace } from "./rgb_trace.ts";

/** The rate at which traces are looked at, whatever the camera's. */
export const TRACE_FPS = 30;

/** One frame's mean colour, and what it was taken from. */
export interface PulseSample {
  /** Presentation time, seconds. */
  time: number;
  rgb: readonly [number, number, number];
  /** How much of the skin is black or white, 0 to 1. */
  clipped?: number;
  /** How far the face went since the frame before, in its own sizes. */
  moved?: number;
  /** What a model says of the pulse wave. */
  wave?: number;
}

/** The latest stretch of a trace at a steady rate, and what its samples were like. */
export interface PulseWindow {
  trace: RgbTrace;
  /** What a model made of the same frames, where it looked at most of them. */
  wave?: Float64Array;
  seconds: number;
  /** Frames a second that really came. */
  fps: number;
  /** Mean brightness, 0–255. */
  brightness: number;
  /** How much of the skin was black or white. */
  clipped: number;
  /** How far the face went in a second, in its own sizes. */
  moved: number;
}

/** After so long without a frame the trace begins anew: nobody knows what the pulse did meanwhile. */
const GAP_S = 1.5;
/** A model that has looked at fewer of the frames has made no wave. */
const MOST_FRAMES = 0.8;
/** Half a step's neighbourhood, samples. */
const REACH = 4;
/** Brightness that changes so much between two frames and stays is the camera's doing: exposure, or a lamp. */
const STEP = 0.04;

/** Mean colours over time, as many seconds as anybody asks for; older ones go. */
export class PulseTrace {
  #samples: PulseSample[] = [];

  constructor(private readonly keepS: number) {}

  /** Folds a frame in; one that does not come after the last is left out, and a long gap begins anew. */
  push(sample: PulseSample): void {
    const last = this.#samples.at(-1)?.time;
    if (!Number.isFinite(sample.time) || !sample.rgb.every(Number.isFinite)) return;
    if (last !== undefined && sample.time <= last) return;
    if (last !== undefined && sample.time - last > GAP_S) this.#samples = [];
    this.#samples.push(sample);
    // Dropped a second at a time: shifting costs more than it saves.
    if (this.#samples[0].time < sample.time - this.keepS - 1) {
      this.#samples = this.#samples.filter(({ time }) => time >= sample.time - this.keepS);
    }
  }

  /** How long the trace is, seconds. */
  get seconds(): number {
    return this.#samples.length < 2 ? 0 : this.#samples.at(-1)!.time - this.#samples[0].time;
  }

  /** When the last frame was. */
  get lastTime(): number | undefined {
    return this.#samples.at(-1)?.time;
  }

  /** Forgets everything. */
  reset(): void {
    this.#samples = [];
  }

  /** The latest `seconds`, or what there is of them; undefined when there is next to nothing. */
  window(seconds: number): PulseWindow | undefined {
    const end = this.#samples.at(-1)?.time ?? 0;
    const samples = this.#samples.filter(({ time }) => time > end - seconds - 1e-6);
    if (samples.length < 4 * REACH) return undefined;
    const times = samples.map(({ time }) => time);
    const span = end - times[0];
    const channels = withoutSteps([0, 1, 2].map((index) => samples.map(({ rgb }) => rgb[index])));
    const trace = channels.map((values) => resample(times, values, TRACE_FPS)) as unknown as RgbTrace;
    const wave = waveIn(samples);
    return {
      trace,
      ...(wave && { wave: resample(times, wave, TRACE_FPS) }),
      seconds: span,
      fps: (samples.length - 1) / span,
      brightness: moments(channels.flat()).mean,
      clipped: samples.reduce((sum, { clipped = 0 }) => sum + clipped, 0) / samples.length,
      moved: samples.reduce((sum, { moved = 0 }) => sum + moved, 0) / span,
    };
  }
}

/** The wave sample by sample; where the model missed some, it stays where it was. */
function waveIn(samples: readonly PulseSample[]): number[] | undefined {
  const known = samples.filter(({ wave }) => wave !== undefined);
  if (known.length < MOST_FRAMES * samples.length) return undefined;
  let last = known[0].wave!;
  return samples.map(({ wave = last }) => last = wave);
}

/** Brings what came before a step of brightness to the level after it, each channel by its own. */
function withoutSteps(channels: number[][]): number[][] {
  const light = channels[0].map((value, i) => Math.log(Math.max(1, value + channels[1][i] + channels[2][i])));
  const jumps = light.map((_, i) => i < REACH || i + REACH > light.length ? 0 : jumpAt(light, i));
  jumps.forEach((jump, i) => {
    if (jump === 0) return;
    for (let k = Math.max(0, i - REACH); k < Math.min(jumps.length, i + REACH); k++) {
      if (Math.abs(jumps[k]) > Math.abs(jump) || (jumps[k] === jump && k < i)) return;
    }
    for (const values of channels) {
      const before = middle(values, i - REACH, i), after = middle(values, i, i + REACH);
      if (!(before > 0 && after > 0)) continue;
      for (let k = 0; k < i; k++) values[k] *= after / before;
    }
  });
  return channels;
}

/** What happens between two frames and stays, over what happens on either side of them anyway; 0 for what is no step. */
function jumpAt(values: readonly number[], i: number): number {
  const jump = values[i] - values[i - 1];
  if (Math.abs(jump) < STEP) return 0;
  const before = values.slice(i - REACH, i), after = values.slice(i, i + REACH);
  const unrest = Math.max(spread(before), spread(after));
  return Math.abs(jump) > 3 * unrest ? jump : 0;
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

function middle(values: readonly number[], from: number, to: number): number {
  return values.slice(from, to).sort((a, b) => a - b)[REACH >> 1];
}
