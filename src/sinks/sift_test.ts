import assert from "node:assert/strict";
import type { AlertEvent } from "../core/events.ts";
import type { ResultEnvelope } from "../core/results.ts";
import { sift } from "./sift.ts";

function result(found: [label: string, score: number][]): ResultEnvelope {
  const detections = found.map(([label, score]) => ({
    box: [0, 0, 1, 1] as [number, number, number, number],
    label,
    classId: 0,
    score,
  }));
  const outputs = { detect: { model: "m", detections }, pulse: { bpm: 60 } };
  return { v: 1, type: "result", stream: "gate", epoch: 1, seq: 1, pts: 0, frame: { width: 1, height: 1 }, outputs };
}

const alert: AlertEvent = { v: 1, type: "alert", stream: "gate", alert: "a", message: "m", at: "2026-01-31T12:00:00Z" };

Deno.test("without a wish everything passes as it is", () => {
  const event = result([]);
  assert.equal(sift({})(event, 0), event);
});

Deno.test("only wanted types pass, and a result only with what is wanted in it; the original stays whole", () => {
  const wanted = sift({ labels: ["person"], minScore: 0.5, types: ["result"] });
  assert.equal(wanted(alert, 0), undefined);
  assert.equal(wanted(result([["cat", 0.9], ["person", 0.4]]), 0), undefined);
  const event = result([["person", 0.9], ["cat", 0.9], ["person", 0.4]]);
  const left = wanted(event, 0) as ResultEnvelope;
  assert.deepEqual(left.outputs, result([["person", 0.9]]).outputs);
  assert.deepEqual(event, result([["person", 0.9], ["cat", 0.9], ["person", 0.4]]));
});

Deno.test("every nth result, and so many a second; alerts are never held back", () => {
  const third = sift({ every: 3 });
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((at) => third(result([]), at) !== undefined), [
    true,
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
  const calm = sift({ maxRate: 10 });
  let passed = 0;
  for (let at = 0; at < 10_000; at += 33) if (calm(result([]), at)) passed++;
  assert.ok(passed >= 90 && passed <= 101, `${passed}`);
  assert.equal(calm(alert, 9_999), alert);
});
