import assert from "node:assert/strict";
import {
  corner,
  freeName,
  moved,
  type Shape,
  shapeInMiddle,
  withoutPoint,
  withPoint,
  withPointAfter,
} from "./shape.ts";

const zone: Shape = { key: 1, kind: "zone", name: "zone 1", points: [[0, 0], [0.5, 0], [0.5, 0.5]] };
const line: Shape = { key: 2, kind: "line", name: "line 1", points: shapeInMiddle("line") };

Deno.test("points are moved, put between others and taken away, but never so many that nothing is left", () => {
  assert.deepEqual(withPoint(zone, 1, corner(1.2, -1)).points[1], [1, 0]);
  assert.deepEqual(withPointAfter(zone, 2).points, [[0, 0], [0.5, 0], [0.5, 0.5], [0.25, 0.25]]);
  assert.deepEqual(withoutPoint(withPointAfter(zone, 2), 3)?.points, zone.points);
  assert.equal(withoutPoint(zone, 0), undefined);
  assert.equal(withPointAfter(line, 0), line, "a line has two ends");
  assert.equal(withoutPoint(line, 0), undefined);
});

Deno.test("a shape that is moved keeps its form at the edges of the picture", () => {
  assert.deepEqual(moved(zone, [0.9, -0.3]).points, [[0.5, 0], [1, 0], [1, 0.5]]);
});

Deno.test("a new shape has a name of its own", () => {
  assert.equal(freeName("zone", [zone, { ...zone, name: "zone 3" }]), "zone 2");
  assert.equal(freeName("line", [zone]), "line 1");
  assert.equal(freeName("mask", []), "");
});
