import { Matrix, QrDecomposition, SVD } from "ml-matrix";
import { butterworth, type Filter } from "./butterworth.ts";
import { detrend } from "./detrend.ts";
import { filtfilt } from "./filtfilt.ts";
import { meanOf, moments, type RgbTrace } from "./rgb_trace.ts";
import { type Band, hann } from "./spectrum.ts";

/** Ways from colours to a pulse that need no training. */
export const PULSE_METHODS = ["green", "chrom", "pos", "lgi", "omit"] as const;

/** One of {@link PULSE_METHODS}. */
export type PulseMethod = (typeof PULSE_METHODS)[number];

/** The pulse in a trace: as each method's authors have it, or with another band for those that filter. */
export function pulseOf(method: PulseMethod, trace: RgbTrace, fps: number, band?: Band): Float64Array {
  switch (method) {
    case "green":
      return Float64Array.from(trace[1]);
    case "chrom":
      return chrom(trace, fps, band);
    case "pos":
      return pos(trace, fps, band);
    case "lgi":
      return lgi(trace);
    case "omit":
      return omit(trace);
  }
}

/** Plane-orthogonal-to-skin (Wang 2017). */
export function pos(trace: RgbTrace, fps: number, [low, high]: Band = [0.75, 3]): Float64Array {
  const [red, green, blue] = trace;
  const size = red.length, length = Math.ceil(1.6 * fps);
  // Every window adds a weighted sum of its colours. The weights of all windows over a sample are summed, not their sums.
  const onRed = new Float64Array(size), onGreen = new Float64Array(size), onBlue = new Float64Array(size);
  // The last window of the reference ends before the last sample.
  for (let start = 0; start + length < size; start++) {
    const end = start + length;
    const r = meanOf(red, start, end), g = meanOf(green, start, end), b = meanOf(blue, start, end);
    let first = 0, second = 0;
    for (let i = start; i < end; i++) {
      const x = red[i] / r, y = green[i] / g, z = blue[i] / b;
      first += (y - z) ** 2;
      second += (y + z - 2 * x) ** 2;
    }
    const share = second > 0 ? Math.sqrt(first / second) : 0;
    const [forRed, forGreen, forBlue] = [(-2 * share) / r, (1 + share) / g, (share - 1) / b];
    onRed[start] += forRed;
    onGreen[start] += forGreen;
    onBlue[start] += forBlue;
    onRed[end] -= forRed;
    onGreen[end] -= forGreen;
    onBlue[end] -= forBlue;
  }
  let r = 0, g = 0, b = 0;
  const sum = red.map((value, i) => {
    r += onRed[i];
    g += onGreen[i];
    b += onBlue[i];
    return r * value + g * green[i] + b * blue[i];
  });
  return filtfilt(bandPass(1, [low, high], fps), detrend(sum, 100));
}

/** Chrominance (de Haan 2013). The last part of a window is not covered. */
export function chrom(trace: RgbTrace, fps: number, [low, high]: Band = [0.7, 2.5]): Float64Array {
  const [red, green, blue] = trace;
  const half = Math.ceil(Math.ceil(1.6 * fps) / 2), length = 2 * half;
  const windows = Math.max(0, Math.floor((red.length - half) / half));
  const filter = bandPass(3, [low, high], fps);
  const window = hann(length, true);
  const pulse = new Float64Array(half * (windows + 1));
  const x = new Float64Array(length), y = new Float64Array(length);
  for (let n = 0, start = 0; n < windows; n++, start += half) {
    const end = start + length;
    const r = meanOf(red, start, end), g = meanOf(green, start, end), b = meanOf(blue, start, end);
    for (let i = 0; i < length; i++) {
      const rn = red[start + i] / r, gn = green[start + i] / g, bn = blue[start + i] / b;
      x[i] = 3 * rn - 2 * gn;
      y[i] = 1.5 * rn + gn - 1.5 * bn;
    }
    const xf = filtfilt(filter, x), yf = filtfilt(filter, y);
    const spread = moments(yf).deviation;
    const alpha = spread > 0 ? moments(xf).deviation / spread : 0;
    for (let i = 0; i < length; i++) pulse[start + i] += (xf[i] - alpha * yf[i]) * window[i];
  }
  return pulse;
}

/** Local group invariance (Pilz 2018): green without what the three channels mostly share. */
export function lgi(trace: RgbTrace): Float64Array {
  const columns = new Matrix(trace.map((channel) => Array.from(channel))).transpose();
  const axis = new SVD(columns, { computeLeftSingularVectors: false }).rightSingularVectors.getColumn(0);
  return greenWithout(axis, trace);
}

/** Orthogonal matrix image transformation (Casado Álvarez 2022). */
export function omit(trace: RgbTrace): Float64Array {
  // A QR decomposition's first vector depends on the first column alone.
  const axis = new QrDecomposition(Matrix.columnVector(trace.map(([value]) => value))).orthogonalMatrix.getColumn(0);
  return greenWithout(axis, trace);
}

function greenWithout(axis: readonly number[], [red, green, blue]: RgbTrace): Float64Array {
  return green.map((value, i) => value - axis[1] * (axis[0] * red[i] + axis[1] * value + axis[2] * blue[i]));
}

const filters = new Map<string, Filter>();

/** A Butterworth band-pass; those in use are kept. Its upper edge gives way where the frame rate is low. */
export function bandPass(order: number, [low, high]: Band, fps: number): Filter {
  const edge = Math.min(high, 0.45 * fps);
  const key = `${order} ${low} ${edge} ${fps}`;
  let filter = filters.get(key);
  if (!filter) {
    // Rates are the chain's own few; anything else must not grow the table for ever.
    if (filters.size > 64) filters.clear();
    filters.set(key, filter = butterworth(order, [low, edge], fps));
  }
  return filter;
}
