import assert from "node:assert/strict";
import { PULSE_REASONS } from "../../core/face_pulse.ts";
import { adviceFor, qualityOf, secondsToGo } from "./advice.ts";

Deno.test("for everything that speaks against a rate there is something to do, except to wait", () => {
  for (const reason of PULSE_REASONS) {
    assert.equal(adviceFor([reason], { fixed: false }).length, reason === "tooShort" ? 0 : 1, reason);
  }
  assert.match(adviceFor(["noFace"], { fixed: true })[0].remedy, /dashed frame/);
  assert.deepEqual(adviceFor(["something new"], { fixed: false }), []);
  assert.deepEqual(adviceFor(["dark", "motion"], { fixed: false }).map(({ what }) => what), [
    "Too dark",
    "The head moves",
  ]);
});

Deno.test("quality is what the analyzer's confidence means, and time runs out only while it is a question of time", () => {
  assert.equal(qualityOf({ bpm: 70, confidence: 0.8, reasons: [] }), "good");
  assert.equal(qualityOf({ bpm: 70, confidence: 0.71, reasons: ["motion"] }), "fair");
  assert.equal(qualityOf({ confidence: 0, reasons: ["lowRate"] }), "low");
  assert.equal(qualityOf({ confidence: 0, reasons: ["tooShort"] }), "none");
  assert.equal(secondsToGo({ windowS: 3.2, reasons: ["tooShort"] }), 7);
  assert.equal(secondsToGo({ windowS: 3.2, reasons: ["noFace"] }), undefined);
  assert.equal(secondsToGo({ windowS: 9, reasons: ["lowRate"] }), undefined);
  assert.equal(secondsToGo({ windowS: 12, reasons: ["weak"] }), undefined);
  assert.equal(secondsToGo({ bpm: 70, windowS: 8, reasons: [] }), undefined);
});
