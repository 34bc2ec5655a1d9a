import assert from "node:assert/strict";
import { contours } from "./contours.ts";
import { ringArea, simplifyRing } from "./rings.ts";

const line = (count: number) => Array.from({ length: count }, (_, i) => i);
const fieldOf = (side: number, value: (x: number, y: number) => number) => ({
  xs: line(side),
  ys: line(side),
  values: line(side * side).map((at) => value(at % side, Math.floor(at / side))),
});
const area = (rings: number[][]) => rings.reduce((sum, ring) => sum + ringArea(ring), 0);

Deno.test("a disc's outline lies between the grid's points, clockwise", () => {
  const rings = contours(fieldOf(41, (x, y) => 12.3 - Math.hypot(x - 20.2, y - 19.7)));
  assert.equal(rings.length, 1);
  for (let i = 0; i < rings[0].length; i += 2) {
    const radius = Math.hypot(rings[0][i] - 20.2, rings[0][i + 1] - 19.7);
    assert.ok(Math.abs(radius - 12.3) < 0.05, `${radius}`);
  }
  assert.ok(Math.abs(area(rings) / (Math.PI * 12.3 ** 2) - 1) < 0.01);
});

Deno.test("a hole has a ring of its own that runs the other way", () => {
  const rings = contours(fieldOf(41, (x, y) => 5 - Math.abs(Math.hypot(x - 20, y - 20) - 12)));
  assert.equal(rings.length, 2);
  assert.deepEqual(rings.map((ring) => Math.sign(ringArea(ring))).sort(), [-1, 1]);
  assert.ok(Math.abs(area(rings) / (Math.PI * (17 ** 2 - 7 ** 2)) - 1) < 0.02);
});

Deno.test("what goes beyond the grid is cut at its edge", () => {
  assert.deepEqual(contours(fieldOf(3, () => -1)), []);
  const [ring] = contours({ xs: [2, 5, 9], ys: [1, 4], values: [1, 1, 1, 1, 1, 1] });
  assert.ok(Math.abs(ringArea(ring) - 7 * 3) < 1e-6);
  assert.deepEqual([Math.min(...ring), Math.max(...ring)], [1, 9]);
});

Deno.test("two corners that touch in a cell's middle are one or two by the middle's sign", () => {
  const checks = (middle: number) => ({ xs: [0, 1], ys: [0, 1], values: [1, middle, middle, 1] });
  assert.equal(contours(checks(-0.5)).length, 1);
  assert.equal(contours(checks(-2)).length, 2);
});

Deno.test("every crossing belongs to one closed ring, whatever the field", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5;
  for (let round = 0; round < 50; round++) {
    const rings = contours(fieldOf(9, random));
    assert.ok(rings.every((ring) => ring.length >= 6 && ring.every(Number.isFinite)));
    assert.ok(area(rings) >= 0 && area(rings) <= 64);
  }
});

Deno.test("a simpler ring keeps its corners and leaves out no point further than the tolerance", () => {
  const square = [0, 0, 5, 0.1, 10, 0, 10, 5, 10, 10, 5, 9.9, 0, 10, 0, 5];
  assert.deepEqual(simplifyRing(square, 0.5), [0, 0, 10, 0, 10, 10, 0, 10]);
  assert.deepEqual(simplifyRing(square, 0), square.slice(0, 6).concat([10, 10, 5, 9.9, 0, 10]));
  assert.deepEqual(simplifyRing([0, 0, 1, 1, 0, 2], 9), [0, 0, 1, 1, 0, 2]);
});
