/** How far ahead of its time something may be taken, as a share of the period: frames come when they come. */
const EARLY = 1 / 4;

/**
 * Picks so many a second out of what comes. The schedule advances by the period, not from what was taken, so the rate
 * holds on average whatever the rate of what comes.
 */
export class Cadence {
  fps: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(fps: number) {
    this.fps = fps;
  }

  /** Whether what comes at this time is one to take. */
  takes(atMs: number): boolean {
    const periodMs = 1000 / this.fps;
    const lateMs = atMs - this.#dueMs;
    if (lateMs < -periodMs * EARLY) return false;
    // What comes a whole period late does not make up for what did not come.
    this.#dueMs = lateMs < periodMs ? this.#dueMs + periodMs : atMs + periodMs;
    return true;
  }
}
