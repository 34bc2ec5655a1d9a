import type { Point } from "../vision/canvas.ts";
import { distanceToLine, type Segment, segmentsMeet } from "../vision/segment.ts";

/** One track's way past one line. */
export interface Passage {
  at: Point;
  seenMs: number;
  /** The side it is on for sure: 1 to the left hand of the line, −1 to the right; 0 while it is not known. */
  side: number;
  /** Whether it went through the line itself, or past its ends, when it last changed sides. */
  through: boolean;
}

/** Begins a way past a line. */
export function passageFrom(
  at: Point,
  line: Segment,
  { marginPx, nowMs }: { marginPx: number; nowMs: number },
): Passage {
  return { at, seenMs: nowMs, side: settledSide(distanceToLine(at, line), marginPx), through: false };
}

/**
 * Goes on to the next place. Answers 1 when the line has been crossed towards its left hand, −1 towards its right, else 0.
 * Whoever dawdles on the line has crossed it once they are clear of it on the other side, and only once.
 */
export function passOn(
  passage: Passage,
  at: Point,
  line: Segment,
  { marginPx, nowMs }: { marginPx: number; nowMs: number },
): number {
  const distance = distanceToLine(at, line);
  if (Math.sign(distanceToLine(passage.at, line)) !== Math.sign(distance)) {
    passage.through = segmentsMeet([passage.at, at], line);
  }
  passage.at = at;
  passage.seenMs = nowMs;
  const side = settledSide(distance, marginPx);
  if (side === 0 || side === passage.side) return 0;
  const crossed = passage.side !== 0 && passage.through;
  passage.side = side;
  return crossed ? side : 0;
}

function settledSide(distance: number, marginPx: number): number {
  return Math.abs(distance) > marginPx ? Math.sign(distance) : 0;
}
