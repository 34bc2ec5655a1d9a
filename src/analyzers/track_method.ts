import type { Detection } from "../core/results.ts";
import type { TrackStep } from "./track_clock.ts";
import type { Tracked } from "./track_target.ts";

/** A way to tell which detections of successive frames are the same thing. */
export interface TrackMethod {
  /** Folds the detections of one frame in, and answers those that have an identity. */
  push(detections: readonly Detection[], step: TrackStep): Tracked[];
  /** How many with an identity are out of sight and looked for. */
  readonly lost: number;
  /** How many identities there were. */
  readonly total: number;
  /** Forgets all motion; identities go on rising. */
  reset(): void;
}
