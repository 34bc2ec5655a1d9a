import assert from "node:assert/strict";
import { scaledOutputs } from "./scaled_outputs.ts";
import { shapesIn } from "./shapes_in.ts";

const outputs = {
  detect: {
    model: "m",
    detections: [{ box: [10, 20, 30, 40] as [number, number, number, number], label: "a", classId: 0, score: 1 }],
  },
  area: { gate: { count: 3, entered: 9, points: [[0, 0], [100, 0], [100, 50]] }, events: [{ zone: "gate" }] },
  lines: { half: { in: 4, out: 1, labels: { a: { in: 4, out: 1 } }, from: [50, 0], to: [50, 80] } },
  motion: { moving: true, share: 0.1, regions: [[10, 10, 20, 20]] },
  heatmap: { columns: 2, rows: 1, grid: [0, 255] },
};

Deno.test("shapes are found by their looks, with their counts in their names", () => {
  assert.deepEqual(shapesIn(outputs), {
    zones: [{ name: "gate: 3", points: [[0, 0], [100, 0], [100, 50]] }],
    lines: [{ name: "half: in 4, out 1", from: [50, 0], to: [50, 80] }],
    regions: [[10, 10, 20, 20]],
  });
});

Deno.test("what only looks alike at first sight is left alone", () => {
  const odd = {
    a: { b: { points: "many" }, c: { points: [[1, NaN]] }, d: { from: [1], to: null }, e: null },
    f: { regions: [1] },
  };
  assert.deepEqual(shapesIn(odd as never), { zones: [], lines: [], regions: [] });
});

Deno.test("at another size of the picture everything that lies in it moves along, and nothing else changes", () => {
  const half = scaledOutputs(outputs, 0.5, 0.25) as typeof outputs;
  assert.deepEqual(half.detect.detections[0].box, [5, 5, 15, 10]);
  assert.deepEqual(half.area.gate.points, [[0, 0], [50, 0], [50, 12.5]]);
  assert.deepEqual([half.lines.half.from, half.lines.half.to], [[25, 0], [25, 20]]);
  assert.deepEqual(half.motion.regions, [[5, 2.5, 10, 5]]);
  assert.deepEqual([half.heatmap, half.area.events, half.lines.half.in], [outputs.heatmap, outputs.area.events, 4]);
});
