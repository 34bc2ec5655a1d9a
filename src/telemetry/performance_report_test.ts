import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import type { StateEvent, StreamStatus } from "../core/stream.ts";
import type { LogFields } from "./log_fields.ts";
import { PerformanceReport } from "./performance_report.ts";

const NONE = { count: 0, mean: 0, min: 0, p50: 0, p95: 0, p99: 0, max: 0 };

function statusOf(received: number, completed: number, extra: Partial<StreamStatus> = {}): StreamStatus {
  return {
    id: "gate",
    atMs: 0,
    state: "running",
    sinceMs: 0,
    epoch: 1,
    restarts: 2,
    frames: {
      received,
      completed,
      dropped: { sampled: 0, skipped: 0, stale: 5, overflow: 0, undecodable: 1, failed: 2, stopped: 0 },
      inFlight: 1,
      decoded: 0,
      unaccounted: 0,
    },
    fpsIn: 25,
    fpsOut: 20.004,
    age: { ...NONE, count: 9, p50: 40, p95: 50, max: 61 },
    timings: { decodeMs: NONE, queueMs: NONE, prepareMs: NONE, inferMs: NONE, postMs: NONE },
    memoryBoundBytes: 1,
    ...extra,
  };
}

function resultOf(inferMs: number): ResultEnvelope {
  const timings = { decodeMs: 1, queueMs: 1, prepareMs: 1, inferMs, postMs: 1 };
  const frame = { width: 1, height: 1 };
  return { v: 1, type: "result", stream: "gate", epoch: 1, seq: 1, pts: 1, frame, timings, outputs: {} };
}

const RUNNING: StateEvent = {
  v: 1,
  type: "state",
  stream: "gate",
  state: "running",
  previous: "connecting",
  at: "",
  epoch: 1,
  restarts: 0,
};

/** A report of one stream, the lines that it wrote, and its clock. */
function desk() {
  const here = {
    now: 0,
    streams: [] as { id: string; status?: StreamStatus }[] | Error,
    lines: [] as LogFields[],
  };
  const report = new PerformanceReport({
    log: { report: (_, fields) => here.lines.push(fields) },
    streams: () => here.streams instanceof Error ? Promise.reject(here.streams) : Promise.resolve(here.streams),
    everyMs: 0,
    now: () => here.now,
  });
  return Object.assign(here, { report });
}

Deno.test("a line tells rates over the time that the stream ran, inference times and the rate of errors", async () => {
  const it = desk();
  it.now = 1000;
  it.report.state(RUNNING);
  for (let n = 0; n < 100; n++) it.report.result(resultOf(10));
  for (let n = 0; n < 100; n++) it.report.result(resultOf(30));
  it.now = 11_000;
  it.streams = [{ id: "gate", status: statusOf(300, 200) }];
  await it.report.write();
  assert.deepEqual(it.lines, [{
    stream: "gate",
    state: "running",
    seconds: 10,
    frames: { received: 300, completed: 200, dropped: 8, inFlight: 1 },
    overallFps: 30,
    effectiveFps: 20,
    recentFps: { in: 25, out: 20 },
    inferenceMs: { average: 20, recent: 30, min: 10, max: 30 },
    ageMs: { p50: 40, p95: 50, max: 61 },
    errors: 3,
    errorRate: 0.01,
    restarts: 2,
  }]);
});

Deno.test("a stream that never ran has no rates, and one without a model no inference times", async () => {
  const it = desk();
  it.streams = [{ id: "gate", status: statusOf(0, 0, { state: "backoff", age: NONE }) }];
  await it.report.write();
  const [line] = it.lines;
  assert.equal(line.overallFps, 0);
  assert.equal(line.errorRate, 0);
  assert.ok(!("inferenceMs" in line) && !("ageMs" in line));
});

Deno.test("a stream at rest is told of once, and again when it has moved", async () => {
  const it = desk();
  it.streams = [{ id: "gate", status: statusOf(50, 40, { state: "paused" }) }];
  for (let n = 0; n < 3; n++) await it.report.write();
  assert.equal(it.lines.length, 1);
  it.streams = [{ id: "gate", status: statusOf(60, 50, { state: "paused" }) }];
  await it.report.write();
  assert.equal(it.lines.length, 2);
});

Deno.test("a stream that moved to another thread has its rates from there", async () => {
  const it = desk();
  it.report.state(RUNNING);
  it.now = 100_000;
  it.streams = [{ id: "gate", status: statusOf(2500, 2000) }];
  await it.report.write();
  it.now = 130_000;
  it.streams = [{ id: "gate", status: statusOf(10, 5) }];
  await it.report.write();
  it.now = 140_000;
  it.streams = [{ id: "gate", status: statusOf(260, 205) }];
  await it.report.write();
  assert.equal(it.lines[2].overallFps, 26);
});

Deno.test("threads that do not answer and streams that are gone cost a line, nothing else", async () => {
  const it = desk();
  it.report.state(RUNNING);
  it.streams = new Error("no answer");
  await it.report.write();
  it.streams = [{ id: "gate" }];
  await it.report.write();
  it.streams = [];
  await it.report.write();
  assert.deepEqual(it.lines, []);
});

Deno.test("lines come by themselves, until it is disposed", async () => {
  let wrote = 0;
  const report = new PerformanceReport({
    log: { report: () => wrote++ },
    streams: () => Promise.resolve([{ id: "gate", status: statusOf(1, 1) }]),
    everyMs: 1,
  });
  const deadline = Date.now() + 30_000;
  while (wrote < 3) {
    assert.ok(Date.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  report[Symbol.dispose]();
  report[Symbol.dispose]();
});
