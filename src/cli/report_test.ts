import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import type { StateEvent, StreamStatus } from "../core/stream.ts";
import { formatBytes, formatCounts, formatDuration, formatMs } from "./format.ts";
import { progressBar, progressOf, statusLine } from "./progress.ts";
import { reportText, Tally } from "./report.ts";

const NONE = { count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };
const DROPPED = { sampled: 0, skipped: 0, stale: 3, overflow: 0, undecodable: 0, failed: 12, stopped: 0 };
const STATUS: StreamStatus = {
  atMs: 0,
  id: "gate",
  state: "stopped",
  sinceMs: 0,
  epoch: 1,
  restarts: 0,
  frames: { received: 115, completed: 100, dropped: DROPPED, inFlight: 0, decoded: 100, unaccounted: 0 },
  fpsIn: 25,
  fpsOut: 20,
  age: { ...NONE, count: 100, p50: 41, p95: 52, p99: 60, max: 61 },
  timings: { decodeMs: NONE, queueMs: NONE, prepareMs: NONE, inferMs: { ...NONE, count: 100, p50: 31 }, postMs: NONE },
  memoryBoundBytes: 1,
};

const result = (seq: number, inferMs: number): ResultEnvelope => ({
  v: 1,
  type: "result",
  stream: "gate",
  epoch: 1,
  seq,
  pts: seq / 25,
  frame: { width: 1, height: 1 },
  timings: { decodeMs: 1, queueMs: 1, prepareMs: 1, inferMs, postMs: 1 },
  outputs: {},
});

const state = (state: StateEvent["state"], message?: string): StateEvent => ({
  v: 1,
  type: "state",
  stream: "gate",
  state,
  previous: "connecting",
  at: "",
  epoch: 1,
  restarts: 0,
  ...(message && { cause: { code: "failed", message } }),
});

Deno.test("a report tells rates over the time the stream ran, and recent inference apart from the average", () => {
  let now = 1000;
  const tally = new Tally("rtsp://gate/", () => now);
  now = 3000;
  tally.pushState(state("running"));
  for (let seq = 1; seq <= 100; seq++) tally.pushResult(result(seq, 10));
  for (let seq = 101; seq <= 200; seq++) tally.pushResult(result(seq, 30));
  now = 13_000;
  tally.pushState(state("stopped"));
  now = 99_000;
  const report = tally.report(STATUS);
  assert.equal(report.elapsedMs, 10_000);
  assert.equal(report.overallFps, 11.5);
  assert.equal(report.effectiveFps, 10);
  assert.deepEqual(report.inference, { count: 200, mean: 20, recent: 30, min: 10, max: 30 });
});

Deno.test("a report gathers what went wrong and how often, and never more than a few kinds", () => {
  const tally = new Tally("gate", () => 0);
  for (let n = 0; n < 3; n++) tally.pushState(state("backoff", "Cannot open rtsp://gate/: refused"));
  const fault = { cause: "failed" as const, message: "the model threw", atMs: 0, count: 12 };
  assert.deepEqual(tally.report({ ...STATUS, fault }).errors, [
    { message: "Cannot open rtsp://gate/: refused", count: 3 },
    { message: "the model threw", count: 12 },
  ]);
  for (let n = 0; n < 100; n++) tally.pushState(state("backoff", `fault ${n}`));
  assert.ok(tally.report(STATUS).errors.length <= 10);
});

Deno.test("a report as text names every figure", () => {
  const tally = new Tally("rtsp://gate/", () => 5000);
  tally.pushResult(result(1, 12.345));
  const text = reportText(tally.report(STATUS));
  assert.match(text, /^gate \(rtsp:\/\/gate\/\)$/m);
  assert.match(text, /115 received, 100 completed, 15 dropped$/m);
  assert.match(text, /dropped +12 failed, 3 stale$/m);
  assert.match(text, /12\.3 ms average, 12\.3 ms recent, 12\.3 ms – 12\.3 ms min–max/);
  assert.match(text, /41\.0 ms p50, 52\.0 ms p95, 60\.0 ms p99, 61\.0 ms max/);
  assert.match(text, /errors +none/);
});

Deno.test("a frame that is not accounted for is said loudly", () => {
  const frames = { ...STATUS.frames, unaccounted: 1 };
  assert.match(reportText(new Tally("gate", () => 0).report({ ...STATUS, frames })), /1 UNACCOUNTED/);
});

Deno.test("progress follows the frames, the presentation time or the time given, whichever ends first", () => {
  const properties = { codec: "h264", width: 1, height: 1, live: false, intraOnly: false };
  const of = (extra: object, options: object) =>
    progressOf({ ...STATUS, properties: { ...properties, ...extra } }, { elapsedMs: 2000, ...options });
  assert.deepEqual(of({ frames: 230 }, {}), { share: 0.5, remainingMs: 2000 });
  assert.deepEqual(of({ durationMs: 10_000 }, { lastPts: 2.5 }), { share: 0.25, remainingMs: 6000 });
  assert.deepEqual(of({ frames: 230 }, { durationMs: 2500 })!.share, 0.8);
  assert.equal(of({ frames: 230 }, { loop: true }), undefined);
  assert.equal(of({}, {}), undefined);
  assert.equal(progressOf(STATUS, { elapsedMs: 1 }), undefined);
});

Deno.test("a status line says how the stream fares", () => {
  const line = statusLine({ ...STATUS, state: "running" }, { share: 0.5, remainingMs: 61_000 });
  for (const part of ["gate", "running", " 50%", "ETA 1m 01s", "25.0 fps in", "20.0 out", "p95", "12 failed"]) {
    assert.ok(line.includes(part), `${part} in ${line}`);
  }
  const narrow = statusLine({ ...STATUS, state: "running" }, { share: 0.5, remainingMs: 61_000 }, 59);
  assert.ok(narrow.length <= 59 && narrow.startsWith("gate  running  [###---]  50%  ETA 1m 01s  20.0 fps"), narrow);
  const cause = { code: "refused", message: "Cannot open rtsp://gate/: refused" };
  assert.match(statusLine({ ...STATUS, state: "backoff", cause }), /backoff \(Cannot open rtsp:\/\/gate\/: refused\)/);
  assert.equal(progressBar({ share: 1 }, 4), "[####] 100%");
});

Deno.test("figures are short and carry their unit", () => {
  assert.deepEqual([0.1234, 42.26, 1204.4].map(formatMs), ["0.12 ms", "42.3 ms", "1204 ms"]);
  assert.deepEqual([950, 12_300, 187_000, 3_720_000].map(formatDuration), ["0.9s", "12s", "3m 07s", "1h 02m"]);
  assert.deepEqual([512, 3_400_000, 120_000_000].map(formatBytes), ["512 B", "3.4 MB", "120 MB"]);
  assert.equal(formatCounts({ a: 0 }), "none");
});
