/** Answers of one face that are kept; past these the oldest go, however short the time. */
const SAMPLES = 2048;
/** More levels than any head has. */
const LEVELS = 32;

/** The mean of a face's probabilities over the latest stretch of time, head by head. */
export class HeadAverage {
  #samples: { atMs: number; heads: Record<string, readonly number[]> }[] = [];

  constructor(private readonly windowMs: number) {}

  /** Folds one answer in; heads whose numbers are no probabilities are left out. */
  push(atMs: number, heads: Record<string, unknown>): void {
    const sound = Object.entries(heads).filter((entry): entry is [string, number[]] => isProbabilities(entry[1]));
    this.#samples.push({ atMs, heads: Object.fromEntries(sound) });
    const from = this.#samples.findIndex((sample) => atMs - sample.atMs <= this.windowMs);
    this.#samples.splice(0, Math.max(from, this.#samples.length - SAMPLES));
  }

  /** How many answers there are. */
  get samples(): number {
    return this.#samples.length;
  }

  /** From the first of them to the last. */
  get spanMs(): number {
    return this.#samples.length > 0 ? this.#samples.at(-1)!.atMs - this.#samples[0].atMs : 0;
  }

  /** The mean of each head's latest form; one that has changed its number of levels begins anew. */
  read(): Record<string, number[]> {
    const means: Record<string, { sum: number[]; count: number }> = {};
    for (const { heads } of this.#samples.toReversed()) {
      for (const [name, probabilities] of Object.entries(heads)) {
        const mean = means[name] ??= { sum: probabilities.map(() => 0), count: 0 };
        if (mean.sum.length !== probabilities.length) continue;
        mean.count++;
        for (let level = 0; level < probabilities.length; level++) mean.sum[level] += probabilities[level];
      }
    }
    return Object.fromEntries(
      Object.entries(means).map(([name, { sum, count }]) => [name, sum.map((value) => value / count)]),
    );
  }
}

function isProbabilities(value: unknown): value is number[] {
  return Array.isArray(value) && value.length >= 2 && value.length <= LEVELS &&
    value.every((probability) => Number.isFinite(probability) && probability >= 0 && probability <= 1);
}
