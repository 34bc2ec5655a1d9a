import { nowMs } from "../../src/core/clock.ts";

// A jump of the times larger than this is no pause of the camera but a new beginning.
const JUMP_MS = 10_000;
// Lateness that stays the same for so long, read after read, is the camera's way of counting and not ours of reading.
const WINDOW_MS = 2000;
const SAME_MS = 10;
const STEADY_MS = 100;
// What had to be waited for so long had not come before: it is not our reading that is late. (Segments, cameras that pause.)
const WAITED_MS = 1000;
// So much comes of the network, which is no more even than that.
const UNEVEN_MS = 200;

/** Least and most lateness within a window of time. */
interface Window {
  fromMs: number;
  leastMs: number;
  mostMs: number;
}

/**
 * When the frames of a live source came, though they may be read later: what is not read at once waits in the network's
 * buffers, where nobody sees it. The frame that was read soonest after its own time tells when the others were due.
 */
export class LiveEdge {
  /** From a frame's own time to its coming, milliseconds. */
  #offsetMs: number | undefined;
  #lastMs = 0;
  #window: Window = newWindow(0);
  #before: Window | undefined;

  constructor(private readonly now: () => number = nowMs) {}

  /** When the frame with this decoding time, which is read now after so long a wait for it, came. */
  arrival(timeUs: number, waitedMs = 0): number {
    const now = this.now();
    const timeMs = timeUs / 1000;
    const jumped = Math.abs(timeMs - this.#lastMs) > JUMP_MS;
    this.#lastMs = timeMs;
    const known = this.#offsetMs !== undefined && !jumped && waitedMs < WAITED_MS;
    if (!known || now - timeMs < this.#offsetMs!) this.#settle(now, now - timeMs);
    const lateMs = now - timeMs - this.#offsetMs!;
    this.#window.leastMs = Math.min(this.#window.leastMs, lateMs);
    this.#window.mostMs = Math.max(this.#window.mostMs, lateMs);
    if (now - this.#window.fromMs > WINDOW_MS) this.#judge(now);
    return now - Math.max(0, lateMs - UNEVEN_MS);
  }

  /** A camera that paused, or whose clock goes wrong, is late for ever; one that we read too slowly is ever later. */
  #judge(now: number): void {
    const [window, before] = [this.#window, this.#before];
    const steady = window.mostMs - window.leastMs < STEADY_MS;
    if (steady && before && Math.abs(window.leastMs - before.leastMs) < SAME_MS) {
      return this.#settle(now, this.#offsetMs! + window.leastMs);
    }
    this.#before = steady ? window : undefined;
    this.#window = newWindow(now);
  }

  #settle(now: number, offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#window = newWindow(now);
    this.#before = undefined;
  }
}

function newWindow(fromMs: number): Window {
  return { fromMs, leastMs: Number.POSITIVE_INFINITY, mostMs: 0 };
}
