import assert from "node:assert/strict";
import type { Box } from "../core/results.ts";
import { Corners, iouMatrix, Matrix } from "./iou.ts";

function corners(boxes: readonly Box[], edge?: number): Corners {
  const all = new Corners(1);
  for (const box of boxes) all.push(box, edge);
  return all;
}

Deno.test("each box is compared with each: the same, half, a corner, touching, apart", () => {
  const a = corners([[0, 0, 10, 10], [100, 100, 4, 4]]);
  const b = corners([[0, 0, 10, 10], [0, 0, 10, 5], [5, 5, 10, 10], [10, 0, 10, 10], [102, 102, 4, 4]]);
  const { rows, columns, values } = iouMatrix(a, b);
  assert.deepEqual([rows, columns], [2, 5]);
  assert.deepEqual([...values.slice(0, 10)], [1, 0.5, 25 / 175, 0, 0, 0, 0, 0, 0, 4 / 28]);
});

Deno.test("with an edge the last pixels of a box belong to it", () => {
  const { values } = iouMatrix(corners([[0, 0, 9, 9]], 1), corners([[5, 0, 9, 9], [9, 0, 9, 9]], 1));
  assert.deepEqual([...values.slice(0, 2)], [50 / 150, 10 / 190]);
});

Deno.test("memory that is used again holds nothing of the last time", () => {
  const matrix = new Matrix();
  const all = corners([[0, 0, 10, 10]]);
  iouMatrix(all, all, matrix);
  all.clear();
  all.push([0, 0, 10, 10]);
  all.push([50, 0, 10, 10]);
  assert.deepEqual([...iouMatrix(all, all, matrix).values.slice(0, 4)], [1, 0, 0, 1]);
});

Deno.test("boxes without an area overlap nothing", () => {
  const nothing = corners([[5, 5, 0, 10], [5, 5, 0, 0]]);
  assert.deepEqual([...iouMatrix(nothing, corners([[0, 0, 10, 10], [5, 5, 0, 0]])).values.slice(0, 4)], [0, 0, 0, 0]);
});
