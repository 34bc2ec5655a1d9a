import { nowMs } from "../src/core/clock.ts";
import type { Arrival } from "../src/core/source.ts";

/** So much lateness may come of a busy moment; decoding catches up by itself. */
const MOMENT_MS = 250;
/** However late everything comes, a picture is shown this often. */
const SHOWN_EVERY_MS = 1000;
/** Where passing frames over for so long makes nothing less late, it is left alone for a while. */
const LEFT_ALONE_MS = 60_000;

/**
 * Notices that decoding cannot keep up with a source that does not wait. Once frames are late by more than the time
 * between key frames, the next key frame is there already: skipping to it loses nothing that is still to come, and
 * lateness stays within that time instead of growing.
 */
export class Lag {
  #skipping = false;
  #shownAtMs = 0;
  /** How late it was when the passing over began, and from when on it may begin again. */
  #lateFromMs = 0;
  #againAtMs = 0;

  /** Whether this frame is passed over on the way to a key frame that is less late. */
  skips({ role, arrivedAtMs }: Pick<Arrival, "role" | "arrivedAtMs">, keyIntervalMs: number): boolean {
    const now = nowMs();
    const lateMs = now - arrivedAtMs;
    if (!this.#skipping) this.#begin(now, lateMs, keyIntervalMs);
    else if (role === "key") this.#goOn(now, lateMs, keyIntervalMs);
    if (!this.#skipping) this.#shownAtMs = now;
    return this.#skipping;
  }

  #begin(now: number, lateMs: number, keyIntervalMs: number): void {
    if (lateMs <= Math.max(keyIntervalMs, MOMENT_MS) || now < this.#againAtMs) return;
    this.#skipping = true;
    this.#lateFromMs = lateMs;
  }

  #goOn(now: number, lateMs: number, keyIntervalMs: number): void {
    if (lateMs > keyIntervalMs && now - this.#shownAtMs < SHOWN_EVERY_MS) return;
    this.#skipping = false;
    // Lateness that stays without any decoding is the source's own.
    if (lateMs >= this.#lateFromMs) this.#againAtMs = now + LEFT_ALONE_MS;
  }

  /** The source starts anew. */
  reset(): void {
    this.#skipping = false;
    this.#againAtMs = 0;
  }
}
