import assert from "node:assert/strict";
import type { ResultEnvelope } from "../../core/results.ts";
import { StreamRecord, summaryOf } from "./record.ts";

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
    "2 × player, ball",
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
  const zones = { box: { count: 3, points: [[0, 0], [1, 0], [1, 1]] } };
  assert.equal(summaryOf(result({ detect: { model: "m", detections }, zones })), "2 × player, ball, box: 3");
  assert.equal(
    summaryOf(result({ detect: { model: "m", detections: [] } })),
    "nothing found",
  );
});

Deno.test("Alerts stay, however many results come after them", () => {
  using record = new StreamRecord();
  const alert = (message: string) => ({
    v: 1 as const,
    type: "alert" as const,
    stream: "s",
    alert: "a",
    message,
    at: "",
  });
  record.push(alert("first"));
  for (let seq = 0; seq < 200; seq++) record.push(result({}));
  for (let count = 0; count < 11; count++) record.push(alert(`${count}`));
  assert.deepEqual([record.alerts.value.length, record.alerts.value[0].message, record.alerts.value[11].message], [
    12,
    "10",
    "first",
  ]);
});

Deno.test("An alert from before the page was open stands at its own time, below what has come since", async () => {
  using record = new StreamRecord();
  record.push(result({}));
  const past = new Date(Date.now() - 60_000).toISOString();
  for (const message of ["one", "two"]) {
    record.push({ v: 1, type: "alert", stream: "s", alert: "a", message, at: past });
  }
  record.push(result({}));
  const told = Promise.withResolvers<void>();
  const stop = record.moments.subscribe((moments) => moments.length === 4 && told.resolve());
  await told.promise;
  stop();
  assert.deepEqual(record.moments.value.map(({ event }) => event.type), ["result", "result", "alert", "alert"]);
  assert.equal(record.moments.value[3].atMs, Date.parse(past));
});
