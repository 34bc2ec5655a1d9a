import { nowMs } from "../../src/core/clock.ts";

// A jump of the times larger than this is no pause of the scene but a new beginning.
const JUMP_MS = 10_000;
// Timers fire about this much late, so they are set this much early.
const TIMER_LEAD_MS = 1;

/** Maps a recording's own times to the clock, so that it plays at the speed at which it was made. */
export class Pace {
  #anchorMs: number | undefined;
  #lastUs = 0;
  #firstUs = 0;

  constructor(private readonly now: () => number = nowMs) {}

  /** When the frame with this decoding time is due, on the clock of `nowMs()`. */
  due(timeUs: number): number {
    const stepMs = (timeUs - this.#lastUs) / 1000;
    if (this.#anchorMs === undefined || stepMs < 0 || stepMs > JUMP_MS) {
      this.#anchorMs = this.now();
      this.#firstUs = timeUs;
    }
    this.#lastUs = timeUs;
    return this.#anchorMs + (timeUs - this.#firstUs) / 1000;
  }

  /** The consumer held the source back for so long: that is not the source's lateness. */
  held(ms: number): void {
    if (this.#anchorMs !== undefined) this.#anchorMs += ms;
  }
}

/** Waits until a moment on the clock of `nowMs()`, or until the signal aborts. */
export function until(dueMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, dueMs - nowMs() - TIMER_LEAD_MS));
    if (signal.aborted) done();
    else signal.addEventListener("abort", done, { once: true });
  });
}
