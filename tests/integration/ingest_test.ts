import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { damagedPng, jpegImage, pngImage, webpImage } from "../support/images.ts";
import { Camera, POLICY, RED, rig, settled, SIZE } from "../support/ingest_rig.ts";
import { balanced } from "../support/balanced.ts";

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
  const { frames: { received, completed, decoded, dropped } } = await settled(r, "slow", sent);
  assert.equal(received, sent);
  assert.ok(decoded >= completed && decoded < received, `${decoded} of ${received} were decoded, ${completed} ran`);
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
  const refused = () => camera.codes.filter((code) => code === "no_credit").length;
  await eventually("each is told of", () => refused() >= status.frames.dropped.overflow);
  assert.equal(refused(), status.frames.dropped.overflow);
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
  await camera.sendInTurn(new TextEncoder().encode("no picture at all"));
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
  // What was on the wire when the stream went on is as good as what is sent after.
  await eventually("another result", () => camera.of("result").length >= 2);
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
