import type { CameraShift } from "../vision/camera_motion.ts";

/** How far a tracker's world has come. */
export interface TrackStep {
  /** Time since the clock's start. */
  nowMs: number;
  /** Time since the step before; 0 at the first. */
  elapsedMs: number;
  /** The unit in which motion and its noise are counted. */
  intervalMs: number;
  /** How the camera has moved meanwhile, in source pixels, where that is known. */
  camera?: CameraShift;
}

/** Turns presentation times into true steps of time, whichever frames were dropped. */
export class TrackClock {
  #nowMs = 0;
  #ptsUs: number | undefined;

  constructor(private readonly intervalMs: number) {}

  /** The step from the frame before to this one. */
  push(ptsUs: number): TrackStep {
    const { intervalMs } = this;
    const gapMs = this.#ptsUs === undefined ? 0 : (ptsUs - this.#ptsUs) / 1000;
    // Time that stands still or runs backwards is a fault of the stream: the frames follow each other all the same.
    const elapsedMs = this.#ptsUs === undefined || gapMs > 0 ? gapMs : intervalMs;
    this.#ptsUs = ptsUs;
    this.#nowMs += elapsedMs;
    return { nowMs: this.#nowMs, elapsedMs, intervalMs };
  }

  /** Forgets where it was: the next frame is a first one. */
  reset(): void {
    this.#ptsUs = undefined;
  }
}
