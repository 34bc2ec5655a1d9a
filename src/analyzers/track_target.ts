import type { Box } from "../core/results.ts";
import type { BoxFilter } from "../vision/kalman.ts";

/** Where a target was seen, and when. */
export interface Sighting {
  box: Box;
  atMs: number;
}

/** Something that is followed. */
export interface Target {
  filter: BoxFilter;
  classId: number;
  /** 0 until it is confirmed. */
  identity: number;
  bornMs: number;
  /** Sightings in a row since the first, or since it was last missed. */
  hits: number;
  /** When it was last seen. */
  seenMs: number;
  /** Whether it was missed in the frame before this one. */
  lost: boolean;
  /** Which detection of this frame it is; −1 when none. */
  detection: number;
  /** The latest sightings, oldest first, as far back as its method looks. */
  sightings: Sighting[];
  /** Where it went lately, as a vector of length 1, once it has moved. */
  direction?: readonly [x: number, y: number];
  /** The filter as it was at the last sighting, where its method goes back to it. */
  before?: BoxFilter;
}

/** A confirmed target that is in this frame. */
export interface Tracked {
  identity: number;
  /** Index of its detection. */
  detection: number;
  /** Where the filter holds it to be. */
  box: Box;
}
