import { nowMs } from "../src/core/clock.ts";

/** The passing of time, so that tests can make it pass. */
export interface Timers {
  /** Milliseconds on the clock of `nowMs()`. */
  now(): number;
  /** Calls back once after the delay; answers how to call it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The longest wait a timer can take; beyond it, it would fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/** Time as it is. */
export const realTimers: Timers = {
  now: nowMs,
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
