import { convolved, RATE_BINS, type RateLayer, rateLayer, RateRows } from "./rate_rows.ts";
import type { RgbTrace } from "./rgb_trace.ts";

/** What the network says of half a minute: a rate, and how likely it is to be within 5 BPM. */
export interface NetworkAnswer {
  bpm: number;
  quality: number;
  /** The chance of every rate from 45 to 185 BPM. */
  chances: Float64Array;
}

/** Samples that the network looks at, thirty a second. */
export const NETWORK_FRAMES = 900;
const FPS = 30, BINS = RATE_BINS, LOWEST = 45, HIGHEST = 185;
const STRETCH = 300, STARTS = [0, 150, 300, 450, 600];
/** Cells that the LSTM keeps, and channels on either side of it. */
const CELLS = 24;
const SPACING = (HIGHEST - LOWEST) / (BINS - 1);
const RATES = Float32Array.from({ length: BINS }, (_, bin) => LOWEST + SPACING * bin);

/**
 * The network weir-pulse without a runtime: the same as its ONNX file, in plain loops. So little is to be computed, so
 * seldom, that it runs where the colours are, as every other method does.
 */
export class PulseNetwork {
  #mixes: Float32Array;
  #whole: RateLayer[];
  #part: RateLayer[];
  #gates: RateLayer;
  #head: RateLayer[];
  #level: { weights: Float32Array; bias: Float32Array };
  #last: { weights: Float32Array; bias: number };
  #long = waves(NETWORK_FRAMES);
  #short = waves(STRETCH);

  /** Takes the weights as export.py writes them: every tensor in the order of the layers, as 32-bit floats. */
  constructor(bytes: Uint8Array) {
    const values = new Float32Array(bytes.slice().buffer);
    let at = 0;
    const take = (count: number) => values.subarray(at, at += count);
    const layer = (inputs: number, outputs: number, width: number): RateLayer =>
      rateLayer({ inputs, outputs, width }, take(inputs * outputs * width), take(outputs));
    this.#mixes = take(9);
    this.#whole = [layer(18, 32, 5), layer(32, CELLS, 5)];
    this.#part = [layer(18, CELLS, 5), layer(CELLS, CELLS, 5)];
    const [input, hidden] = [take(4 * CELLS * CELLS), take(4 * CELLS * CELLS)];
    const [one, other] = [take(4 * CELLS), take(4 * CELLS)];
    const both = new Float32Array(8 * CELLS * CELLS);
    for (let gate = 0; gate < 4 * CELLS; gate++) {
      both.set(input.subarray(gate * CELLS, (gate + 1) * CELLS), 2 * gate * CELLS);
      both.set(hidden.subarray(gate * CELLS, (gate + 1) * CELLS), (2 * gate + 1) * CELLS);
    }
    const bias = one.map((value, i) => value + other[i]);
    this.#gates = rateLayer({ inputs: 2 * CELLS, outputs: 4 * CELLS, width: 1 }, both, bias);
    this.#head = [layer(2 * CELLS, 40, 9), layer(40, 32, 9)];
    this.#level = { weights: take(32 * 32), bias: take(32) };
    this.#last = { weights: take(32), bias: take(1)[0] };
    if (at !== values.length) {
      throw new RangeError(`Cannot use weights of ${values.length} numbers: ${at} are expected`);
    }
  }

  /** Reads the rate of 900 samples at thirty a second. */
  run(trace: RgbTrace): NetworkAnswer {
    if (trace.some((channel) => channel.length !== NETWORK_FRAMES)) {
      throw new RangeError(`Cannot read a rate from ${trace[0].length} samples: the network wants ${NETWORK_FRAMES}`);
    }
    const values = trace.map(relative);
    const whole = through(this.#whole, this.#spectra(values, 0, this.#long));
    const parts = STARTS.map((start) => through(this.#part, this.#spectra(values, start, this.#short)));
    const both = new RateRows(2 * CELLS);
    both.set(0, whole);
    both.set(CELLS, this.#follow(parts));
    return answer(this.#logits(through(this.#head, both)));
  }

  /** Powers and cross-spectra of the channels and of their mixtures: 18 rows. */
  #spectra(values: readonly Float64Array[], start: number, table: Waves): RateRows {
    const waves = transform(values, start, table);
    const mixes = this.#mixes;
    const mixed = [0, 3, 6].map((row) =>
      waves[0].map((value, i) => mixes[row] * value + mixes[row + 1] * waves[1][i] + mixes[row + 2] * waves[2][i])
    );
    const rows = new RateRows(18);
    cross(waves, rows, 0);
    cross(mixed, rows, 9);
    return rows;
  }

  /** The LSTM goes through the stretches, at every rate by itself; what it holds at the end. */
  #follow(parts: readonly RateRows[]): RateRows {
    const seen = new RateRows(2 * CELLS), gates = new RateRows(4 * CELLS), state = new RateRows(CELLS);
    const cells = new Float64Array(CELLS * BINS);
    for (const part of parts) {
      seen.set(0, part);
      seen.set(CELLS, state);
      const { values } = convolved(this.#gates, seen, { out: gates, rectified: false });
      for (let i = 0, at = 0; i < CELLS; i++) {
        const [entry, keep, fresh, exit] = [0, 1, 2, 3].map((gate) => gates.at(gate * CELLS + i));
        const to = state.at(i);
        for (let bin = 0; bin < BINS; bin++, at++) {
          cells[at] = sigmoid(values[keep + bin]) * cells[at] +
            sigmoid(values[entry + bin]) * tanh(values[fresh + bin]);
          state.values[to + bin] = sigmoid(values[exit + bin]) * tanh(cells[at]);
        }
      }
    }
    return state;
  }

  /** Every rate is also told how high anything rises at any rate. */
  #logits(hidden: RateRows): Float64Array {
    const rows = Array.from({ length: 32 }, (_, i) => hidden.values.subarray(hidden.at(i), hidden.at(i) + BINS));
    const most = rows.map((row) => row.reduce((a, b) => Math.max(a, b)));
    const { weights, bias } = this.#level;
    const logits = new Float64Array(BINS).fill(this.#last.bias);
    rows.forEach((row, i) => {
      let level = bias[i];
      for (let k = 0; k < 32; k++) level += weights[i * 32 + k] * most[k];
      const weight = this.#last.weights[i];
      for (let bin = 0; bin < BINS; bin++) logits[bin] += weight * Math.max(0, row[bin] + level);
    });
    return logits;
  }
}

type Waves = { frames: number; cosines: Float32Array; sines: Float32Array };

/** Hann-windowed waves, rate by rate. */
function waves(frames: number): Waves {
  const window = Float64Array.from(
    { length: frames },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (frames + 1)),
  );
  const scale = 1 / Math.sqrt(window.reduce((sum, value) => sum + value * value, 0));
  const cosines = new Float32Array(frames * BINS), sines = new Float32Array(frames * BINS);
  for (let bin = 0, at = 0; bin < BINS; bin++) {
    for (let i = 0; i < frames; i++, at++) {
      const angle = (2 * Math.PI * RATES[bin] * i) / 60 / FPS;
      cosines[at] = Math.cos(angle) * window[i] * scale;
      sines[at] = Math.sin(angle) * window[i] * scale;
    }
  }
  return { frames, cosines, sines };
}

/** Of each of three channels: real parts, then imaginary ones. */
function transform([r, g, b]: readonly Float64Array[], start: number, { frames, cosines, sines }: Waves) {
  const out = [new Float64Array(2 * BINS), new Float64Array(2 * BINS), new Float64Array(2 * BINS)];
  for (let bin = 0, at = 0; bin < BINS; bin++) {
    let rr = 0, ri = 0, gr = 0, gi = 0, br = 0, bi = 0;
    for (let i = start; i < start + frames; i++, at++) {
      const cosine = cosines[at], sine = sines[at], red = r[i], green = g[i], blue = b[i];
      rr += red * cosine;
      ri += red * sine;
      gr += green * cosine;
      gi += green * sine;
      br += blue * cosine;
      bi += blue * sine;
    }
    [rr, gr, br].forEach((value, channel) => out[channel][bin] = value);
    [ri, gi, bi].forEach((value, channel) => out[channel][BINS + bin] = value);
  }
  return out;
}

/** A channel over its mean, in percent, without what drifts over seconds. */
function relative(channel: Float64Array): Float64Array {
  const size = channel.length, reach = FPS;
  const mean = channel.reduce((sum, value) => sum + value, 0) / size;
  const values = channel.map((value) => (value / (mean + 1e-6) - 1) * 100);
  const at = (i: number) => values[Math.max(0, Math.min(size - 1, i))];
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += at(i);
  return values.map((value, i) => {
    const slow = sum / (2 * reach + 1);
    sum += at(i + reach + 1) - at(i - reach);
    return value - slow;
  });
}

function cross(waves: readonly Float64Array[], rows: RateRows, row: number): void {
  const { values } = rows;
  const roots = waves.map((wave, channel) => {
    let middle = 0;
    for (let bin = 0; bin < BINS; bin++) middle += (wave[bin] ** 2 + wave[BINS + bin] ** 2) / BINS;
    middle += 1e-12;
    const to = rows.at(row + channel);
    for (let bin = 0; bin < BINS; bin++) {
      values[to + bin] = Math.log((wave[bin] ** 2 + wave[BINS + bin] ** 2) / middle + 1e-3);
    }
    return Math.sqrt(middle);
  });
  [[0, 1], [0, 2], [1, 2]].forEach(([a, b], pair) => {
    const scale = 1 / (roots[a] * roots[b]),
      real = rows.at(row + 3 + 2 * pair),
      imaginary = rows.at(row + 4 + 2 * pair);
    for (let bin = 0; bin < BINS; bin++) {
      const [ra, ia, rb, ib] = [waves[a][bin], waves[a][BINS + bin], waves[b][bin], waves[b][BINS + bin]];
      values[real + bin] = signedLog((ra * rb + ia * ib) * scale);
      values[imaginary + bin] = signedLog((ia * rb - ra * ib) * scale);
    }
  });
}

/** Convolutions with rectified outputs, one after the other. */
function through(layers: readonly RateLayer[], rows: RateRows): RateRows {
  return layers.reduce((input, layer) => convolved(layer, input), rows);
}

/** The mean of what is likely around the likeliest 10 BPM, and the share of all chances within 5 BPM of it. */
function answer(logits: Float64Array): NetworkAnswer {
  const top = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - top));
  const sum = powers.reduce((total, value) => total + value, 0);
  const chances = powers.map((value) => value / sum);
  const half = Math.round(5 / SPACING);
  let best = 0, most = -1;
  for (let bin = 0; bin < BINS; bin++) {
    let mass = 0;
    for (let i = Math.max(0, bin - half); i <= Math.min(BINS - 1, bin + half); i++) mass += chances[i];
    if (mass > most) [best, most] = [bin, mass];
  }
  const within = (middle: number, reach: number, of: (rate: number) => number) =>
    chances.reduce(
      (total, chance, bin) => total + (Math.abs(RATES[bin] - middle) <= reach ? chance * of(RATES[bin]) : 0),
      0,
    );
  const bpm = within(RATES[best], 6, (rate) => rate) / within(RATES[best], 6, () => 1);
  return { bpm, quality: within(bpm, 5, () => 1), chances };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** By one exponential, which costs half of what Math.tanh does. */
function tanh(value: number): number {
  return 2 / (1 + Math.exp(-2 * value)) - 1;
}

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}
