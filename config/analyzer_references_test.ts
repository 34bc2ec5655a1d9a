import assert from "node:assert/strict";
import { ConfigError } from "./issues.ts";
import { parseRegistration } from "./schema.ts";

function faults(...pipeline: Record<string, unknown>[]): string[] {
  try {
    parseRegistration({ id: "a", source: { kind: "file", path: "a.mp4" }, pipeline });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const zones = { analyzer: "zones", zones: { box: { points: [[0, 0], [1, 0], [1, 1]] } } };
const alert = (when: string) => ({ analyzer: "alert", when });

Deno.test("analyzers may look at what comes before them, by whatever name it has", () => {
  assert.deepEqual(
    faults({ model: "m" }, { analyzer: "track", on: "detect" }, zones, alert("zones.box.count > 3")),
    [],
  );
  assert.deepEqual(faults({ model: "m", name: "yolo.v8" }, { analyzer: "presence", of: "yolo.v8.person" }), []);
  assert.deepEqual(faults({ model: "m" }, { analyzer: "presence", of: ["St. Bernard", "detect.dog"] }), []);
  assert.deepEqual(faults({ model: "m" }, { ...zones, name: "area" }, alert('outputs["area"].box.count > 1')), []);
});

Deno.test("a step that is not there, or comes later, is refused where it is named", () => {
  assert.deepEqual(faults({ model: "m", name: "cars" }, { analyzer: "track", on: "car" }), [
    "pipeline[1].on: no step before is called car; there are: cars",
  ]);
  assert.deepEqual(faults({ model: "m" }, { ...zones, of: ["person", "detcet.car"] }), [
    "pipeline[1].of[1]: no step before is called detcet.car; there are: that of m",
  ]);
  assert.deepEqual(faults({ model: "m" }, alert("zones.box.count > 3 || zones.box.left > 1"), zones), [
    "pipeline[1].when: step zones does not come before this one; there are: that of m",
  ]);
  assert.deepEqual(faults({ model: "m" }, zones, alert("zones.bxo.count > 3 || zones.bxo.left > 1")), [
    "pipeline[2].when: step zones says nothing of bxo; it tells of: box, events, needs",
  ]);
  assert.deepEqual(faults({ ...alert("true"), message: "{zone.count}" }), [
    "pipeline[0].message: no step before is called zone; this is the first step",
  ]);
});

Deno.test("an option that does not fit is told where it stands in the pipeline", () => {
  assert.match(faults({ model: "m" }, alert("zones.box.count >"))[0], /^pipeline\[1\]\.when: expected a value/);
  const crossed = { analyzer: "zones", zones: { box: { points: [[0, 0], [1, 1], [1, 0], [0, 1]] } } };
  assert.match(faults({ model: "m" }, crossed)[0], /^pipeline\[1\]\.zones\.box\.points: not an area/);
});
