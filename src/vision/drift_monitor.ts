import {
  DRIFT_FIGURES,
  type DriftFigure,
  type DriftFigureName,
  type DriftLevel,
  type DriftReport,
} from "../core/drift.ts";
import {
  categoryHistograms,
  jensenShannon,
  kolmogorovSmirnov,
  normedWasserstein,
  populationStability,
  sturgesHistograms,
} from "./drift_measures.ts";

/** One thing that was seen. What is not known of it is absent. */
export interface DriftSample {
  score?: number;
  class?: string;
  /** Share of the picture's side that it takes: the root of the share of its area. */
  size?: number;
  /** 0 to 255. */
  brightness?: number;
  embedding?: readonly number[];
  /** Beats a minute. */
  rate?: number;
}

/** What the present is held against. */
export interface DriftReference {
  score: number[];
  class: string[];
  size: number[];
  brightness: number[];
  /** Distances of the reference's own vectors from their middle, and that. */
  embedding: number[];
  centre: number[];
  rate: number[];
}

/** How many samples there are on either side. */
export interface DriftMonitorOptions {
  reference: number;
  window: number;
}

const WATCH = 0.1;
const ACT = 0.25;
/** So far beyond what chance makes of it an index must be. */
const SIGMAS = 4;
const KS_P = 0.01;
/** Above this the test of Kolmogorov and Smirnov rejects everything. */
const KS_MOST = 1000;
const LEVELS: readonly DriftLevel[] = ["steady", "watch", "act"];
/** Longer vectors are cut off: their first parts are as good a witness. */
const VECTOR_MAX = 512;

/** Holds a sliding window of samples against a frozen reference. */
export class DriftMonitor {
  #learning: DriftSample[] = [];
  #reference?: DriftReference;
  #referenceCount = 0;
  #window: DriftSample[] = [];

  constructor(private readonly options: DriftMonitorOptions) {}

  /** What the present is held against; undefined while that is being learnt. */
  get reference(): DriftReference | undefined {
    return this.#reference;
  }

  /** Folds a sample in. Answers whether the reference has become complete with it. */
  push(sample: DriftSample): boolean {
    const { embedding, ...rest } = sample;
    const cut = embedding ? { ...rest, embedding: embedding.slice(0, VECTOR_MAX) } : rest;
    if (!this.#reference) {
      this.#learning.push(cut);
      if (this.#learning.length < this.options.reference) return false;
      this.freeze();
      return true;
    }
    this.#window.push(cut);
    if (this.#window.length > this.options.window) this.#window.shift();
    return false;
  }

  /** Takes what there is for the reference: the window, or what was gathered for the first one. */
  freeze(): void {
    const samples = this.#reference ? this.#window : this.#learning;
    if (samples.length < 2) throw new RangeError(`Cannot take ${samples.length} samples for a reference`);
    this.restore(referenceOf(samples));
  }

  /** Goes on with a reference of earlier times. */
  restore(reference: DriftReference): void {
    this.#reference = reference;
    this.#referenceCount = Math.max(...DRIFT_FIGURES.map((name) => reference[name].length));
    this.#learning = [];
    this.#window = [];
  }

  /** Forgets the reference and learns a new one. */
  relearn(): void {
    this.#reference = undefined;
    this.#referenceCount = 0;
    this.#learning = [];
    this.#window = [];
  }

  /** How the present stands against the reference. */
  check(): DriftReport {
    const reference = this.#reference;
    const current = this.#window.length;
    if (!reference) {
      return { state: "learning", reference: this.#learning.length, current: 0, figures: {}, reasons: [] };
    }
    const counts = { reference: this.#referenceCount, current };
    if (current < this.options.window) return { state: "gathering", ...counts, figures: {}, reasons: [] };
    const figures: DriftReport["figures"] = {};
    const reasons: string[] = [];
    for (const name of DRIFT_FIGURES) {
      const figure = name === "class"
        ? categories(reference.class, this.#window.flatMap((sample) => sample.class ?? []), reasons)
        : numbers(name, reference[name], this.#values(name), reasons);
      if (figure) figures[name] = figure;
    }
    const worst = Math.max(0, ...Object.values(figures).map(({ level }) => LEVELS.indexOf(level)));
    return { state: LEVELS[worst], ...counts, figures, reasons };
  }

  #values(name: Exclude<DriftFigureName, "class">): number[] {
    if (name !== "embedding") return this.#window.flatMap((sample) => sample[name] ?? []);
    const { centre } = this.#reference!;
    if (centre.length === 0) return [];
    return this.#window.flatMap(({ embedding }) => embedding ? distance(embedding, centre) : []);
  }
}

function referenceOf(samples: readonly DriftSample[]): DriftReference {
  const values = (name: "score" | "size" | "brightness" | "rate") => samples.flatMap((sample) => sample[name] ?? []);
  const vectors = samples.flatMap(({ embedding }) => embedding ? [embedding] : []);
  const whole = vectors.length > 0 && vectors.every(({ length }) => length === vectors[0].length);
  const centre = whole ? middle(vectors) : [];
  return {
    score: values("score"),
    class: samples.flatMap((sample) => sample.class ?? []),
    size: values("size"),
    brightness: values("brightness"),
    embedding: whole ? vectors.map((vector) => distance(vector, centre)) : [],
    centre,
    rate: values("rate"),
  };
}

/** The direction in which vectors point on average. */
function middle(vectors: readonly (readonly number[])[]): number[] {
  const sum = new Array<number>(vectors[0].length).fill(0);
  for (const vector of vectors) {
    const length = Math.hypot(...vector) || 1;
    vector.forEach((value, index) => sum[index] += value / length);
  }
  return sum.map((value) => value / vectors.length);
}

/** The cosine distance: 0 for the same direction, 1 for a right angle. */
function distance(vector: readonly number[], centre: readonly number[]): number {
  let [dot, a, b] = [0, 0, 0];
  for (let n = 0; n < Math.min(vector.length, centre.length); n++) {
    dot += vector[n] * centre[n];
    a += vector[n] ** 2;
    b += centre[n] ** 2;
  }
  return a > 0 && b > 0 ? 1 - dot / Math.sqrt(a * b) : 1;
}

function numbers(
  name: DriftFigureName,
  reference: readonly number[],
  current: readonly number[],
  reasons: string[],
): DriftFigure | undefined {
  if (reference.length < 2 || current.length < 2) return undefined;
  const bins = sturgesHistograms(reference, current);
  const psi = populationStability(bins.reference, bins.current);
  const js = jensenShannon(bins.reference, bins.current);
  const carried = normedWasserstein(reference, current);
  const few = Math.max(reference.length, current.length) < KS_MOST;
  const ksP = few ? kolmogorovSmirnov(reference, current).p : undefined;
  // Chance takes each of these over its bound now and then (0.05 would be one look in twenty), but hardly ever all.
  const agreed = js >= WATCH && carried >= WATCH && ksP !== undefined && ksP <= KS_P;
  const level = agreed ? worse("watch", levelOf(psi, bins)) : levelOf(psi, bins);
  if (level !== "steady") {
    const [before, now] = [mean(reference), mean(current)];
    reasons.push(`${name} ${short(before)} → ${short(now)} (PSI ${short(psi)})`);
  }
  return {
    psi: tidy(psi),
    jensenShannon: tidy(js),
    wasserstein: tidy(carried),
    ...(ksP !== undefined && { ksP: tidy(ksP) }),
    level,
  };
}

function categories(
  reference: readonly string[],
  current: readonly string[],
  reasons: string[],
): DriftFigure | undefined {
  if (reference.length < 2 || current.length < 2) return undefined;
  const bins = categoryHistograms(reference, current);
  const psi = populationStability(bins.reference, bins.current);
  const js = jensenShannon(bins.reference, bins.current);
  const level = levelOf(psi, bins);
  if (level !== "steady") {
    const moved = bins.kinds.map((kind, n) => {
      const [before, now] = [bins.reference[n] / reference.length, bins.current[n] / current.length];
      return { kind, before, now, change: Math.abs(now - before) };
    }).sort((a, b) => b.change - a.change)[0];
    reasons.push(`class ${moved.kind} ${percent(moved.before)} → ${percent(moved.now)} (PSI ${short(psi)})`);
  }
  return { psi: tidy(psi), jensenShannon: tidy(js), level };
}

/**
 * What a stability index means. Of two samples of the same making it comes to about (bins − 1) · (1/n + 1/m), spread as
 * chi-square is: with few samples, chance alone would go over the usual bounds.
 */
function levelOf(psi: number, { reference, current }: { reference: number[]; current: number[] }): DriftLevel {
  const count = (bins: number[]) => bins.reduce((sum, bin) => sum + bin, 0);
  const freedom = Math.max(1, reference.filter((bin, n) => bin + current[n] > 0).length - 1);
  const chance = (freedom + SIGMAS * Math.sqrt(2 * freedom)) * (1 / count(reference) + 1 / count(current));
  return psi >= Math.max(ACT, chance) ? "act" : psi >= Math.max(WATCH, chance) ? "watch" : "steady";
}

function worse(a: DriftLevel, b: DriftLevel): DriftLevel {
  return LEVELS.indexOf(a) > LEVELS.indexOf(b) ? a : b;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function short(value: number): string {
  return value.toFixed(Math.abs(value) >= 10 ? 0 : 2);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
