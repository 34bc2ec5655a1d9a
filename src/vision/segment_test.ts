import assert from "node:assert/strict";
import { distanceToLine, segmentsMeet } from "./segment.ts";

Deno.test("left of a line to the right is up, left of a line downwards is to the right", () => {
  assert.equal(distanceToLine([5, -3], [[0, 0], [10, 0]]), 3);
  assert.equal(distanceToLine([5, 3], [[0, 0], [10, 0]]), -3);
  assert.equal(distanceToLine([4, 5], [[0, 0], [0, 10]]), 4);
});

Deno.test("segments meet when they cross, touch or lie on each other, not when only their lines would", () => {
  assert.equal(segmentsMeet([[0, 0], [10, 10]], [[0, 10], [10, 0]]), true);
  assert.equal(segmentsMeet([[0, 0], [10, 0]], [[5, 0], [5, 9]]), true);
  assert.equal(segmentsMeet([[0, 0], [10, 0]], [[4, 0], [20, 0]]), true);
  assert.equal(segmentsMeet([[0, 0], [10, 0]], [[11, 0], [20, 0]]), false);
  assert.equal(segmentsMeet([[0, 0], [10, 0]], [[12, -5], [12, 5]]), false);
});
