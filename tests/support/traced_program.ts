import { Tracing } from "../../src/telemetry/tracing.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";

// Run by tests in a process of its own: Deno reads what it exports from the environment, once.

const RESULT: ResultEnvelope = {
  v: 1,
  type: "result",
  stream: "gate",
  epoch: 2,
  seq: 4711,
  pts: 1.5,
  ageMs: 48,
  frame: { width: 1920, height: 1080 },
  timings: { decodeMs: 3, queueMs: 4, prepareMs: 1, inferMs: 32, postMs: 0.5 },
  outputs: { detect: { model: "yolo11n" }, track: { total: 3 } },
};

const tracing = new Tracing({ version: "1.2.3", rate: Number(Deno.args[0]) });
for (let count = Number(Deno.args[1]); count > 0; count--) tracing.traceResult(RESULT);

const request = { method: "GET", route: "/streams/{id}", seconds: 0.02 };
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
tracing.traceRequest({ ...request, status: 200, traceparent });
tracing.traceRequest({ ...request, status: 404, traceparent: "whatever" });
tracing.traceRequest({ ...request, status: 503 });
