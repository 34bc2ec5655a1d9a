import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzerNamed } from "./registry.ts";

const at = [100, 100] as [number, number];

Deno.test("a person is there by the best box, in the words of a person service", () => {
  const rig = new AnalyzerRig("presence", { of: "person" });
  assert.deepEqual(rig.show(0, { at, score: 0.4 }), {
    has_person: false,
    person: 0.4,
    no_person: 0.6,
    sinceS: 0,
    appearances: 0,
  });
  const there = rig.show(1, { at, score: 0.4 }, { at, score: 0.91 }, { at, score: 0.99, label: "car" });
  assert.deepEqual([there.has_person, there.person, there.no_person, there.changed], [true, 0.91, 0.09, "appeared"]);
});

Deno.test("the answer does not flicker: a lower score keeps it, a moment without does too", () => {
  const rig = new AnalyzerRig("presence", { threshold: 0.6, offThreshold: 0.3, onMs: 200, offMs: 1000 });
  const said = (time: number, score: number) => rig.show(time, { at, score }).has_person;
  assert.deepEqual([said(0, 0.7), said(0.1, 0.2), said(0.2, 0.7), said(0.3, 0.7)], [false, false, false, false]);
  assert.deepEqual([said(0.4, 0.7), said(1, 0.4), said(2, 0.1), said(2.9, 0.2)], [true, true, true, true]);
  assert.deepEqual([said(2.95, 0.35), said(3, 0.1), said(3.9, 0.1), said(4, 0.1)], [true, true, true, false]);
  assert.equal(rig.show(5).sinceS, 1);
});

Deno.test("classes count as well, and several labels as one", () => {
  const outputs = {
    classify: { model: "c", classes: [{ label: "tabby cat", score: 0.4 }, { label: "tiger cat", score: 0.35 }] },
  };
  const cat = new AnalyzerRig("presence", { of: ["tabby cat", "tiger cat"], as: "cat" }).push(0, outputs);
  assert.deepEqual([cat.has_cat, cat.cat, cat.no_cat], [true, 0.75, 0.25]);
  const tabby = new AnalyzerRig("presence", { of: "classify.tabby cat" }).push(0, outputs);
  assert.deepEqual([tabby.has_tabby_cat, tabby.tabby_cat], [false, 0.4]);
});

Deno.test("how often it came lives on in a new epoch; whether it is there does not", () => {
  const rig = new AnalyzerRig("presence");
  assert.equal(rig.show(0, { at }).appearances, 1);
  rig.analyzer.reset();
  assert.deepEqual([rig.show(0).has_person, rig.show(1, { at }).appearances], [false, 2]);
});

Deno.test("without a model before it the output says what is missing, and thresholds must fit", () => {
  assert.equal(new AnalyzerRig("presence").push(0, {}).needs, "detections");
  assert.throws(() => analyzerNamed("presence", { threshold: 0.4, offThreshold: 0.5 }), /not be more than threshold/);
});
