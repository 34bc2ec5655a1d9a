import assert from "node:assert/strict";
import { join } from "node:path";
import { slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { GuestStreams } from "../../src/api/guest_streams.ts";
import { ingestRoutes } from "../../src/api/ingest_routes.ts";
import { createApi } from "../../src/api/server.ts";
import { Weir } from "../../src/app.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StreamPolicy, StreamStatus } from "../../src/core/stream.ts";
import { Hub } from "../../src/hub/hub.ts";
import { Ingest } from "../../src/service/ingest.ts";
import { StreamSinks } from "../../src/service/stream_sinks.ts";
import { ServerStreams } from "../../src/service/streams.ts";
import { Store } from "../../src/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { damagedPng, jpegImage, pngImage, webpImage } from "../support/images.ts";

const SIZE = 64;
const POLICY: StreamPolicy = { mode: "latest", weight: 1, capacity: 8, maxAgeMs: 5000 };

/** A server of nothing but the way of webcams, over a real Weir. */
async function rig(options: { lingerMs?: number; frameBytes?: number; streamWorkers?: number } = {}) {
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
  const sinks = stack.use(new StreamSinks({ directory: join(dir, "sinks") }));
  const checkSource = () => Promise.resolve();
  const streams = stack.use(new ServerStreams({ weir, store, checkSource, sinks, limit: 100 }));
  const stop = new AbortController();
  const routes = ingestRoutes({ ingest: new Ingest(weir), streams, hub, signal: stop.signal, ...options });
  const guard = {
    admit: () => Promise.resolve({ caller: { id: "test", role: "operator" as const, address: "127.0.0.1" } }),
    preflight: () => undefined,
  };
  const faults: unknown[] = [];
  const handle = createApi({ routes, guard, signal: stop.signal, onFault: (error) => faults.push(error) });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handle);
  stack.defer(async () => {
    stop.abort();
    await server.shutdown();
    assert.deepEqual(faults, []);
  });
  const owned = stack.move();
  return {
    weir,
    streams,
    states,
    dir,
    stop,
    url: `http://127.0.0.1:${server.addr.port}/api/v1/ingest`,
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

type Message = { type: string; code?: string; credits?: number } & Partial<ResultEnvelope>;

/** A sender as a page would be one. */
class Camera implements AsyncDisposable {
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

function balanced({ frames }: StreamStatus): void {
  assert.equal(frames.unaccounted, 0, JSON.stringify(frames));
  const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
  assert.equal(frames.received, frames.completed + dropped + frames.inFlight, JSON.stringify(frames));
}

async function settled(r: { status(id: string): Promise<StreamStatus> }, id: string, received: number) {
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

const RED = new Uint8Array(SIZE * SIZE * 3).map((_, index) => index % 3 === 0 ? 255 : 0);

Deno.test("a frame goes up, its result comes down, with the sender's own time on it", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  assert.equal((await r.status("me")).state, "connecting");
  await using camera = await Camera.open(`${r.url}/me`);
  for (const bytes of [jpegImage(SIZE, SIZE, { rgb: RED }), pngImage(SIZE, SIZE), webpImage(SIZE, SIZE)]) {
    await camera.sendInTurn(bytes, { capturedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678 + camera.sent) });
    await eventually("its result", () => camera.of("result").length === camera.sent);
  }
  const [first, second] = camera.of("result");
  assert.equal(first.capturedAt, "2026-01-02T03:04:05.678Z");
  assert.deepEqual([first.stream, first.seq, second.seq, first.epoch], ["me", 1, 2, 1]);
  assert.deepEqual(first.frame, { width: SIZE, height: SIZE });
  const { detections } = first.outputs!.detect as { detections: { label: string }[] };
  assert.ok(detections.length > 0 && detections.every(({ label }) => label === "red"));
  assert.ok(Math.abs(second.pts! - 0.001) < 1e-6, "one millisecond later by the sender's clock");
  const status = await settled(r, "me", 3);
  assert.deepEqual([status.state, status.frames.completed], ["running", 3]);
  assert.deepEqual(status.properties?.codec, "webp");
});

Deno.test("twenty senders at five frames a second: every frame is accounted for", async () => {
  await using r = await rig();
  const ids = Array.from({ length: 20 }, (_, n) => `cam${n}`);
  for (const id of ids) await r.register(id, "tiny.onnx");
  const jpeg = jpegImage(SIZE, SIZE, { rgb: RED });
  await using stack = new AsyncDisposableStack();
  const cameras: Camera[] = [];
  for (const id of ids) cameras.push(stack.use(await Camera.open(`${r.url}/${id}`)));
  for (let round = 0; round < 15; round++) {
    for (const camera of cameras) if (camera.credits > 0) camera.send(jpeg);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  let completed = 0;
  for (const [n, camera] of cameras.entries()) {
    const status = await settled(r, ids[n], camera.sent);
    assert.equal(status.frames.received, camera.sent);
    assert.deepEqual(camera.codes, []);
    await eventually("all results are down", () => camera.of("result").length === status.frames.completed);
    completed += status.frames.completed;
  }
  assert.ok(completed > 0);
});

Deno.test("a slow model slows its sender down to a few frames a turn, of which the newest runs", async () => {
  await using r = await rig();
  await r.register("slow", "slow.onnx", { maxAgeMs: 60_000 });
  await using camera = await Camera.open(`${r.url}/slow`);
  const sound = jpegImage(SIZE, SIZE, { rgb: RED });
  const begun = performance.now();
  while (camera.of("result").length < 15) await camera.sendInTurn(sound);
  const { sent } = camera;
  // A few for each turn, and while a machine that is busy keeps a turn waiting, four a second.
  const most = 3 + 15 * 6 + (performance.now() - begun) / 250;
  assert.ok(sent <= most, `${sent} frames were asked for, and at most ${most} are of use`);
  const { frames: { received, completed, dropped } } = await settled(r, "slow", sent);
  assert.equal(received, sent);
  assert.equal(received, completed + dropped.stale, "nothing was lost but to newer frames");
  assert.ok(dropped.stale > 0);
});

Deno.test("frames that are outrun are never decoded", async () => {
  await using r = await rig();
  await r.register("busy", "slow.onnx", { maxAgeMs: 60_000 });
  await r.register("broken", "slow.onnx", { maxAgeMs: 60_000 });
  await using busy = await Camera.open(`${r.url}/busy`);
  await using broken = await Camera.open(`${r.url}/broken`);
  const sound = jpegImage(SIZE, SIZE, { rgb: RED });
  // These can only be told from good ones by decoding them.
  const damaged = damagedPng(SIZE, SIZE);
  while (broken.sent < 30) {
    if (busy.credits > 0) busy.send(sound);
    if (broken.credits > 0) broken.send(damaged);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { frames: { received, completed, dropped } } = await settled(r, "broken", 30);
  assert.deepEqual([received, completed, dropped.undecodable + dropped.stale], [30, 0, 30]);
  assert.ok(dropped.stale > 0 && dropped.undecodable > 0, JSON.stringify(dropped));
  balanced(await settled(r, "busy", busy.sent));
});

Deno.test("frames beyond the credits are refused, told, and counted as received and dropped", async () => {
  await using r = await rig();
  await r.register("greedy", "slow.onnx");
  await using camera = await Camera.open(`${r.url}/greedy`);
  await eventually("the first credits", () => camera.credits > 0);
  const jpeg = jpegImage(SIZE, SIZE);
  for (let n = 0; n < 40; n++) camera.send(jpeg);
  const status = await settled(r, "greedy", 40);
  assert.equal(status.frames.received, 40);
  assert.ok(status.frames.dropped.overflow >= 30, JSON.stringify(status.frames));
  assert.equal(camera.codes.filter((code) => code === "no_credit").length, status.frames.dropped.overflow);
});

Deno.test("what is no image, or too large a one, costs its sender that frame and an error, nothing else", async () => {
  await using r = await rig();
  await r.streams.create({
    id: "small",
    source: { kind: "webcam", maxPixels: 10_000 },
    pipeline: [],
    policy: POLICY,
    labels: {},
  });
  await using camera = await Camera.open(`${r.url}/small`);
  await camera.sendInTurn(new TextEncoder().encode("GIF89a and more"));
  await camera.sendInTurn(new Uint8Array());
  await camera.sendInTurn(jpegImage(320, 240));
  await camera.sendInTurn(jpegImage(SIZE, SIZE).subarray(0, 100));
  await eventually("four errors", () => camera.codes.length === 4);
  assert.deepEqual(camera.codes, ["unsupported", "truncated", "too_large", "truncated"]);
  camera.socket.send("{not json");
  camera.socket.send(JSON.stringify({ rotation: 45 }));
  camera.socket.send(JSON.stringify({ capturedAt: 1e300 }));
  camera.socket.send("x".repeat(5000));
  await eventually("four more", () => camera.codes.length === 8);
  assert.deepEqual(camera.codes.slice(4), ["malformed", "invalid", "invalid", "malformed"]);
  await camera.sendInTurn(jpegImage(SIZE, 32), { rotation: 90 });
  await eventually("a result", () => camera.of("result").length === 1);
  assert.deepEqual(camera.of("result")[0].frame, { width: 32, height: SIZE });
  const { frames } = await settled(r, "small", 5);
  assert.deepEqual([frames.received, frames.completed, frames.dropped.undecodable], [5, 1, 4]);
});

Deno.test("an image beyond the server's bound ends the connection", async () => {
  await using r = await rig({ frameBytes: 100_000 });
  await r.register("me");
  await using camera = await Camera.open(`${r.url}/me`);
  await camera.sendInTurn(new Uint8Array(100_001));
  await eventually("the end", () => camera.closed !== undefined);
  assert.equal(camera.closed!.code, 1009);
  assert.deepEqual(camera.codes, ["too_large"]);
});

Deno.test("a sender that falls silent stalls its stream and no more; one that returns carries on in a new epoch", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx", { stallMs: 200, restarts: { count: 0, withinMs: 60_000 } });
  const jpeg = jpegImage(SIZE, SIZE, { rgb: RED });
  let last: number;
  {
    await using camera = await Camera.open(`${r.url}/me`);
    await camera.sendInTurn(jpeg);
    await eventually("a result", () => camera.of("result").length === 1);
    await eventually("a stall", () => r.states.includes("me stalled"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal((await r.status("me")).state, "stalled");
    await camera.sendInTurn(jpeg);
    await eventually("the next result", () => camera.of("result").length === 2);
    assert.equal(camera.of("result")[1].epoch, 1);
    last = camera.of("result")[1].seq!;
  }
  await using again = await Camera.open(`${r.url}/me`);
  await again.sendInTurn(jpeg);
  await eventually("a result", () => again.of("result").length === 1);
  const [result] = again.of("result");
  assert.deepEqual([result.epoch, result.seq, result.pts], [2, last + 1, 0]);
  const status = await settled(r, "me", 3);
  assert.equal(status.state, "running");
  assert.ok(!r.states.some((state) => /failed|backoff/.test(state)), r.states.join());
});

Deno.test("a newer sender takes the stream over, and the older one is told so", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  const jpeg = jpegImage(SIZE, SIZE);
  await using older = await Camera.open(`${r.url}/me`);
  await older.sendInTurn(jpeg);
  await eventually("a result", () => older.of("result").length === 1);
  await using newer = await Camera.open(`${r.url}/me`);
  await eventually("the older one's end", () => older.closed !== undefined);
  assert.equal(older.closed!.code, 4001);
  assert.equal(older.messages.at(-1)!.type, "replaced");
  for (let n = 1; n <= 5; n++) {
    await newer.sendInTurn(jpeg);
    await eventually("its results", () => newer.of("result").length === n);
  }
  balanced(await settled(r, "me", 6));
});

Deno.test("when the stream's thread is replaced its sender carries on over the same connection", async () => {
  await using r = await rig({ streamWorkers: 1 });
  await r.register("me", "tiny.onnx");
  const jpeg = jpegImage(SIZE, SIZE);
  await using camera = await Camera.open(`${r.url}/me`);
  for (let n = 1; n <= 3; n++) {
    await camera.sendInTurn(jpeg);
    await eventually("its results", () => camera.of("result").length === n);
  }
  await r.weir.replaceWorker("me", { deadlineMs: 5000 });
  await eventually("the stream is back", () => r.weir.list().includes("me"));
  while (camera.of("result").length < 10) {
    await camera.sendInTurn(jpeg);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seqs = camera.of("result").map(({ seq }) => seq!);
  assert.deepEqual(seqs, [...new Set(seqs)].toSorted((a, b) => a - b));
  assert.ok(camera.of("result").at(-1)!.epoch! > 1);
  assert.equal(camera.closed, undefined);
  // The credits are as many as ever: nothing was lost with the thread, nothing was given twice.
  await settled(r, "me", 1);
  await eventually("all credits", () => camera.credits === 3);
});

Deno.test("a paused stream asks for nothing, and goes on with the same sender", async () => {
  await using r = await rig();
  await r.register("me", "tiny.onnx");
  const jpeg = jpegImage(SIZE, SIZE);
  await using camera = await Camera.open(`${r.url}/me`);
  await camera.sendInTurn(jpeg);
  await eventually("a result", () => camera.of("result").length === 1);
  await r.streams.pause("me");
  while (camera.credits > 0) camera.send(jpeg);
  await r.status("me");
  assert.equal((await r.status("me")).frames.received, 1);
  await r.streams.resume("me");
  await camera.sendInTurn(jpeg);
  await eventually("another result", () => camera.of("result").length === 2);
  assert.equal(camera.of("result")[1].epoch, 2);
});

Deno.test("a stream that is removed, and a server that stops, say goodbye", async () => {
  await using r = await rig();
  await r.register("one");
  await r.register("two");
  await using first = await Camera.open(`${r.url}/one`);
  await using second = await Camera.open(`${r.url}/two`);
  await eventually("both may send", () => first.credits > 0 && second.credits > 0);
  await r.streams.remove("one");
  await eventually("the first one's end", () => first.closed !== undefined);
  assert.deepEqual([first.messages.at(-1)!.type, first.closed!.code], ["closing", 1001]);
  assert.equal(second.closed, undefined);
  r.stop.abort();
  await eventually("the second one's end", () => second.closed !== undefined);
  assert.deepEqual([second.messages.at(-1)!.type, second.closed!.code], ["closing", 1001]);
});

Deno.test("a stream that is not there, or is no webcam, is refused before the connection is made", async () => {
  await using r = await rig();
  const source = { kind: "scene", scene: "counter", seed: 7, width: 64, height: 64, fps: 5, pace: "realtime" };
  await r.streams.create({ id: "scene", source, pipeline: [], policy: POLICY, labels: {} });
  const ask = async (path: string) => {
    const headers = { upgrade: "websocket", connection: "upgrade", "sec-websocket-version": "13" };
    const response = await fetch(`${r.url}/${path}`, { headers });
    const { code, detail } = await response.json();
    return [response.status, code, detail];
  };
  assert.deepEqual((await ask("nobody")).slice(0, 2), [404, "not_found"]);
  assert.deepEqual((await ask("scene")).slice(0, 2), [409, "conflict"]);
  assert.deepEqual((await ask("no%20name?create=")).slice(0, 2), [422, "invalid"]);
  const [status, code, detail] = await ask(`x?create=${encodeURIComponent(r.model("missing.onnx"))}`);
  assert.deepEqual([status, code], [422, "invalid"]);
  assert.match(detail, /missing\.onnx/);
  assert.match((await ask("x?create=m,n,o,p,q,r,s,t,u"))[2], /at most 8 models/);
  const plain = await fetch(`${r.url}/scene`);
  assert.deepEqual([plain.status, (await plain.json()).code], [426, "upgrade_required"]);
  assert.deepEqual((await r.streams.list()).map(({ id }) => id), ["scene"]);
});

Deno.test("a sender may bring its stream along, which stays a while when it has gone, and then goes, too", async () => {
  await using r = await rig({ lingerMs: 3000 });
  const url = `${r.url}/guest?create=${encodeURIComponent(r.model("tiny.onnx"))},${
    encodeURIComponent(r.model("slow.onnx"))
  }`;
  {
    await using first = await Camera.open(url);
    await first.sendInTurn(jpegImage(SIZE, SIZE, { rgb: RED }));
    await eventually("a result", () => first.of("result").length === 1);
    assert.deepEqual(Object.keys(first.of("result")[0].outputs!), ["tiny", "slow"]);
  }
  await using second = await Camera.open(url);
  await second.sendInTurn(jpegImage(SIZE, SIZE));
  await eventually("a result", () => second.of("result").length === 1);
  assert.equal(second.of("result")[0].epoch, 2, "it is the stream that was there already");
  await new Promise((resolve) => setTimeout(resolve, 4000));
  assert.deepEqual(r.weir.list(), ["guest"], "it stays as long as somebody is there");
  second.socket.close();
  await eventually("the stream is gone", () => r.weir.list().length === 0);
});

Deno.test("guests' streams that a server inherits go when nobody returns to them; others stay", async () => {
  await using r = await rig();
  const source = { kind: "webcam" };
  const labels = { guest: "webcam" };
  for (const id of ["left", "returned"]) await r.streams.create({ id, source, pipeline: [], policy: POLICY, labels });
  await r.register("resident");
  const stop = new AbortController();
  const guests = new GuestStreams({ streams: r.streams, signal: stop.signal, lingerMs: 300 });
  guests.arrived("returned");
  await eventually("the one that was left is gone", () => !r.weir.list().includes("left"));
  assert.deepEqual(r.weir.list(), ["returned", "resident"]);
  guests.arrived("returned");
  guests.left("returned");
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(r.weir.list(), ["returned", "resident"], "one of its two senders is still there");
  guests.left("returned");
  await eventually("the other one goes, too", () => !r.weir.list().includes("returned"));
  stop.abort();
});

Deno.test("a guest's stream that is only just being made is not taken for one that was left", async () => {
  await using r = await rig();
  const stop = new AbortController();
  // Looks around at once, while the model is still being loaded.
  const guests = new GuestStreams({ streams: r.streams, signal: stop.signal, lingerMs: 1 });
  await guests.find("guest", [r.model("tiny.onnx")]).then(() => guests.arrived("guest"));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(r.weir.list(), ["guest"]);
  stop.abort();
});
