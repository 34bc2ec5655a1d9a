import assert from "node:assert/strict";
import { linesSchema } from "../../analyzers/lines.ts";
import { analyzerNamed } from "../../analyzers/registry.ts";
import { areasOf } from "./draw_areas.ts";
import { heatColour, heatOf } from "./draw_heat.ts";

const detect = {
  model: "m",
  detections: [{
    box: [10, 10, 10, 20] as [number, number, number, number],
    label: "a",
    classId: 0,
    score: 1,
    track: 1,
  }],
};
const frame = (outputs: Record<string, never>, ptsUs = 0) => ({
  info: { epoch: 1, seq: 1, ptsUs, arrivalMs: 0 } as never,
  width: 100,
  height: 100,
  outputs: { detect, ...outputs },
});
const said = (kind: string, options: object) => analyzerNamed(kind, options).push(frame({}))!;

Deno.test("what the analyzers say of zones and lines is found in a result by what it is", () => {
  const zones = said("zones", { zones: { box: { points: [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]] } } });
  const lines = said("lines", { lines: { half: { from: [0.5, 0], to: [0.5, 1] } } });
  const { directions } = linesSchema.parse({ lines: { half: { from: [0.5, 0], to: [0.5, 1] } } }).lines.half;
  assert.deepEqual(areasOf({ detect, zones, lines }), [
    { name: "box", kind: "zone", points: [[0, 0], [50, 0], [50, 50], [0, 50]], text: "box: 1" },
    {
      name: "half",
      kind: "line",
      points: [[50, 0], [50, 100]],
      text: `half: ${directions.map((direction) => `0 ${direction}`).join(", ")}`,
    },
  ]);
  assert.deepEqual(
    areasOf({ detect, other: { box: { points: [[0, "x"]], count: 1 }, half: { from: [0], to: null } } }),
    [],
  );
});

Deno.test("a heat map is found, and one that does not fit its own size is none", () => {
  const heatmap = said("heatmap", { columns: 4 });
  assert.deepEqual([heatOf({ detect, heatmap })?.columns, heatOf({ detect })], [4, undefined]);
  assert.equal(heatOf({ heatmap: { ...heatmap, columns: 5 } }), undefined);
  assert.deepEqual(heatColour(0), [48, 18, 96]);
  assert.deepEqual(heatColour(1), [255, 240, 140]);
});
