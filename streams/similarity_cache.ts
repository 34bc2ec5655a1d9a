import type { SimilarityFigures } from "../src/core/stream.ts";

/** What a {@link SimilarityCache} goes by. */
export interface SimilarityRules {
  /** The least cosine between two vectors for one's answer to stand for the other's. */
  similarity: number;
  /** The most answers that are remembered, of all sessions together. */
  entries: number;
  /** Share of the hits that are run nevertheless, to see whether they would have been right. */
  sample: number;
  /** An answer is forgotten after so many seconds of the stream's own time. */
  keepS?: number;
}

interface Entry<Answer> {
  session: string;
  /** Of length 1. */
  vector: Float32Array;
  answer: Answer;
  atS: number;
}

/** A vector on its way: what is known of it, and where its answer will go. */
export interface Looked<Answer> {
  /** An answer that stands for this one's. */
  known?: Answer;
  /** The vector with length 1, where it has a direction. */
  vector?: Float32Array;
  /** This hit is one of those that are checked: run the model, and tell both. */
  check: boolean;
  /** Remembers the model's own answer; after a check, `agrees` says whether the known one was right. */
  learn(answer: Answer, agrees?: boolean): void;
  /** Remembers an answer that somebody else knew: what was a miss is a hit. */
  adopt(answer: Answer): void;
}

/** What single floats and their sums are exact to: a cosine that is the limit to this many digits is at the limit. */
const TOLERANCE = 1e-6;
/** Answers of one session that are looked through; faces do not have more looks than that in a while. */
const PER_SESSION = 16;

/**
 * Answers to vectors, for those that come after and are nearly the same. Sessions see nothing of each other, and one
 * cache is of one version of the models only; what was not asked for longest is forgotten first.
 */
export class SimilarityCache<Answer> {
  /** Of all sessions, what was asked for longest ago first. */
  #entries = new Set<Entry<Answer>>();
  #sessions = new Map<string, Set<Entry<Answer>>>();
  #checks = 0;
  #counts = { hits: 0, adopted: 0, misses: 0, unusable: 0, evicted: 0, checked: 0, agreed: 0 };
  #savedMs = 0;
  #runs = { count: 0, totalMs: 0 };

  constructor(readonly rules: SimilarityRules) {}

  /** What is known of a vector. One without a direction (zeros, NaN) is like no other and is not remembered. */
  look(session: string, numbers: ArrayLike<number>, atS = 0): Looked<Answer> {
    const vector = unit(numbers);
    if (!vector) {
      this.#counts.unusable++;
      return { check: false, learn: () => {}, adopt: () => {} };
    }
    const entry = this.#nearest(session, vector, atS);
    if (!entry) {
      this.#counts.misses++;
      const learn = (answer: Answer) => this.#add({ session, vector, answer, atS });
      const adopt = (answer: Answer) => {
        this.#counts.misses--;
        this.#counts.hits++;
        this.#counts.adopted++;
        this.#save();
        learn(answer);
      };
      return { vector, check: false, learn, adopt };
    }
    this.#counts.hits++;
    this.#touch(entry);
    // Evenly spread rather than drawn: a replay checks the same ones.
    this.#checks += this.rules.sample;
    const check = this.#checks >= 1 - TOLERANCE;
    if (check) this.#checks--;
    else this.#save();
    return {
      known: entry.answer,
      vector,
      check,
      adopt: () => {},
      learn: (answer, agrees) => {
        if (agrees !== undefined) this.#counts.checked++;
        if (agrees) this.#counts.agreed++;
        this.#remove(entry);
        this.#add({ session, vector, answer, atS });
      },
    };
  }

  /** What a run without the cache took, for the account of what it saves. */
  ran(tookMs: number): void {
    this.#runs.count++;
    this.#runs.totalMs += tookMs;
  }

  /** Forgets all answers; the counts live on. */
  clear(): void {
    this.#entries.clear();
    this.#sessions.clear();
  }

  /** What came of it so far. */
  get figures(): SimilarityFigures {
    return { ...this.#counts, entries: this.#entries.size, savedMs: Math.round(this.#savedMs * 1000) / 1000 };
  }

  #save(): void {
    if (this.#runs.count > 0) this.#savedMs += this.#runs.totalMs / this.#runs.count;
  }

  #nearest(session: string, vector: Float32Array, atS: number): Entry<Answer> | undefined {
    const { similarity, keepS = Infinity } = this.rules;
    let best: Entry<Answer> | undefined;
    let most = similarity - TOLERANCE;
    for (const entry of this.#sessions.get(session) ?? []) {
      if (Math.abs(atS - entry.atS) > keepS) {
        this.#remove(entry);
        continue;
      }
      const cosine = dot(entry.vector, vector);
      if (cosine < most) continue;
      most = cosine;
      best = entry;
    }
    return best;
  }

  #add(entry: Entry<Answer>): void {
    let own = this.#sessions.get(entry.session);
    if (!own) this.#sessions.set(entry.session, own = new Set());
    own.add(entry);
    this.#entries.add(entry);
    if (own.size > PER_SESSION) this.#evict(own.values().next().value!);
    if (this.#entries.size > this.rules.entries) this.#evict(this.#entries.values().next().value!);
  }

  #evict(entry: Entry<Answer>): void {
    this.#counts.evicted++;
    this.#remove(entry);
  }

  #touch(entry: Entry<Answer>): void {
    this.#entries.delete(entry);
    this.#entries.add(entry);
    const own = this.#sessions.get(entry.session)!;
    own.delete(entry);
    own.add(entry);
  }

  #remove(entry: Entry<Answer>): void {
    if (!this.#entries.delete(entry)) return;
    const own = this.#sessions.get(entry.session)!;
    own.delete(entry);
    if (own.size === 0) this.#sessions.delete(entry.session);
  }
}

/** The same direction with length 1; undefined where there is none. */
function unit(numbers: ArrayLike<number>): Float32Array | undefined {
  let squares = 0;
  for (let i = 0; i < numbers.length; i++) squares += numbers[i] * numbers[i];
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Infinity)) return undefined;
  const vector = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) vector[i] = numbers[i] / length;
  return vector;
}

/** Vectors of other lengths have nothing in common. */
function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return -Infinity;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
