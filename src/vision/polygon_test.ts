import assert from "node:assert/strict";
import type { Point } from "./canvas.ts";
import { insidePolygon, overlapsPolygon, polygonArea, polygonFault } from "./polygon.ts";

const square: Point[] = [[10, 10], [20, 10], [20, 20], [10, 20]];
/** A square with a notch from the right to its middle. */
const notched: Point[] = [[0, 0], [30, 0], [30, 10], [15, 15], [30, 20], [30, 30], [0, 30]];

Deno.test("points are inside or outside, in dents too", () => {
  assert.equal(insidePolygon([15, 15], square), true);
  for (const point of [[5, 15], [25, 15], [15, 5], [15, 25]] as Point[]) {
    assert.equal(insidePolygon(point, square), false);
  }
  assert.equal(insidePolygon([10, 15], notched), true);
  assert.equal(insidePolygon([25, 15], notched), false);
  assert.equal(insidePolygon([25, 5], notched), true);
});

Deno.test("areas that share sides share no point that is counted twice or not at all", () => {
  const left: Point[] = [[0, 0], [10, 0], [10, 10], [0, 10]];
  const right: Point[] = [[10, 0], [20, 0], [20, 10], [10, 10]];
  for (let x = 1; x < 20; x++) {
    for (let y = 1; y < 10; y++) {
      assert.equal(Number(insidePolygon([x, y], left)) + Number(insidePolygon([x, y], right)), 1, `${x} ${y}`);
    }
  }
});

Deno.test("boxes overlap by a corner, by lying inside or around, and by crossing without a corner in either", () => {
  assert.equal(overlapsPolygon([18, 18, 10, 10], square), true);
  assert.equal(overlapsPolygon([12, 12, 2, 2], square), true);
  assert.equal(overlapsPolygon([0, 0, 100, 100], square), true);
  assert.equal(overlapsPolygon([0, 14, 100, 2], square), true);
  assert.equal(overlapsPolygon([21, 10, 5, 5], square), false);
  assert.equal(overlapsPolygon([24, 14, 4, 2], notched), false);
});

Deno.test("an area is its size, whichever way round it is told", () => {
  assert.equal(polygonArea(square), 100);
  assert.equal(polygonArea(square.toReversed()), 100);
});

Deno.test("what is no area is refused with the reason", () => {
  assert.equal(polygonFault(square), undefined);
  assert.equal(polygonFault(notched), undefined);
  assert.equal(polygonFault([[0, 0], [1, 0], [0, 1]]), undefined);
  assert.match(polygonFault([[0, 0], [10, 10], [10, 0], [0, 10]])!, /side from point 0 meets the side from point 2/);
  assert.match(polygonFault([[0, 0], [0, 0], [10, 0], [0, 10]])!, /points 0 and 1 are the same/);
  assert.match(polygonFault([[0, 0], [5, 5], [10, 10]])!, /no area/);
  assert.match(polygonFault([[0, 0], [10, 0], [5, 0], [5, 5]])!, /meets/);
});
