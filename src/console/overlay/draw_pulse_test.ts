import assert from "node:assert/strict";
import { pulsesOf } from "./draw_pulse.ts";

Deno.test("where pulses were read is told by some results, and by the others not at all", () => {
  const box = [10, 20, 30, 40], mask = [[10, 20, 40, 20, 25, 60]];
  const pulse = {
    notice: "not a medical device",
    reasons: [],
    faces: [
      { region: box, mask, bpm: 72.4, reasons: [] },
      { region: box, mask, reasons: ["noFace"] },
      { reasons: ["noFace"] },
    ],
  };
  assert.deepEqual(pulsesOf({ pulse }), [{ region: box, mask, bpm: 72.4 }, { region: box }]);
  assert.deepEqual(pulsesOf({ pulse: { reasons: ["noFace"], faces: [] } }), []);
  assert.equal(pulsesOf({ engagement: { faces: [{ heads: {} }], windowS: 1 }, detect: { model: "m" } }), undefined);
});
