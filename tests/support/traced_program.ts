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

const server = Deno.serve({ port: 0, onListen() {} }, async ({ method, url }) => {
  const answer = () => {
    if (url.endsWith("broken")) throw new Error("Cannot open rtsp://user:secret@gate/: refused");
    return new Response("well");
  };
  return await tracing.traceRequest({ method, route: "/streams/{id}" }, answer)
    .catch(() => new Response("broken", { status: 500 }));
});
await tracing.traceRequest({ method: "GET", route: "/alone" }, () => new Response(null, { status: 503 }));
const base = `http://127.0.0.1:${server.addr.port}/streams/`;
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
await (await fetch(base + "gate", { headers: { traceparent } })).text();
await (await fetch(base + "broken")).text();
await server.shutdown();
