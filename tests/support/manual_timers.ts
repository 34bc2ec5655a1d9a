import type { Timers } from "../../actors/timers.ts";

interface Pending {
  atMs: number;
  callback: () => void;
}

/** Time that passes when told to. */
export class ManualTimers implements Timers {
  #nowMs: number;
  #pending = new Set<Pending>();

  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const pending = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.add(pending);
    return () => this.#pending.delete(pending);
  }

  /** Lets time pass; everything that falls due happens in order, with all that follows from it. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = [...this.#pending].filter((pending) => pending.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#pending.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

/** Lets everything happen that needs no time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
