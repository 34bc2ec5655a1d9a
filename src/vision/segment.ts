import type { Point } from "./canvas.ts";

/** A straight line from one point to another. */
export type Segment = readonly [from: Point, to: Point];

/**
 * How far a point lies from the endless line through a segment: positive to the left hand of one who goes along it in
 * a picture, whose y grows downwards.
 */
export function distanceToLine([x, y]: Point, [[fromX, fromY], [toX, toY]]: Segment): number {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  return (alongY * (x - fromX) - alongX * (y - fromY)) / Math.hypot(alongX, alongY);
}

/** Whether two segments have a point in common; touching counts. */
export function segmentsMeet([a, b]: Segment, [c, d]: Segment): boolean {
  const [aSide, bSide] = [turn(c, d, a), turn(c, d, b)];
  const [cSide, dSide] = [turn(a, b, c), turn(a, b, d)];
  if (aSide * bSide < 0 && cSide * dSide < 0) return true;
  return (aSide === 0 && within(a, c, d)) || (bSide === 0 && within(b, c, d)) ||
    (cSide === 0 && within(c, a, b)) || (dSide === 0 && within(d, a, b));
}

/** On which side of the way from `a` to `b` a point lies: −1, 0 or 1. */
function turn([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number {
  return Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
}

/** Whether a point of the endless line through two others lies between them. */
function within([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): boolean {
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
}
