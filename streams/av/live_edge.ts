import { nowMs } from "../../src/core/clock.ts";

// A jump of the times larger than this is no pause of the camera but a new beginning.
const JUMP_MS = 10_000;
// What had to be waited for so long had not come before: it is not our reading that is late. (Segments, cameras that pause.)
const WAITED_MS = 1000;
// So much comes of the network, which is no more even than that.
const UNEVEN_MS = 200;
// A thread that was at work for less of a window than this had time to read whatever came.
const WINDOW_MS = 1000;
const BUSY_SHARE = 0.5;

/** How a frame was read. */
export interface Reading {
  /** How long it had to be waited for. */
  waitedMs: number;
  /** The thread's work on frames so far, of whatever stream. */
  workedMs: number;
}

/**
 * When the frames of a live source came, though they may be read later: what is not read at once waits in the network's
 * buffers, where nobody sees it. The frame that was read soonest after its own time tells when the others were due, as
 * long as the thread has its hands full; a camera whose own time goes wrong is late for other reasons.
 */
export class LiveEdge {
  /** From a frame's own time to its coming, milliseconds. */
  #offsetMs: number | undefined;
  #lastMs = 0;
  #windowFromMs = 0;
  #workedFromMs = 0;

  constructor(private readonly now: () => number = nowMs) {}

  /** When the frame with this decoding time, which is read now, came. */
  arrival(timeUs: number, { waitedMs, workedMs }: Reading): number {
    const now = this.now();
    const timeMs = timeUs / 1000;
    const jumped = Math.abs(timeMs - this.#lastMs) > JUMP_MS;
    this.#lastMs = timeMs;
    const known = this.#offsetMs !== undefined && !jumped && waitedMs < WAITED_MS && !this.#hadTime(now, workedMs);
    if (!known || now - timeMs < this.#offsetMs!) this.#offsetMs = now - timeMs;
    const lateMs = now - timeMs - this.#offsetMs!;
    return now - Math.max(0, lateMs - UNEVEN_MS);
  }

  /** Whether a window is over in which the thread had nothing to do for a good part. */
  #hadTime(now: number, workedMs: number): boolean {
    const spanMs = now - this.#windowFromMs;
    if (spanMs < WINDOW_MS) return false;
    const idle = workedMs - this.#workedFromMs < BUSY_SHARE * spanMs;
    this.#windowFromMs = now;
    this.#workedFromMs = workedMs;
    return idle;
  }
}
