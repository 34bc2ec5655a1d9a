import type { RgbTrace } from "./rgb_trace.ts";

/** What the network says of half a minute: a rate, and how likely it is to be within 5 BPM. */
export interface NetworkAnswer {
  bpm: number;
  quality: number;
  /** The chance of every rate from 45 to 185 BPM. */
  chances: Float32Array;
}

/** Samples that the network looks at, thirty a second. */
export const NETWORK_FRAMES = 900;
const FPS = 30, BINS = 136, LOWEST = 45, HIGHEST = 185;
const STRETCH = 300, STARTS = [0, 150, 300, 450, 600];
/** Cells that the LSTM keeps, and channels on either side of it. */
const CELLS = 24;
const SPACING = (HIGHEST - LOWEST) / (BINS - 1);
const RATES = Float32Array.from({ length: BINS }, (_, bin) => LOWEST + SPACING * bin);

/** A convolution along the rates: weights by output, input and offset, then one bias an output. */
interface Layer {
  inputs: number;
  outputs: number;
  width: number;
  weights: Float32Array;
  bias: Float32Array;
}

/**
 * The network weir-pulse without a runtime: the same as its ONNX file, in plain loops. So little is to be computed, so
 * seldom, that it runs where the colours are, as every other method does.
 */
export class PulseNetwork {
  #mixes: Float32Array;
  #whole: Layer[];
  #part: Layer[];
  #lstm: { input: Float32Array; hidden: Float32Array; bias: Float32Array };
  #head: Layer[];
  #level: { weights: Float32Array; bias: Float32Array };
  #last: { weights: Float32Array; bias: number };
  #long = waves(NETWORK_FRAMES);
  #short = waves(STRETCH);

  /** Takes the weights as export.py writes them: every tensor in the order of the layers, as 32-bit floats. */
  constructor(bytes: Uint8Array) {
    const values = new Float32Array(bytes.slice().buffer);
    let at = 0;
    const take = (count: number) => values.subarray(at, at += count);
    const layer = (inputs: number, outputs: number, width: number): Layer => ({
      inputs,
      outputs,
      width,
      weights: take(inputs * outputs * width),
      bias: take(outputs),
    });
    this.#mixes = take(9);
    this.#whole = [layer(18, 32, 5), layer(32, CELLS, 5)];
    this.#part = [layer(18, CELLS, 5), layer(CELLS, CELLS, 5)];
    const [input, hidden] = [take(4 * CELLS * CELLS), take(4 * CELLS * CELLS)];
    const [one, other] = [take(4 * CELLS), take(4 * CELLS)];
    this.#lstm = { input, hidden, bias: one.map((value, i) => value + other[i]) };
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
    const both = new Float32Array(2 * CELLS * BINS);
    both.set(whole);
    both.set(this.#follow(parts), CELLS * BINS);
    return answer(this.#logits(through(this.#head, both)));
  }

  /** Powers and cross-spectra of the channels and of their mixtures: 18 rows. */
  #spectra(values: readonly Float32Array[], start: number, table: Waves): Float32Array {
    const waves = values.map((channel) => transform(channel, start, table));
    const mixes = this.#mixes;
    const mixed = [0, 3, 6].map((row) =>
      waves[0].map((value, i) => mixes[row] * value + mixes[row + 1] * waves[1][i] + mixes[row + 2] * waves[2][i])
    );
    const rows = new Float32Array(18 * BINS);
    cross(waves, rows, 0);
    cross(mixed, rows, 9);
    return rows;
  }

  /** The LSTM goes through the stretches, at every rate by itself; what it holds at the end. */
  #follow(parts: readonly Float32Array[]): Float32Array {
    const { input, hidden, bias } = this.#lstm;
    const held = new Float32Array(CELLS * BINS);
    const state = new Float32Array(CELLS), cell = new Float32Array(CELLS), gates = new Float32Array(4 * CELLS);
    const seen = new Float32Array(CELLS);
    for (let bin = 0; bin < BINS; bin++) {
      state.fill(0);
      cell.fill(0);
      for (const part of parts) {
        for (let i = 0; i < CELLS; i++) seen[i] = part[i * BINS + bin];
        for (let gate = 0, at = 0; gate < 4 * CELLS; gate++) {
          let sum = bias[gate];
          for (let i = 0; i < CELLS; i++, at++) sum += input[at] * seen[i] + hidden[at] * state[i];
          gates[gate] = sum;
        }
        for (let i = 0; i < CELLS; i++) {
          cell[i] = sigmoid(gates[CELLS + i]) * cell[i] + sigmoid(gates[i]) * Math.tanh(gates[2 * CELLS + i]);
          state[i] = sigmoid(gates[3 * CELLS + i]) * Math.tanh(cell[i]);
        }
      }
      for (let i = 0; i < CELLS; i++) held[i * BINS + bin] = state[i];
    }
    return held;
  }

  /** Every rate is also told how high anything rises at any rate. */
  #logits(hidden: Float32Array): Float32Array {
    const most = Float32Array.from({ length: 32 }, (_, i) => Math.max(...hidden.subarray(i * BINS, (i + 1) * BINS)));
    const { weights, bias } = this.#level;
    const logits = new Float32Array(BINS).fill(this.#last.bias);
    for (let i = 0; i < 32; i++) {
      let level = bias[i];
      for (let k = 0; k < 32; k++) level += weights[i * 32 + k] * most[k];
      for (let bin = 0; bin < BINS; bin++) {
        logits[bin] += this.#last.weights[i] * Math.max(0, hidden[i * BINS + bin] + level);
      }
    }
    return logits;
  }
}

type Waves = { frames: number; cosines: Float32Array; sines: Float32Array };

/** Hann-windowed waves of every rate, frame by frame. */
function waves(frames: number): Waves {
  const window = Float64Array.from(
    { length: frames },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (frames + 1)),
  );
  const scale = 1 / Math.sqrt(window.reduce((sum, value) => sum + value * value, 0));
  const cosines = new Float32Array(frames * BINS), sines = new Float32Array(frames * BINS);
  for (let i = 0, at = 0; i < frames; i++) {
    for (let bin = 0; bin < BINS; bin++, at++) {
      const angle = (2 * Math.PI * (LOWEST + SPACING * bin) * i) / 60 / FPS;
      cosines[at] = Math.cos(angle) * window[i] * scale;
      sines[at] = Math.sin(angle) * window[i] * scale;
    }
  }
  return { frames, cosines, sines };
}

/** Real parts, then imaginary ones. */
function transform(values: Float32Array, start: number, { frames, cosines, sines }: Waves): Float32Array {
  const out = new Float32Array(2 * BINS);
  for (let i = 0, at = 0; i < frames; i++) {
    const value = values[start + i];
    for (let bin = 0; bin < BINS; bin++, at++) {
      out[bin] += value * cosines[at];
      out[BINS + bin] += value * sines[at];
    }
  }
  return out;
}

/** A channel over its mean, in percent, without what drifts over seconds. */
function relative(channel: Float64Array): Float32Array {
  const size = channel.length, reach = FPS;
  const mean = channel.reduce((sum, value) => sum + value, 0) / size;
  const values = Float32Array.from(channel, (value) => (value / (mean + 1e-6) - 1) * 100);
  const at = (i: number) => values[Math.max(0, Math.min(size - 1, i))];
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += at(i);
  return values.map((value, i) => {
    const slow = sum / (2 * reach + 1);
    sum += at(i + reach + 1) - at(i - reach);
    return value - slow;
  });
}

function cross(waves: readonly Float32Array[], rows: Float32Array, row: number): void {
  const roots = waves.map((wave, channel) => {
    let middle = 0;
    for (let bin = 0; bin < BINS; bin++) middle += (wave[bin] ** 2 + wave[BINS + bin] ** 2) / BINS;
    middle += 1e-12;
    for (let bin = 0; bin < BINS; bin++) {
      rows[(row + channel) * BINS + bin] = Math.log((wave[bin] ** 2 + wave[BINS + bin] ** 2) / middle + 1e-3);
    }
    return Math.sqrt(middle);
  });
  [[0, 1], [0, 2], [1, 2]].forEach(([a, b], pair) => {
    const scale = 1 / (roots[a] * roots[b]), to = (row + 3 + 2 * pair) * BINS;
    for (let bin = 0; bin < BINS; bin++) {
      const [ra, ia, rb, ib] = [waves[a][bin], waves[a][BINS + bin], waves[b][bin], waves[b][BINS + bin]];
      rows[to + bin] = signedLog((ra * rb + ia * ib) * scale);
      rows[to + BINS + bin] = signedLog((ia * rb - ra * ib) * scale);
    }
  });
}

/** Convolutions with rectified outputs, one after the other. */
function through(layers: readonly Layer[], values: Float32Array): Float32Array {
  return layers.reduce((input, { inputs, outputs, width, weights, bias }) => {
    const out = new Float32Array(outputs * BINS), reach = width >> 1;
    for (let o = 0; o < outputs; o++) {
      const row = out.subarray(o * BINS, (o + 1) * BINS).fill(bias[o]);
      for (let i = 0; i < inputs; i++) {
        for (let k = 0; k < width; k++) {
          const weight = weights[(o * inputs + i) * width + k], shift = k - reach, from = i * BINS + shift;
          const last = Math.min(BINS, BINS - shift);
          for (let bin = Math.max(0, -shift); bin < last; bin++) row[bin] += weight * input[from + bin];
        }
      }
      for (let bin = 0; bin < BINS; bin++) if (row[bin] < 0) row[bin] = 0;
    }
    return out;
  }, values);
}

/** The mean of what is likely around the likeliest 10 BPM, and the share of all chances within 5 BPM of it. */
function answer(logits: Float32Array): NetworkAnswer {
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

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}
