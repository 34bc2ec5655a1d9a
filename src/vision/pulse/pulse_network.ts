import { exponential } from "./exponential.ts";
import { RATE_BINS, type RateLayer, RateMemory, type RateRows } from "./rate_rows.ts";
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
/** Rows before and after the LSTM, and of what goes into the head. */
const SEEN = 2 * CELLS, GATES = 4 * CELLS;
/** Numbers in all of its rows and weights: twice what there are. */
const MEMORY = 200_000;
const SPACING = (HIGHEST - LOWEST) / (BINS - 1);
const RATES = Float32Array.from({ length: BINS }, (_, bin) => LOWEST + SPACING * bin);

/**
 * The network weir-pulse without a runtime: the same as its ONNX file. So little is to be computed, so
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
  #memory = new RateMemory(MEMORY);
  #spectra = this.#memory.rows(18);
  #seen = this.#memory.rows(SEEN);
  #both = this.#memory.rows(SEEN);
  #state = this.#memory.rows(CELLS);
  #cells = new Float64Array(CELLS * BINS);

  /** Takes the weights as export.py writes them: every tensor in the order of the layers, as 32-bit floats. */
  constructor(bytes: Uint8Array) {
    const values = new Float32Array(bytes.slice().buffer);
    let at = 0;
    const take = (count: number) => values.subarray(at, at += count);
    const layer = (inputs: number, outputs: number, width: number): RateLayer =>
      this.#memory.layer({ inputs, outputs, width, rectified: true }, take(inputs * outputs * width), take(outputs));
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
    this.#gates = this.#memory.layer({ inputs: SEEN, outputs: GATES, width: 1, rectified: false }, both, bias);
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
    const both = this.#both, memory = this.#memory;
    both.set(0, memory.through(this.#whole, this.#read(values, 0, this.#long)));
    this.#state.clear();
    this.#cells.fill(0);
    for (const start of STARTS) this.#follow(memory.through(this.#part, this.#read(values, start, this.#short)));
    both.set(CELLS, this.#state);
    return answer(this.#logits(memory.through(this.#head, both)));
  }

  /** Powers and cross-spectra of the channels and of their mixtures: 18 rows. */
  #read(values: readonly Float64Array[], start: number, table: Waves): RateRows {
    const waves = transform(values, start, table);
    const mixes = this.#mixes;
    const mixed = [0, 3, 6].map((row) =>
      waves[0].map((value, i) => mixes[row] * value + mixes[row + 1] * waves[1][i] + mixes[row + 2] * waves[2][i])
    );
    cross(waves, this.#spectra, 0);
    cross(mixed, this.#spectra, 9);
    return this.#spectra;
  }

  /** The LSTM goes on to the next stretch, at every rate by itself. */
  #follow(part: RateRows): void {
    const seen = this.#seen, state = this.#state, cells = this.#cells;
    seen.set(0, part);
    seen.set(CELLS, state);
    const gates = this.#memory.through([this.#gates], seen), { values } = gates;
    for (let i = 0, cell = 0; i < CELLS; i++) {
      const [entry, keep, fresh, exit] = [0, 1, 2, 3].map((gate) => gates.at(gate * CELLS + i));
      const to = state.at(i);
      for (let bin = 0; bin < BINS; bin++, cell++) {
        const kept = cells[cell] / (1 + exponential(-values[keep + bin]));
        cells[cell] = kept + gated(values[entry + bin], values[fresh + bin]);
        state.values[to + bin] = gated(values[exit + bin], cells[cell]);
      }
    }
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

/** Hann-windowed waves, rate by rate: their first halves, counted from the middle. */
function waves(frames: number): Waves {
  const window = Float64Array.from(
    { length: frames },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (frames + 1)),
  );
  const scale = 1 / Math.sqrt(window.reduce((sum, value) => sum + value * value, 0));
  const half = frames / 2, middle = (frames - 1) / 2;
  const cosines = new Float32Array(half * BINS), sines = new Float32Array(half * BINS);
  for (let bin = 0, at = 0; bin < BINS; bin++) {
    for (let i = 0; i < half; i++, at++) {
      const angle = (2 * Math.PI * RATES[bin] * (i - middle)) / 60 / FPS;
      cosines[at] = Math.cos(angle) * window[i] * scale;
      sines[at] = Math.sin(angle) * window[i] * scale;
    }
  }
  return { frames, cosines, sines };
}

/**
 * Of each of three channels: real parts, then imaginary ones. Phases are those at the middle of the stretch, around which
 * waves are even or odd: half as much is to be multiplied, and what is made of powers and of pairs is the same.
 */
function transform(channels: readonly Float64Array[], start: number, { frames, cosines, sines }: Waves) {
  const half = frames / 2, last = start + frames - 1;
  const [[r, r2], [g, g2], [b, b2]] = channels.map((values) => {
    const even = new Float64Array(half), odd = new Float64Array(half);
    for (let i = 0; i < half; i++) {
      even[i] = values[start + i] + values[last - i];
      odd[i] = values[start + i] - values[last - i];
    }
    return [even, odd];
  });
  const out = [new Float64Array(2 * BINS), new Float64Array(2 * BINS), new Float64Array(2 * BINS)];
  for (let bin = 0, at = 0; bin < BINS; bin++) {
    let rr = 0, ri = 0, gr = 0, gi = 0, br = 0, bi = 0;
    for (let i = 0; i < half; i++, at++) {
      const cosine = cosines[at], sine = sines[at];
      rr += r[i] * cosine;
      ri += r2[i] * sine;
      gr += g[i] * cosine;
      gi += g2[i] * sine;
      br += b[i] * cosine;
      bi += b2[i] * sine;
    }
    out[0][bin] = rr;
    out[1][bin] = gr;
    out[2][bin] = br;
    out[0][BINS + bin] = ri;
    out[1][BINS + bin] = gi;
    out[2][BINS + bin] = bi;
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

/** sigmoid(gate) · tanh(value), by two exponentials and one division. */
function gated(gate: number, value: number): number {
  const closed = exponential(-gate), falling = exponential(-2 * value);
  return (1 - falling) / ((1 + closed) * (1 + falling));
}

function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value));
}
