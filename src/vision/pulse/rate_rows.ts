import { type RateKernel, rateKernel } from "./rate_kernel.ts";

/** How many rates a row has a number for. */
export const RATE_BINS = 136;
/** Zeros before and after every row: a convolution reaches no further. */
const MARGIN = 4;
const ROW = RATE_BINS + 2 * MARGIN;
/** So many outputs at a time. */
const STRIDE = 4;
/** Bytes of a number. */
const WIDE = 8;

/** Numbers by row and rate. Rows lie behind each other with zeros between them, so that convolutions need no edges. */
export class RateRows {
  constructor(readonly values: Float64Array) {}

  /** Where the numbers of a row begin in {@link values}. */
  at(row: number): number {
    return row * ROW + MARGIN;
  }

  /** Sets rows from this one on to those of others. */
  set(row: number, rows: RateRows): void {
    this.values.set(rows.values, row * ROW);
  }

  /** All zero, as at the beginning. */
  clear(): void {
    this.values.fill(0);
  }
}

/** What a convolution along the rates takes and gives, and how many rates it looks at. */
export interface RateShape {
  inputs: number;
  outputs: number;
  width: number;
  /** What is below zero becomes zero. */
  rectified: boolean;
}

/** A convolution that is ready to be applied. */
export interface RateLayer extends RateShape {
  /** Four outputs' weights of each tap, then those of the next four outputs. */
  weights: Float64Array;
  bias: Float64Array;
  places: Int32Array;
  /** What came out of it last. */
  out: RateRows;
}

/** Where rows and layers live, and where convolutions are done. What is taken from it stays as long as it does. */
export class RateMemory {
  #kernel: RateKernel;
  #taken = 0;

  /** With room for so many numbers. */
  constructor(numbers: number) {
    this.#kernel = rateKernel({ bins: RATE_BINS, row: ROW, bytes: numbers * WIDE });
  }

  /** So many rows of zeros. */
  rows(count: number): RateRows {
    return new RateRows(this.#take(count * ROW));
  }

  /** A convolution of these weights, by output, input and offset. */
  layer(shape: RateShape, weights: ArrayLike<number>, bias: ArrayLike<number>): RateLayer {
    const { inputs, outputs, width } = shape, taps = inputs * width;
    if (outputs % STRIDE !== 0) {
      throw new RangeError(`Cannot make a layer of ${outputs} outputs: not a multiple of four`);
    }
    const own = this.#take(outputs * taps), ownBias = this.#take(outputs);
    for (let o = 0; o < outputs; o++) {
      const from = (o - o % STRIDE) * taps + o % STRIDE;
      for (let tap = 0; tap < taps; tap++) own[from + tap * STRIDE] = weights[o * taps + tap];
    }
    ownBias.set(bias);
    const { buffer, byteOffset } = this.#take(Math.ceil(taps / 2));
    const places = new Int32Array(buffer, byteOffset, taps);
    return { ...shape, weights: own, bias: ownBias, places, out: this.rows(outputs) };
  }

  /** Applies convolutions, one after the other; what comes out is good until the last one is applied again. */
  through(layers: readonly RateLayer[], rows: RateRows): RateRows {
    return layers.reduce((input, layer) => this.#apply(layer, input), rows);
  }

  #apply({ inputs, outputs, width, rectified, weights, bias, places, out }: RateLayer, rows: RateRows): RateRows {
    const reach = width >> 1, taps = inputs * width;
    for (let i = 0, tap = 0; i < inputs; i++) {
      for (let k = 0; k < width; k++) places[tap++] = rows.values.byteOffset + (rows.at(i) + k - reach) * WIDE;
    }
    for (let o = 0; o < outputs; o += STRIDE) {
      this.#kernel.convolve(
        weights.byteOffset + o * taps * WIDE,
        places.byteOffset,
        taps,
        bias.byteOffset + o * WIDE,
        out.values.byteOffset + out.at(o) * WIDE,
        rectified ? 0 : Number.NEGATIVE_INFINITY,
      );
    }
    return out;
  }

  #take(numbers: number): Float64Array<ArrayBuffer> {
    const taken = new Float64Array(this.#kernel.memory.buffer as ArrayBuffer, this.#taken * WIDE, numbers);
    this.#taken += numbers;
    return taken;
  }
}
