import { nowMs } from "../src/core/clock.ts";
import type { Arrival } from "../src/core/source.ts";

/** So much lateness may come of a busy moment; decoding catches up by itself. */
const MOMENT_MS = 250;
/** However late everything comes, a picture is shown this often. */
const SHOWN_EVERY_MS = 1000;

/**
 * Notices that decoding cannot keep up with a source that does not wait. Once frames are late by more than the time
 * between key frames, the next key frame is there already: skipping to it loses nothing that is still to come, and
 * lateness stays within that time instead of growing.
 */
export class Lag {
  #skipping = false;
  #shownAtMs = 0;

  /** Whether this frame is passed over on the way to a key frame that is less late. */
  skips({ role, arrivedAtMs }: Pick<Arrival, "role" | "arrivedAtMs">, keyIntervalMs: number): boolean {
    const now = nowMs();
    const lateMs = now - arrivedAtMs;
    if (!this.#skipping) this.#skipping = lateMs > Math.max(keyIntervalMs, MOMENT_MS);
    else if (role === "key") this.#skipping = lateMs > keyIntervalMs && now - this.#shownAtMs < SHOWN_EVERY_MS;
    if (!this.#skipping) this.#shownAtMs = now;
    return this.#skipping;
  }

  /** The source starts anew. */
  reset(): void {
    this.#skipping = false;
  }
}
