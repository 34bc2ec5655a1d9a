import assert from "node:assert/strict";
import { LiveFigures } from "./live_figures.ts";

Deno.test("Figures are of full seconds, and a result that comes twice counts once", () => {
  let nowS = 100;
  const figures = new LiveFigures(() => nowS);
  assert.equal(figures.fps, undefined);
  for (let seq = 0; seq < 20; seq++) {
    nowS = 100 + seq / 10;
    figures.push({ epoch: 1, seq, ageMs: seq < 10 ? 40 : 60 });
    figures.push({ epoch: 1, seq, ageMs: 1000 });
  }
  nowS = 102;
  assert.equal(figures.fps, 10);
  assert.equal(figures.ageMs, 60);
  assert.deepEqual(figures.seconds.slice(-2), [
    { atS: 100, results: 10, ageMs: 40 },
    { atS: 101, results: 10, ageMs: 60 },
  ]);
  assert.deepEqual(figures.seconds[0], { atS: 42, results: 0 });
  nowS = 120;
  assert.equal(figures.fps, 0, "a stream that has fallen silent has no rate");
});
