import assert from "node:assert/strict";
import { ManualTimers } from "../../../tests/support/manual_timers.ts";
import { ChildLog } from "./child_log.ts";

function childLog() {
  const timers = new ManualTimers();
  const lines: string[] = [];
  const log = new ChildLog({ onLine: (line) => lines.push(line), timers });
  const messages = () => lines.splice(0).map((line) => JSON.parse(line).msg as string);
  return { log, timers, lines, messages };
}

Deno.test("what is a line of the log already passes as it is, byte for byte", () => {
  const { log, lines } = childLog();
  const own = [
    `{"time":"2026-01-31T12:00:00.123Z","level":"info","msg":"rtsp://***@cam/1 runs","stream":"gate"}`,
    `{ "level":"error", "msg":"x", "time":"t", "long":"${"x".repeat(5000)}" }`,
  ];
  for (const line of own) log.push(line);
  for (let n = 0; n < 50; n++) log.push(own[0]);
  assert.deepEqual(lines, [...own, ...Array(50).fill(own[0])]);
});

Deno.test("anything else becomes a line of the log", () => {
  const { log, lines } = childLog();
  const foreign = [
    "[h264 @ 0x55d0c0ffee] error while decoding MB 12 4",
    "# Fatal error in , line 0",
    `{"time":1,"level":"info","msg":"no text for a time"}`,
    `{"msg":"rtsp://user:secret@cam/1"}`,
    "{nonsense}",
    "[1]",
  ];
  for (const line of foreign) log.push(line);
  const parsed = lines.map((line) => JSON.parse(line));
  assert.deepEqual(parsed.map(({ level, source }) => [level, source]), foreign.map(() => ["warn", "native"]));
  assert.deepEqual(parsed.map(({ msg }) => msg), foreign.map((line) => line.replace("user:secret@", "***@")));
  for (const { time } of parsed) assert.equal(new Date(time).toISOString(), time);
});

Deno.test("no line of native code lets a password through", () => {
  const { log, messages } = childLog();
  log.push("[rtsp @ 0x1] method DESCRIBE on rtsp://admin:hunter2@10.0.0.7/main failed: 401 Unauthorized");
  log.push("\x1b[0;93mhttps://host/live.m3u8?token=hunter2&quality=high\x1b[m is gone");
  log.push("Authorization: Basic aHVudGVyMjpodW50ZXIy");
  log.push(`{"time":"t","level":"info","msg":"rtsp://a:hunter2@cam`, { cut: true });
  assert.deepEqual(messages(), [
    "[rtsp @ 0x1] method DESCRIBE on rtsp://***@10.0.0.7/main failed: 401 Unauthorized",
    "https://host/live.m3u8?token=***&quality=high is gone",
    "Authorization: ***",
    `{"time":"t","level":"info","msg":"rtsp://***`,
  ]);
});

Deno.test("a message has at most 2,000 characters, and no cut shows half a password", () => {
  const { log, messages } = childLog();
  log.push("x".repeat(2000));
  log.push("y".repeat(2001));
  const password = "hunter2".repeat(10_000);
  for (const before of [0, 10, 1990, 2010, 3980, 3999]) log.push(`${"z".repeat(before)} rtsp://user:${password}@cam/1`);
  const [whole, long, ...secrets] = messages();
  assert.deepEqual([whole, long], ["x".repeat(2000), `${"y".repeat(1999)}…`]);
  assert.equal(secrets.length, 6);
  for (const secret of secrets) assert.ok(secret.length <= 2000 && !/user|hunter/.test(secret), secret.slice(-40));
});

Deno.test("a flood is told in one line a second, with an example and the count, and its beginning in full", async () => {
  const { log, timers, messages } = childLog();
  for (let n = 1; n <= 47; n++) log.push(`[h264 @ 0x55d${n}] error while decoding MB ${n} 4`);
  assert.equal(messages().length, 5);
  await timers.pass(1000);
  assert.deepEqual(messages(), ["42 more like this in the last second: [h264 @ 0x55d47] error while decoding MB 47 4"]);
  for (let n = 1; n <= 9; n++) log.push(`[h264 @ 0x55d${n}] error while decoding MB ${n} 4`);
  log.push("something else");
  assert.deepEqual(messages(), ["something else"]);
  await timers.pass(1000);
  assert.match(messages().join(), /^9 more like this in the last second: [^,]*$/);
  await timers.pass(1000);
  log.push("[h264 @ 0x1] error while decoding MB 1 4");
  assert.deepEqual(messages(), ["[h264 @ 0x1] error while decoding MB 1 4"], "after a quiet second it is news again");
  await timers.pass(2000);
  assert.deepEqual([messages(), timers.pending], [[], 0], "nothing is awaited while nothing comes");
});

Deno.test("lines of ever new kinds are counted past a bound", async () => {
  const { log, timers, messages } = childLog();
  const word = (n: number) => n.toString(2).replaceAll("0", "a").replaceAll("1", "b");
  for (let n = 1; n <= 1000; n++) log.push(word(n));
  assert.equal(messages().length, 100);
  await timers.pass(1000);
  assert.deepEqual(messages(), ["900 more lines of many other kinds in the last second"]);
  log.push(word(2000));
  assert.deepEqual(messages(), [word(2000)]);
});

Deno.test("what was only counted is told at the end", () => {
  const { log, timers, messages } = childLog();
  for (let n = 0; n < 8; n++) log.push("again");
  log[Symbol.dispose]();
  log[Symbol.dispose]();
  assert.deepEqual(messages().slice(5), ["3 more like this in the last second: again"]);
  assert.equal(timers.pending, 0);
});
