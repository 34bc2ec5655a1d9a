import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";

Deno.test("the map holds the seconds that things were somewhere, whatever the rate of frames", () => {
  for (const fps of [5, 25]) {
    const rig = new AnalyzerRig("heatmap", { columns: 10, everyS: 10 });
    let told;
    for (let n = 0; n <= 10 * fps; n++) {
      told = rig.show(n / fps, { at: [50, 499] }, ...(n > 5 * fps ? [{ at: [950, 20] as [number, number] }] : []));
    }
    assert.deepEqual([told.columns, told.rows, told.maxS, told.totalS], [10, 5, 10, 15]);
    assert.equal(told.grid.length, 50);
    assert.deepEqual([told.grid[40], told.grid[9]], [255, 128]);
    assert.equal(told.grid.filter((level: number) => level > 0).length, 2);
  }
});

Deno.test("it is told now and then only, and goes on through a new epoch", () => {
  const rig = new AnalyzerRig("heatmap", { everyS: 2 });
  const told = Array.from({ length: 50 }, (_, n) => rig.show(n / 10, { at: [50, 50] })).filter(Boolean);
  assert.equal(told.length, 3);
  rig.analyzer.reset();
  let after;
  for (let n = 0; n < 20; n++) after = rig.show(n / 10, { at: [50, 50] }) ?? after;
  assert.ok(after.totalS >= 5, `${after.totalS}`);
});

Deno.test("what was long ago counts less, where that is wanted", () => {
  const rig = new AnalyzerRig("heatmap", { columns: 2, everyS: 10, halfLifeS: 10 });
  for (let n = 0; n <= 10; n++) rig.show(n / 10, { at: [50, 50] });
  let told;
  for (let n = 2; n <= 11; n++) told = rig.show(n) ?? told;
  assert.ok(Math.abs(told.totalS - 0.5) < 0.06, `${told.totalS}`);
});

Deno.test("a long silence is not counted as a stay", () => {
  const rig = new AnalyzerRig("heatmap", { everyS: 0.5 });
  rig.show(0, { at: [50, 50] });
  assert.equal(rig.show(600, { at: [50, 50] }).totalS, 1);
});
