import type { Distribution } from "./stream.ts";

const EMPTY: Distribution = { count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };

/** Percentiles over the last `size` values. Memory is fixed; sorting happens only when somebody reads. */
export class RecentValues {
  #values: Float64Array;
  #count = 0;
  #reading?: Distribution;

  constructor(size = 1024) {
    this.#values = new Float64Array(size);
  }

  /** Folds one value in. */
  push(value: number): void {
    this.#reading = undefined;
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** How many values came in all. */
  get count(): number {
    return this.#count;
  }

  /** The values still held, in no order. */
  get held(): Float64Array {
    return this.#values.slice(0, Math.min(this.#count, this.#values.length));
  }

  /** The distribution of the values still held; `count` is of all. */
  read(): Distribution {
    return this.#reading ??= distributionOf(this.held, this.#count);
  }
}

/** The distribution of values; `count` is of all, where these are only the latest. */
export function distributionOf(values: Float64Array, count: number = values.length): Distribution {
  const held = values.length;
  if (held === 0) return EMPTY;
  const sorted = values.toSorted();
  const rank = (share: number) => sorted[Math.min(held - 1, Math.ceil(share * held) - 1)];
  return {
    count,
    mean: sorted.reduce((sum, value) => sum + value, 0) / held,
    min: sorted[0],
    p50: rank(0.5),
    p95: rank(0.95),
    p99: rank(0.99),
    max: sorted[held - 1],
  };
}
