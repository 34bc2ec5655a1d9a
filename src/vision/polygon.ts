import type { Box } from "../core/results.ts";
import type { Point } from "./canvas.ts";
import { segmentsMeet } from "./segment.ts";

/** Whether a point lies in a polygon (even-odd). */
export function insidePolygon([x, y]: Point, points: readonly Point[]): boolean {
  let inside = false;
  for (let index = 0, before = points.length - 1; index < points.length; before = index++) {
    const [x0, y0] = points[before];
    const [x1, y1] = points[index];
    if ((y0 <= y) !== (y1 <= y) && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

/** Whether a box and a polygon have any point in common. */
export function overlapsPolygon([x, y, width, height]: Readonly<Box>, points: readonly Point[]): boolean {
  if (points.some(([px, py]) => px >= x && px <= x + width && py >= y && py <= y + height)) return true;
  const corners: Point[] = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
  if (corners.some((corner) => insidePolygon(corner, points))) return true;
  return corners.some((corner, side) =>
    points.some((point, index) => segmentsMeet([corner, corners[(side + 1) % 4]], [point, next(points, index)]))
  );
}

/** The area of a polygon that does not cross itself. */
export function polygonArea(points: readonly Point[]): number {
  const doubled = points.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = next(points, index);
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

/** What is wrong with a polygon, for people; undefined when nothing is. */
export function polygonFault(points: readonly Point[]): string | undefined {
  for (let index = 0; index < points.length; index++) {
    const [x, y] = points[index];
    const [nextX, nextY] = next(points, index);
    if (x === nextX && y === nextY) return `points ${index} and ${(index + 1) % points.length} are the same`;
  }
  const last = points.length - 1;
  for (let one = 0; one <= last; one++) {
    for (let other = one + 2; other <= last; other++) {
      if (one === 0 && other === last) continue;
      const sides = [[points[one], next(points, one)], [points[other], next(points, other)]] as const;
      if (segmentsMeet(...sides)) return `the side from point ${one} meets the side from point ${other}`;
    }
  }
  // A millionth of the square around it is a line that somebody took for an area.
  const spanX = span(points.map(([x]) => x));
  const spanY = span(points.map(([, y]) => y));
  if (polygonArea(points) <= 1e-6 * Math.max(spanX, spanY) ** 2) return "it has no area";
  return undefined;
}

function next(points: readonly Point[], index: number): Point {
  return points[(index + 1) % points.length];
}

function span(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
