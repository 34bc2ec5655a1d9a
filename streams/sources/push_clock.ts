/** A capture clock that differs by more than this from ours since the frame before is not believed. */
const APART_MS = 10_000;

/** Presentation times of frames that are sent: by the sender's clock where it tells, else by when they arrived. They rise. */
export class PushClock {
  #ptsUs = 0;
  #arrivedAtMs: number | undefined;
  #capturedAtMs: number | undefined;

  /** The time of the next frame. The first one's is zero. */
  ptsUs(arrivedAtMs: number, capturedAtMs?: number): number {
    if (this.#arrivedAtMs !== undefined) {
      const sinceMs = arrivedAtMs - this.#arrivedAtMs;
      const capturedSinceMs = capturedAtMs! - this.#capturedAtMs!;
      const believed = capturedSinceMs > 0 && Math.abs(capturedSinceMs - sinceMs) < APART_MS;
      this.#ptsUs += Math.max(1, Math.round((believed ? capturedSinceMs : sinceMs) * 1000));
    }
    this.#arrivedAtMs = arrivedAtMs;
    this.#capturedAtMs = capturedAtMs;
    return this.#ptsUs;
  }
}
