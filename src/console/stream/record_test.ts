import assert from "node:assert/strict";
import type { ResultEnvelope } from "../../core/results.ts";
import { summaryOf } from "./record.ts";

const result = (outputs: ResultEnvelope["outputs"]): ResultEnvelope => ({
  v: 1,
  type: "result",
  stream: "s",
  epoch: 1,
  seq: 1,
  pts: 0,
  frame: { width: 1, height: 1 },
  outputs,
});
const found = (label: string) => ({
  box: [0, 0, 1, 1] as [number, number, number, number],
  label,
  classId: 0,
  score: 1,
});

Deno.test("A result is told in few words, most of a kind first", () => {
  const detections = ["ball", "player", "player"].map(found);
  assert.equal(
    summaryOf(result({ detect: { model: "m", detections } })),
    "2 player, 1 ball",
  );
  assert.equal(
    summaryOf(
      result({
        classify: {
          model: "m",
          classes: [{ label: "cat", classId: 1, score: 0.914 }],
        },
      }),
    ),
    "cat 91%",
  );
  assert.equal(
    summaryOf(result({ counter: { counter: 17, list: [1] } })),
    "counter.counter 17",
  );
  assert.equal(
    summaryOf(result({ detect: { model: "m", detections: [] } })),
    "nothing found",
  );
});
