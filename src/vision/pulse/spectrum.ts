import FFT from "fft.js";
import { moments } from "./rgb_trace.ts";

/** How much power a signal has at which frequency: `power[i]` at `i * stepHz`. */
export interface Spectrum {
  stepHz: number;
  power: Float64Array;
}

/** A band of frequencies, Hz. */
export type Band = readonly [low: number, high: number];

const transforms = new Map<number, FFT>();
const windows = new Map<string, Float64Array>();

/** Welch's mean of the spectra of overlapping Hann-windowed stretches, density per Hz; `bins` is a power of two. */
export function welch(
  values: ArrayLike<number>,
  fps: number,
  { stretch = 256, overlap = 200, bins = 2048 }: { stretch?: number; overlap?: number; bins?: number } = {},
): Spectrum {
  const size = values.length < stretch ? values.length : stretch;
  const shared = values.length < stretch ? Math.floor(0.8 * size) : overlap;
  const window = hann(size);
  let squares = 0;
  for (const weight of window) squares += weight * weight;
  const power = new Float64Array(bins / 2 + 1);
  const part = new Float64Array(size);
  let count = 0;
  for (let start = 0; start + size <= values.length; start += size - shared) {
    let mean = 0;
    for (let i = 0; i < size; i++) mean += values[start + i] / size;
    for (let i = 0; i < size; i++) part[i] = (values[start + i] - mean) * window[i];
    addPower(part, bins, power);
    count++;
  }
  return density(power, { fps, bins, scale: count * squares });
}

/** The spectrum of a signal as it is, padded with zeros to `bins`, a power of two; density per Hz. */
export function periodogram(values: ArrayLike<number>, fps: number, bins = powerOfTwo(values.length)): Spectrum {
  const power = new Float64Array(bins / 2 + 1);
  addPower(values, bins, power);
  return density(power, { fps, bins, scale: values.length });
}

/** The spectrum of one windowed stretch without its mean; density per Hz. */
export function windowed(values: ArrayLike<number>, fps: number, window: ArrayLike<number>, bins = 4096): Spectrum {
  const { mean } = moments(values);
  const power = new Float64Array(bins / 2 + 1);
  let squares = 0;
  const part = Float64Array.from({ length: values.length }, (_, i) => {
    squares += window[i] * window[i];
    return (values[i] - mean) * window[i];
  });
  addPower(part, bins, power);
  return density(power, { fps, bins, scale: squares });
}

/** The highest point of a spectrum within a band, between the bins by a parabola through the logarithms. */
export function peakOf({ stepHz, power }: Spectrum, [low, high]: Band): { hz: number; power: number; bin: number } {
  let bin = -1;
  const last = Math.min(power.length - 1, Math.floor(high / stepHz + 1e-9));
  for (let i = Math.max(0, Math.ceil(low / stepHz - 1e-9)); i <= last; i++) {
    if (bin < 0 || power[i] > power[bin]) bin = i;
  }
  if (bin < 0) return { hz: Number.NaN, power: 0, bin: 0 };
  const top = power[bin];
  const left = power[bin - 1], right = power[bin + 1];
  if (!(left > 0 && right > 0 && top >= left && top >= right)) return { hz: bin * stepHz, power: top, bin };
  const [a, b, c] = [Math.log(left), Math.log(top), Math.log(right)];
  const bend = a - 2 * b + c;
  return { hz: (bin + (bend < 0 ? (a - c) / (2 * bend) : 0)) * stepHz, power: top, bin };
}

/** How far the power within 0.1 Hz of a rate and of its double stands out of the rest of the band, in decibels. */
export function snrDb({ stepHz, power }: Spectrum, hz: number, [low, high]: Band = [0.6, 3.3]): number {
  let signal = 0, rest = 0;
  for (let i = 0; i < power.length; i++) {
    const at = i * stepHz;
    const first = at >= hz - 0.1 && at <= hz + 0.1, second = at >= 2 * hz - 0.1 && at <= 2 * hz + 0.1;
    if (first) signal += power[i];
    if (second) signal += power[i];
    if (!first && !second && at >= low && at <= high) rest += power[i];
  }
  return rest > 0 && signal > 0 ? 10 * Math.log10(signal / rest) : 0;
}

/** A Hann window, open at its end as spectra want it; `closed` ends where it began, as overlap-add wants it. */
export function hann(size: number, closed = false): Float64Array {
  const span = closed ? size - 1 : size, key = `${size} ${span}`;
  let window = windows.get(key);
  if (!window) {
    // Lengths are mostly the same; of others there may be any number.
    if (windows.size > 64) windows.clear();
    window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI / span) * i));
    windows.set(key, window);
  }
  return window;
}

/** The least power of two that is not less. */
export function powerOfTwo(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, size)));
}

function addPower(values: ArrayLike<number>, bins: number, power: Float64Array): void {
  let transform = transforms.get(bins);
  if (!transform) transforms.set(bins, transform = new FFT(bins));
  const padded = new Array<number>(bins).fill(0);
  for (let i = 0; i < Math.min(bins, values.length); i++) padded[i] = values[i];
  const out = transform.createComplexArray();
  transform.realTransform(out, padded);
  for (let i = 0; i < power.length; i++) power[i] += out[2 * i] * out[2 * i] + out[2 * i + 1] * out[2 * i + 1];
}

/** Both halves of the spectrum in one: all but the ends count twice. */
function density(power: Float64Array, { fps, bins, scale }: { fps: number; bins: number; scale: number }): Spectrum {
  for (let i = 0; i < power.length; i++) {
    power[i] *= (i === 0 || i === power.length - 1 ? 1 : 2) / (fps * scale);
  }
  return { stepHz: fps / bins, power };
}
