import type { RgbTrace } from "./rgb_trace.ts";

/** A trace whose pulse is known. */
export interface SyntheticTrace {
  fps: number;
  bpm: number;
  trace: RgbTrace;
}

/** Mean colours of skin, and how strongly each shows the pulse. */
const LEVELS = [180, 120, 100], SIGNATURE = [0.33, 0.77, 0.53];

/**
 * One trace of the published test set: a steady pulse of 0.4 % and its second harmonic, motion of
 * 1 % that all channels share (0.6 % at 0.1–0.5 Hz, 0.4 % at 0.7–3 Hz), and noise that is independent in every channel of
 * every frame. The same seed and noise give the same trace;
 * with a `depth` of 0 it has no pulse.
 */
export function syntheticTrace(
  seed: number,
  noise: number,
  { fps = 30, seconds = 30, depth = 0.004 } = {},
): SyntheticTrace {
  const { uniform, normal } = mulberry(Math.imul(seed, 0x9e3779b1) ^ Math.round(noise * 1e6));
  const turn = 2 * Math.PI;
  const bpm = 50 + 130 * uniform();
  const [pulseAt, swayAt, shakeAt] = [turn * uniform(), turn * uniform(), turn * uniform()];
  const swayHz = 0.1 + 0.4 * uniform(), shakeHz = 0.7 + 2.3 * uniform();
  const size = Math.round(fps * seconds);
  const trace: RgbTrace = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < size; i++) {
    const time = i / fps;
    const angle = (turn * bpm * time) / 60 + pulseAt;
    const pulse = Math.sin(angle) + 0.25 * Math.sin(2 * angle + 0.5);
    const motion = 0.006 * Math.sin(turn * swayHz * time + swayAt) + 0.004 * Math.sin(turn * shakeHz * time + shakeAt);
    for (let channel = 0; channel < 3; channel++) {
      const relative = motion - depth * SIGNATURE[channel] * pulse + noise * normal();
      trace[channel][i] = LEVELS[channel] * (1 + relative);
    }
  }
  return { fps, bpm, trace };
}

/** A trace as webcams give it: with the times of the frames that came. */
export interface RestlessTrace {
  bpm: number;
  times: number[];
  trace: RgbTrace;
}

/**
 * The same, harder: a rate that wanders, somebody who is never still, light that the channels do not quite share, another
 * skin, and frames that did not come. Half a minute at 30 frames a second, with the given noise.
 */
export function restlessTrace(seed: number, noise: number): RestlessTrace {
  const { uniform, normal } = mulberry(Math.imul(seed, 0x85ebca6b) ^ Math.round(noise * 1e6) ^ 0x5bd1e995);
  const turn = 2 * Math.PI, size = 900;
  const sine = (low: number, high: number) => {
    const [hz, at] = [low + (high - low) * uniform(), turn * uniform()];
    return (time: number) => Math.sin(turn * hz * time + at);
  };
  const middle = 50 + 130 * uniform(), slope = 3 * normal(), breath = 3 * uniform(), breathing = sine(0.15, 0.35);
  const shakes = [sine(0.05, 0.6), sine(0.5, 3.2), sine(0.5, 3.2)];
  const swings = [0.015 * uniform(), 0.006 * uniform(), 0.006 * uniform()];
  const shares = LEVELS.map(() => 1 + 0.05 * normal()),
    signature = SIGNATURE.map((share) => share * Math.exp(0.15 * normal()));
  const light = 0.55 + 0.5 * uniform();
  const levels = LEVELS.map((level) => level * light * Math.exp(0.15 * normal()));
  const unrest = 0.008 * uniform(), keep = Math.exp(-1 / (30 * (0.5 + 1.5 * uniform())));
  const gapAt = Math.floor(100 + 700 * uniform()), gap = Math.floor(3 + 15 * uniform()), lost = 0.1 * uniform();
  const times: number[] = [], channels: number[][] = [[], [], []];
  let angle = turn * uniform(), walk = normal(), rates = 0;
  for (let i = 0; i < size; i++) {
    const time = i / 30;
    const rate = middle + slope * (time / 30 - 0.5) + breath * breathing(time);
    rates += rate / size;
    angle += (turn * rate) / 60 / 30;
    walk = keep * walk + Math.sqrt(1 - keep * keep) * normal();
    const pulse = Math.sin(angle) + 0.25 * Math.sin(2 * angle + 0.5);
    const motion = unrest * walk + shakes.reduce((sum, shake, index) => sum + swings[index] * shake(time), 0);
    const grains = [normal(), normal(), normal()];
    const came = uniform() >= lost && !(i >= gapAt && i < gapAt + gap);
    if (!came && i > 0 && i < size - 1) continue;
    times.push(time);
    grains.forEach((grain, channel) => {
      const relative = motion * shares[channel] - 0.004 * signature[channel] * pulse + noise * grain;
      channels[channel].push(levels[channel] * (1 + relative));
    });
  }
  return { bpm: rates, times, trace: channels.map((values) => Float64Array.from(values)) as unknown as RgbTrace };
}

/** A small generator of even and of normal numbers. */
function mulberry(seed: number): { uniform(): number; normal(): number } {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
