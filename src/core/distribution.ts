import type { Distribution } from "./stream.ts";

const EMPTY: Distribution = { count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };

/** Percentiles over the last `size` values. Memory is fixed; sorting happens only when somebody reads. */
export class RecentValues {
  #values: Float64Array;
  #count = 0;

  constructor(size = 1024) {
    this.#values = new Float64Array(size);
  }

  /** Folds one value in. */
  push(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** How many values came in all. */
  get count(): number {
    return this.#count;
  }

  /** The distribution of the values still held; `count` is of all. */
  read(): Distribution {
    const held = Math.min(this.#count, this.#values.length);
    if (held === 0) return EMPTY;
    const sorted = this.#values.slice(0, held).sort();
    const rank = (share: number) => sorted[Math.min(held - 1, Math.ceil(share * held) - 1)];
    return {
      count: this.#count,
      mean: sorted.reduce((sum, value) => sum + value, 0) / held,
      min: sorted[0],
      p50: rank(0.5),
      p95: rank(0.95),
      p99: rank(0.99),
      max: sorted[held - 1],
    };
  }
}
