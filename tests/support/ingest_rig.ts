import assert from "node:assert/strict";
import { join } from "node:path";
import { slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { ingestRoutes } from "../../src/api/ingest_routes.ts";
import { createApi } from "../../src/api/server.ts";
import { Weir } from "../../src/app.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StreamPolicy, StreamStatus } from "../../src/core/stream.ts";
import { Hub } from "../../src/hub/hub.ts";
import { Captures } from "../../src/service/captures.ts";
import { Ingest } from "../../src/service/ingest.ts";
import { StreamMemories } from "../../src/service/stream_memories.ts";
import { StreamSinks } from "../../src/service/stream_sinks.ts";
import { ServerStreams } from "../../src/service/streams.ts";
import { Store } from "../../src/store/store.ts";
import { eventually } from "./eventually.ts";
import { balanced } from "./balanced.ts";

/** Side of the test images. */
export const SIZE = 64;
/** A live stream's policy with time enough for a busy machine. */
export const POLICY: StreamPolicy = { mode: "latest", weight: 1, capacity: 8, maxAgeMs: 5000 };

/** A server of nothing but the way of webcams, over a real Weir. */
export async function rig(options: { lingerMs?: number; frameBytes?: number; streamWorkers?: number } = {}) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "weir-ingest-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  await Deno.writeFile(join(dir, "slow.onnx"), slowDetector({ ms: 150 }));
  const store = stack.use(Store.open(join(dir, "weir.db")));
  const hub = stack.use(new Hub({ positions: store }));
  const weir = stack.use(await Weir.start({ streamWorkers: options.streamWorkers ?? 2, replicas: 1, threads: 1 }));
  const states: string[] = [];
  weir.results$.subscribe((event) => void hub.publish(event));
  weir.states$.subscribe(({ stream, state }) => void states.push(`${stream} ${state}`));
  const sinks = stack.use(new StreamSinks({ directory: join(dir, "sinks"), address: (host) => Promise.resolve(host) }));
  const captures = stack.use(
    new Captures({ weir, directory: join(dir, "captures"), address: (host) => Promise.resolve(host), onFault() {} }),
  );
  const memories = stack.use(new StreamMemories({ weir, directory: join(dir, "memories"), onFault() {} }));
  const checkSource = () => Promise.resolve();
  const stands = { weir, store, checkSource, sinks, captures, memories };
  const streams = stack.use(new ServerStreams({ ...stands, limit: 100, onFault() {} }));
  const stop = new AbortController();
  const routes = ingestRoutes({ ingest: new Ingest(weir), streams, hub, signal: stop.signal, ...options });
  const guard = {
    admit: () => Promise.resolve({ caller: { id: "test", role: "operator" as const, address: "127.0.0.1" } }),
    preflight: () => undefined,
  };
  const faults: unknown[] = [];
  const api = createApi({ routes, guard, signal: stop.signal, onFault: (error) => faults.push(error) });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  stack.defer(async () => {
    stop.abort();
    await server.close(20_000);
    assert.deepEqual(faults, []);
  });
  const owned = stack.move();
  return {
    weir,
    streams,
    states,
    dir,
    stop,
    url: `http://127.0.0.1:${server.port}/api/v1/ingest`,
    model: (name: string) => join(dir, name),
    register: (id: string, model?: string, policy: Partial<StreamPolicy> = {}) =>
      streams.create({
        id,
        source: { kind: "webcam" },
        pipeline: model === undefined ? [] : [{ model: join(dir, model) }],
        policy: { ...POLICY, ...policy },
        labels: {},
      }),
    status: (id: string) => weir.status(id),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What a server sends. */
export type Message = { type: string; code?: string; credits?: number } & Partial<ResultEnvelope>;

/** A sender as a page would be one. */
export class Camera implements AsyncDisposable {
  readonly messages: Message[] = [];
  credits = 0;
  sent = 0;
  closed: CloseEvent | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data) as Message;
      this.messages.push(message);
      this.credits += message.credits ?? 0;
    });
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.addEventListener("close", (event) => this.closed = event);
  }

  static async open(url: string): Promise<Camera> {
    const camera = new Camera(new WebSocket(url.replace(/^http/, "ws")));
    await eventually("the socket is open", () => camera.socket.readyState !== WebSocket.CONNECTING);
    return camera;
  }

  /** Sends an image whether there is a credit for it or not. */
  send(bytes: Uint8Array, about?: Record<string, unknown>): void {
    if (about) this.socket.send(JSON.stringify(about));
    this.socket.send(bytes as Uint8Array<ArrayBuffer>);
    this.credits--;
    this.sent++;
  }

  async sendInTurn(bytes: Uint8Array, about?: Record<string, unknown>): Promise<void> {
    await eventually("there is a credit", () => this.credits > 0);
    this.send(bytes, about);
  }

  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  get codes(): (string | undefined)[] {
    return this.of("error").map(({ code }) => code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState !== WebSocket.CLOSED) this.socket.close();
    await eventually("the socket is closed", () => this.closed !== undefined);
  }
}

/** The stream's status once it has received so many frames and none is under way. */
export async function settled(r: { status(id: string): Promise<StreamStatus> }, id: string, received: number) {
  let status = await r.status(id);
  const end = Date.now() + 30_000;
  while (status.frames.received < received || status.frames.inFlight > 0) {
    if (Date.now() > end) throw new Error(`${id} never settled: ${JSON.stringify(status.frames)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    status = await r.status(id);
  }
  balanced(status);
  return status;
}

/** The pixels of a red square. */
export const RED = new Uint8Array(SIZE * SIZE * 3).map((_, index) => index % 3 === 0 ? 255 : 0);
