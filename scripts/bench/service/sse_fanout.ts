import process from "node:process";
import { eventRoutes } from "../../../src/api/event_routes.ts";
import { createApi } from "../../../src/api/server.ts";
import { nowMs } from "../../../src/core/clock.ts";
import type { Detection, ResultEnvelope } from "../../../src/core/results.ts";
import type { StreamService } from "../../../src/core/services.ts";
import { Hub } from "../../../src/hub/hub.ts";
import { delay } from "../delay.ts";
import { say } from "../say.ts";
import { round } from "../statistics.ts";
import { textTable } from "../text_table.ts";
import type { SseClientsOptions, SseClientsResult } from "./sse_clients.ts";

// How long an event takes from its publication to many readers of one stream, alone and beside some that do not read.
//   deno run -A scripts/bench/service/sse_fanout.ts [clients] [seconds]

/** One measurement. */
interface Fanout extends SseClientsResult {
  /** Share of the time for which the server's process kept a core busy. */
  cpu: number;
  rssMb: number;
  /** Dropped for those that do not read. */
  dropped: number;
}

const EVENTS_PER_SECOND = 10;

async function fanout(options: { clients: number; seconds: number; deaf: number }): Promise<Fanout> {
  const { clients, seconds, deaf } = options;
  let next = 1;
  using hub = new Hub({ positions: { reserve: (count) => (next += count) - count } });
  const stop = new AbortController();
  const { signal } = stop;
  const streams = { list: () => Promise.resolve([{ id: "gate" }]), get: (id: string) => Promise.resolve({ id }) };
  const api = createApi({
    routes: eventRoutes({ hub, streams: streams as unknown as StreamService, signal }),
    guard: {
      admit: () => Promise.resolve({ caller: { id: "bench", role: "viewer", address: "127.0.0.1" } }),
      preflight: () => undefined,
    },
    signal,
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, api);
  const { port } = server.addr;
  const path = "/api/v1/streams/gate/events";

  const silent = await Promise.all(Array.from({ length: deaf }, async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`));
    return connection;
  }));
  while (hub.stats().subscribers < deaf) await delay(10);
  // Everything between here and there fills up first, or those that do not read would not be felt at all.
  while (hub.stats().dropped < deaf * 100) {
    for (let count = 0; count < 50; count++) hub.publish(realistic(0));
    await delay(1);
  }
  const droppedBefore = hub.stats().dropped;

  const events = seconds * EVENTS_PER_SECOND;
  const asked: SseClientsOptions = { port, path, clients, events, withinMs: (seconds + 60) * 1000 };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("./sse_clients.ts", import.meta.url).href, JSON.stringify(asked)],
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  await lines.next();
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  for (let seq = 1; seq <= events; seq++) {
    await delay(startedAtMs + seq * 1000 / EVENTS_PER_SECOND - performance.now());
    hub.publish(realistic(seq));
  }
  const { value } = await lines.next();
  const elapsedMs = performance.now() - startedAtMs;
  const cpuAfter = process.cpuUsage();
  const busyMs = (cpuAfter.user + cpuAfter.system - cpuBefore.user - cpuBefore.system) / 1000;
  const result = {
    ...JSON.parse(value!) as SseClientsResult,
    cpu: round(busyMs / elapsedMs),
    rssMb: Math.round(Deno.memoryUsage().rss / 2 ** 20),
    dropped: hub.stats().dropped - droppedBefore,
  };
  await child.status;
  for (const connection of silent) connection.close();
  stop.abort();
  await server.shutdown();
  return result;
}

/** A result of a dozen detections; its `pts` says when it was published, so that a reader knows how old it is. */
function realistic(seq: number): ResultEnvelope {
  const detections = Array.from({ length: 12 }, (_, index): Detection => ({
    box: [412.1 + index, 88.4, 96.5, 240.2],
    label: "person",
    classId: 0,
    score: 0.913,
    track: 100 + index,
  }));
  return {
    v: 1,
    type: "result",
    stream: "gate",
    epoch: 1,
    seq,
    pts: nowMs(),
    capturedAt: new Date().toISOString(),
    ageMs: 48.2,
    frame: { width: 1920, height: 1080 },
    timings: { decodeMs: 3.1, queueMs: 4, prepareMs: 1.9, inferMs: 31.8, postMs: 0.4 },
    outputs: { detect: { model: "yolo11n", detections }, track: { active: 12, lost: 1, total: 140 } },
  };
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of bytes.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}

if (import.meta.main) {
  const clients = Number(Deno.args[0] ?? 2000);
  const seconds = Number(Deno.args[1] ?? 20);
  const bytes = JSON.stringify(realistic(1)).length;
  say(`${clients} clients, ${EVENTS_PER_SECOND} events/s of ${bytes} bytes, ${seconds} s`);
  const rows: string[][] = [];
  let missing = 0;
  for (const deaf of [0, 20]) {
    const { delivery, cpu, rssMb, dropped, ...rest } = await fanout({ clients, seconds, deaf });
    missing += rest.missing;
    const { p50, p99, max, count } = delivery;
    rows.push([deaf, p50, p99, max, count, rest.missing, dropped, cpu, rssMb].map(String));
  }
  const head = ["not reading", "p50 ms", "p99 ms", "max ms", "delivered", "missing", "dropped", "cores", "RSS MB"];
  Deno.stdout.writeSync(new TextEncoder().encode(`${textTable(head, rows)}\n`));
  if (missing > 0) Deno.exit(1);
}
