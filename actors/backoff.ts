/** How waits between attempts grow. */
export interface BackoffOptions {
  /** Upper bound of the first wait. */
  initialMs: number;
  /** Upper bound of every wait. */
  maxMs: number;
  /** Growth of the bound from one wait to the next. Default 2. */
  factor?: number;
  /** Lower bound of every wait. Default 0. */
  minMs?: number;
  /** A number in [0, 1). */
  random?: () => number;
}

/** Exponential backoff with full jitter: each wait is drawn evenly from the whole range, so that many do not retry in step. */
export class Backoff {
  #options: Required<BackoffOptions>;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    this.#options = { factor: 2, minMs: 0, random: Math.random, ...options };
  }

  /** Waits drawn since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next wait, milliseconds. */
  next(): number {
    const { initialMs, maxMs, factor, minMs, random } = this.#options;
    const bound = Math.min(maxMs, initialMs * factor ** this.#attempts++);
    return Math.max(minMs, random() * bound);
  }

  /** Forgets past failures. */
  reset(): void {
    this.#attempts = 0;
  }
}
