const KEPT = 100;

/** The latest round trips. */
export class RoundTrips {
  #values: number[] = [];

  /** Takes one more in; the oldest leaves. */
  push(ms: number): void {
    this.#values.push(ms);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /** The value that the share `q` of them does not exceed; undefined while there is none. */
  at(q: number): number | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted.length === 0 ? undefined : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  }
}
