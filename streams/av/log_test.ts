import assert from "node:assert/strict";
import { AV_LOG_ERROR, AV_LOG_INFO } from "node-av/constants";
import { Log } from "node-av/lib";
import { captureNativeLogs, LogSummary, type NativeLogEntry } from "./log.ts";

Deno.test("repeated faults are told once and then counted", () => {
  const entries: NativeLogEntry[] = [];
  const summary = new LogSummary((entry) => entries.push({ ...entry }), 60_000);
  summary.push("error", "error while decoding MB 3 7");
  for (let index = 0; index < 42; index++) summary.push("error", `error while decoding MB ${index} 9`);
  summary.push("warning", "another thing");
  summary.push("error", "");
  assert.equal(entries.length, 2);
  summary.flush();
  assert.deepEqual(entries[2], { level: "error", message: "error while decoding MB 41 9", repeated: 42 });
  assert.equal(entries.length, 3);
  summary.push("error", "error while decoding MB 1 1");
  assert.equal(entries.length, 4, "a new interval tells the first one again");
  summary[Symbol.dispose]();
});

Deno.test("a flood of different messages keeps the memory bounded", () => {
  const entries: NativeLogEntry[] = [];
  const summary = new LogSummary((entry) => entries.push({ ...entry }), 60_000);
  const word = (index: number) => [...String(index)].map((digit) => "abcdefghij"[Number(digit)]).join("");
  for (let index = 0; index < 1000; index++) summary.push("error", `fault ${word(index)}`);
  assert.equal(entries.length, 65);
  summary.flush();
  assert.equal(entries.at(-1)!.repeated, 1000 - 65);
  summary[Symbol.dispose]();
});

Deno.test("native messages are caught, without credentials and below the asked level", async () => {
  const entries: NativeLogEntry[] = [];
  const caught = Promise.withResolvers<void>();
  using _capture = captureNativeLogs((entry) => {
    entries.push(entry);
    caught.resolve();
  });
  Log.log(AV_LOG_INFO, "nothing to see");
  Log.log(AV_LOG_ERROR, "cannot reach rtsp://admin:hunter2@10.0.0.7/main?token=abc\n");
  await caught.promise;
  assert.deepEqual(entries, [
    { level: "error", message: "cannot reach rtsp://***@10.0.0.7/main?token=***", repeated: 0 },
  ]);
});
