import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import { Presence } from "./presence.ts";

function seen(...labels: string[]): ResultEnvelope {
  const detections = labels.map((label) => ({
    box: [0, 0, 1, 1] as [number, number, number, number],
    label,
    classId: 0,
    score: 1,
  }));
  const outputs = { detect: { model: "m", detections }, track: { detections }, count: { person: 3 } };
  return { v: 1, type: "result", stream: "gate", epoch: 1, seq: 1, pts: 0, frame: { width: 1, height: 1 }, outputs };
}

Deno.test("a label comes at once, goes only after it was unseen for a while, and is counted calmly", () => {
  const presence = new Presence({ labels: ["person", "cat"], absentMs: 1000, countMs: 500 });
  assert.deepEqual(presence.push(seen("dog"), 0), []);
  assert.deepEqual(presence.push(seen("person", "person"), 100), [{ label: "person", present: true, count: 2 }]);
  assert.deepEqual(presence.push(seen("person"), 200), []);
  assert.deepEqual(presence.push(seen("person", "person", "person"), 600), [{ label: "person", count: 3 }]);
  assert.deepEqual(presence.push(seen(), 700), []);
  assert.ok(presence.busy);
  assert.deepEqual(presence.due(1599), []);
  assert.deepEqual(presence.due(1600), [{ label: "person", present: false, count: 0 }]);
  assert.ok(!presence.busy);
  assert.deepEqual(presence.current(), [
    { label: "person", present: false, count: 0 },
    { label: "cat", present: false, count: 0 },
  ]);
});
