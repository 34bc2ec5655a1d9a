/** How many rates a row has a number for. */
export const RATE_BINS = 136;
/** Zeros before and after every row: a convolution reaches no further. */
const MARGIN = 4;
const ROW = RATE_BINS + 2 * MARGIN;
/** So many outputs and so many of their weights at a time: sums that stay in the processor cost least. */
const STRIDE = 4;

/** Numbers by row and rate. Rows lie behind each other with zeros between them, so that convolutions need no edges. */
export class RateRows {
  readonly values: Float64Array;

  constructor(count: number) {
    this.values = new Float64Array(count * ROW);
  }

  /** Where the numbers of a row begin in {@link values}. */
  at(row: number): number {
    return row * ROW + MARGIN;
  }

  /** Sets rows from this one on to those of others. */
  set(row: number, rows: RateRows): void {
    this.values.set(rows.values, row * ROW);
  }
}

/** A convolution along the rates: weights by output, input and offset, filled up to a multiple of four each. */
export interface RateLayer {
  inputs: number;
  outputs: number;
  width: number;
  weights: Float64Array;
  bias: Float64Array;
}

/** A convolution of these weights, by output, input and offset. */
export function rateLayer(
  { inputs, outputs, width }: Pick<RateLayer, "inputs" | "outputs" | "width">,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
): RateLayer {
  if (outputs % STRIDE !== 0) throw new RangeError(`Cannot make a layer of ${outputs} outputs: not a multiple of four`);
  const taps = inputs * width, padded = Math.ceil(taps / STRIDE) * STRIDE;
  const filled = new Float64Array(outputs * padded);
  for (let o = 0; o < outputs; o++) {
    for (let tap = 0; tap < taps; tap++) filled[o * padded + tap] = weights[o * taps + tap];
  }
  return { inputs, outputs, width, weights: filled, bias: Float64Array.from(bias) };
}

/** Applies a convolution; of a rectified one, what is below zero becomes zero. */
export function convolved(
  { inputs, outputs, width, weights, bias }: RateLayer,
  rows: RateRows,
  { out = new RateRows(outputs), rectified = true } = {},
): RateRows {
  const reach = width >> 1, taps = weights.length / outputs;
  const places = new Int32Array(taps).fill(MARGIN);
  for (let i = 0, tap = 0; i < inputs; i++) for (let k = 0; k < width; k++) places[tap++] = rows.at(i) + k - reach;
  const x = rows.values, y = out.values;
  for (let o = 0; o < outputs; o += STRIDE) {
    const [a, b, c, d] = [out.at(o), out.at(o + 1), out.at(o + 2), out.at(o + 3)];
    for (let n = 0; n < STRIDE; n++) y.fill(bias[o + n], out.at(o + n), out.at(o + n) + RATE_BINS);
    for (let tap = 0; tap < taps; tap += STRIDE) {
      const wa = o * taps + tap, wb = wa + taps, wc = wb + taps, wd = wc + taps;
      const a0 = weights[wa], a1 = weights[wa + 1], a2 = weights[wa + 2], a3 = weights[wa + 3];
      const b0 = weights[wb], b1 = weights[wb + 1], b2 = weights[wb + 2], b3 = weights[wb + 3];
      const c0 = weights[wc], c1 = weights[wc + 1], c2 = weights[wc + 2], c3 = weights[wc + 3];
      const d0 = weights[wd], d1 = weights[wd + 1], d2 = weights[wd + 2], d3 = weights[wd + 3];
      const p0 = places[tap], p1 = places[tap + 1], p2 = places[tap + 2], p3 = places[tap + 3];
      for (let bin = 0; bin < RATE_BINS; bin++) {
        const x0 = x[p0 + bin], x1 = x[p1 + bin], x2 = x[p2 + bin], x3 = x[p3 + bin];
        y[a + bin] += a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3;
        y[b + bin] += b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3;
        y[c + bin] += c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3;
        y[d + bin] += d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3;
      }
    }
  }
  if (rectified) { for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0; }
  return out;
}
