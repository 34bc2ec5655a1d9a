/** Events a second over a short sliding window of whole tenths of a second. */
export class Rate {
  #slots: Float64Array;
  #stamps: Float64Array;
  #startedAt: number;

  constructor(private readonly now: () => number, private readonly windowMs = 5000) {
    this.#slots = new Float64Array(Math.ceil(windowMs / 100));
    this.#stamps = new Float64Array(this.#slots.length).fill(-1);
    this.#startedAt = now();
  }

  /** Counts one event. */
  push(): void {
    const tick = Math.floor(this.now() / 100);
    const slot = tick % this.#slots.length;
    if (this.#stamps[slot] !== tick) {
      this.#stamps[slot] = tick;
      this.#slots[slot] = 0;
    }
    this.#slots[slot]++;
  }

  /** Events a second over the window, or over the time since the start when that is shorter. */
  read(): number {
    const now = this.now();
    const tick = Math.floor(now / 100);
    let sum = 0;
    for (let slot = 0; slot < this.#slots.length; slot++) {
      if (this.#stamps[slot] > tick - this.#slots.length) sum += this.#slots[slot];
    }
    const span = Math.min(this.windowMs, Math.max(100, now - this.#startedAt));
    return (sum * 1000) / span;
  }
}
