import assert from "node:assert/strict";
import { parseRegistration } from "../../../config/schema.ts";
import type { StreamRegistration } from "../../core/stream.ts";
import type { Shape } from "./shape.ts";
import { remarks, shapesOf, withShapes } from "./shape_steps.ts";

type Pipeline = StreamRegistration["pipeline"];
const size = { width: 200, height: 100 };
const pipeline = [
  { model: "m" },
  { analyzer: "track" },
  { analyzer: "zones", of: "player", zones: { box: { points: [[0, 0], [0.5, 0], [0.5, 0.5]] } } },
  {
    analyzer: "lines",
    units: "pixels",
    lines: { half: { from: [100, 0], to: [100, 100], directions: ["home", "away"] } },
  },
  { analyzer: "zones", name: "late", zones: { late: { points: [[0, 0], [1, 0], [1, 1]] } } },
] as unknown as Pipeline;

Deno.test("what a pipeline holds is read as shares of the picture, and written back as it was", () => {
  const shapes = shapesOf(pipeline, size);
  assert.deepEqual(shapes.map(({ kind, name, points, step }) => ({ kind, name, points, step })), [
    { kind: "zone", name: "box", points: [[0, 0], [0.5, 0], [0.5, 0.5]], step: 2 },
    { kind: "line", name: "half", points: [[0.5, 0], [0.5, 1]], step: 3 },
    { kind: "zone", name: "late", points: [[0, 0], [1, 0], [1, 1]], step: 4 },
  ]);
  assert.deepEqual(withShapes(pipeline, shapes, size), pipeline);
  parseRegistration({
    id: "a",
    source: { kind: "scene", scene: "pitch" },
    pipeline: withShapes(pipeline, shapes, size),
  });
});

Deno.test("a changed line keeps its directions and its step's options, a step without shapes goes", () => {
  const [box, half] = shapesOf(pipeline, size);
  const changed = withShapes(pipeline, [box, { ...half, points: [[0.25, 0], [0.25, 1]] }], size);
  assert.deepEqual(changed.slice(2), [pipeline[2], {
    analyzer: "lines",
    units: "pixels",
    lines: { half: { from: [50, 0], to: [50, 100], directions: ["home", "away"] } },
  }]);
});

Deno.test("new shapes go to the first step of their kind, or to one that comes with them", () => {
  const mask: Shape = { key: 9, kind: "mask", name: "", points: [[0, 0], [1, 0], [1, 0.1]] };
  const zone: Shape = { key: 10, kind: "zone", name: "new", points: [[0, 0], [1, 0], [1, 1]] };
  const shapes = [...shapesOf(pipeline, size), mask, zone];
  const [motion, , , zones] = withShapes(pipeline, shapes, size) as unknown as Record<string, unknown>[];
  assert.deepEqual(motion, { analyzer: "motion", ignore: [[[0, 0], [1, 0], [1, 0.1]]] });
  assert.deepEqual(Object.keys(zones.zones as object), ["box", "new"]);
  const made = withShapes([{ model: "m" }], [mask, zone], size) as unknown as Record<string, unknown>[];
  assert.deepEqual(made.map(({ analyzer, model }) => analyzer ?? model), ["motion", "m", "zones"]);
  assert.deepEqual(withShapes(made as unknown as Pipeline, [{ ...zone, step: 2 }], size)[0], {
    analyzer: "motion",
    ignore: [],
  }, "motion goes on without masks");
});

Deno.test("what saving means besides is said", () => {
  const zone: Shape = { key: 1, kind: "zone", name: "z", points: [[0, 0], [1, 0], [1, 1]] };
  assert.deepEqual(remarks(pipeline, [zone]), []);
  assert.match(remarks([], [zone])[0], /nothing to count/);
  assert.match(remarks([{ model: "m" }], [zone])[0], /track/);
  assert.match(remarks(pipeline, [{ ...zone, kind: "mask" }])[0], /motion/);
});
