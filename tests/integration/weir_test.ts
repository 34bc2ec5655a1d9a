import assert from "node:assert/strict";
import { join } from "node:path";
import { nanDetector, slowDetector, throwingDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import type { StreamPolicy, StreamRegistration } from "../../src/core/stream.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { balanced } from "../support/balanced.ts";
import { heard } from "../support/heard.ts";
import { until } from "../support/until.ts";

const SIZE = 64;

/** A Weir with models and clips of its own in a directory that goes with it. */
async function rig(options: WeirOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-test-" });
  const weir = await Weir.start({ streamWorkers: 2, replicas: 1, threads: 1, ...options });
  const { results, states } = heard(weir);
  const add = (
    id: string,
    source: StreamRegistration["source"],
    model: string,
    policy: Partial<StreamPolicy> = {},
  ) =>
    weir.add({
      id,
      source,
      pipeline: [{ model: join(dir, model) }],
      policy: { mode: "block", weight: 1, capacity: 4, ...policy },
      labels: {},
    });
  return {
    weir,
    dir,
    results,
    states,
    add,
    of: (id: string) => results.filter((result) => result.stream === id),
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

/** A clip of grey frames whose brightness and one red cell tell which frame it is. */
function makeClip(path: string, options: { frames: number; bright?: number[]; fps?: number }): void {
  const { frames, bright = [], fps = 25 } = options;
  const writer = VideoWriter.open(path, { width: SIZE, height: SIZE, fps, crf: 10 });
  for (let n = 0; n < frames; n++) {
    const rgb = new Uint8Array(SIZE * SIZE * 3).fill(bright.includes(n) ? 220 : 40);
    const cell = (n % 4) * 16;
    for (let y = 0; y < 16; y++) {
      for (let x = cell; x < cell + 16; x++) rgb.set([255, 0, 0], (y * SIZE + x) * 3);
    }
    writer.write({ rgb }, (n * 1e6) / fps);
  }
  writer.close();
}

const write = (path: string, bytes: Uint8Array) => Deno.writeFile(path, bytes);
const file = (path: string, more = {}) => ({ kind: "file", path, pace: "fast", loop: false, ...more });

Deno.test("a file runs through a model frame by frame, in order, with the truth in its boxes", async () => {
  await using r = await rig({ replicas: 2 });
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 60 });
  await write(join(r.dir, "tiny.onnx"), tinyDetector());
  await r.add("clip", file(clip), "tiny.onnx");
  const status = await r.weir.done("clip");
  balanced(status);
  assert.equal(status.state, "stopped");
  assert.deepEqual([status.frames.received, status.frames.completed], [60, 60]);
  assert.deepEqual(r.of("clip").map((result) => result.seq), Array.from({ length: 60 }, (_, n) => n + 1));
  for (const [n, result] of r.of("clip").entries()) {
    const { detections = [] } = result.outputs.detect as { detections?: { label: string; box: number[] }[] };
    const red = detections.filter((detection) => detection.label === "red");
    assert.equal(red.length, 1, `frame ${n}`);
    assert.ok(Math.abs(red[0].box[0] - (n % 4) * 16) < 1, `frame ${n}: ${red[0].box}`);
  }
  assert.deepEqual(r.states.map((event) => event.state), ["running", "stopped"]);
});

Deno.test("two cameras on one model share it fairly, and each result says how old it is", async () => {
  await using r = await rig();
  await write(join(r.dir, "slow.onnx"), slowDetector({ ms: 20 }));
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 100, fps: 50 });
  const live = file(clip, { pace: "realtime", loop: true });
  await r.add("a", live, "slow.onnx", { mode: "latest" });
  await r.add("b", live, "slow.onnx", { mode: "latest" });
  const counts = () => [r.of("a").length, r.of("b").length];
  await until(() => Math.min(...counts()) > 0, "results of both");
  // The first one has the model to itself until the second is there.
  const before = counts();
  await until(() => counts().reduce((sum, count, n) => sum + count - before[n], 0) > 80, "80 results");
  const shares = counts().map((count, n) => count - before[n]);
  assert.ok(Math.min(...shares) / Math.max(...shares) > 0.6, `${shares}`);
  for (const result of r.results) assert.ok(result.ageMs! >= result.timings!.inferMs);
  for (const id of ["a", "b"]) {
    const status = await r.weir.status(id);
    balanced(status);
    assert.ok(status.frames.dropped.stale > 0, JSON.stringify(status.frames));
    assert.ok(status.memoryBoundBytes > 0);
  }
});

Deno.test("frames of several streams share batches, and every result is its own frame's", async () => {
  await using r = await rig({ maxBatch: 4, maxDelayMs: 5 });
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 60 });
  await write(join(r.dir, "tiny.onnx"), tinyDetector());
  await Promise.all(["a", "b", "c"].map((id) => r.add(id, file(clip), "tiny.onnx")));
  for (const id of ["a", "b", "c"]) {
    balanced(await r.weir.done(id));
    assert.equal(r.of(id).length, 60);
    for (const [n, { outputs }] of r.of(id).entries()) {
      const { detections = [] } = outputs.detect as { detections?: { label: string; box: number[] }[] };
      const red = detections.find((detection) => detection.label === "red")!;
      assert.ok(Math.abs(red.box[0] - (n % 4) * 16) < 1, `${id} ${n}: ${red.box}`);
    }
  }
  const [{ runs, frames }] = await r.weir.modelStats("tiny");
  assert.equal(frames, 180);
  assert.ok(runs < 120, `${runs} runs for 180 frames`);
});

Deno.test("a file is held back while nobody has room for its results, and loses nothing", async () => {
  await using r = await rig();
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 400 });
  await write(join(r.dir, "slow.onnx"), slowDetector({ ms: 5 }));
  await r.add("clip", file(clip), "slow.onnx");
  await until(() => r.of("clip").length > 10, "the first results");
  r.weir.hold("clip", true);
  let [before, sinceMs] = [-1, 0];
  await until(() => {
    const now = r.of("clip").length;
    if (now !== before) [before, sinceMs] = [now, performance.now()];
    // A busy machine stands still for a moment by itself.
    return performance.now() - sinceMs > 2000;
  }, "the stream to stand still");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(r.of("clip").length <= before + 1 && before < 390, `${before} and then ${r.of("clip").length} results`);
  r.weir.hold("clip", false);
  const status = await r.weir.done("clip");
  balanced(status);
  assert.equal(status.frames.completed, 400);
});

Deno.test("NaN in a model's output and a run that throws cost their frames only", async () => {
  await using r = await rig();
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 40, bright: [10, 11, 12] });
  await write(join(r.dir, "nan.onnx"), nanDetector());
  await write(join(r.dir, "throwing.onnx"), throwingDetector());
  await r.add("nan", file(clip), "nan.onnx");
  await r.add("throwing", file(clip), "throwing.onnx");
  for (const id of ["nan", "throwing"]) {
    const status = await r.weir.done(id);
    balanced(status);
    assert.equal(status.state, "stopped", JSON.stringify(status.cause));
    assert.equal(status.frames.dropped.failed, 3, id);
    assert.equal(status.frames.completed, 37, id);
    assert.ok(status.fault!.message.length > 0);
  }
});

Deno.test("a model that hangs is replaced, and a stream on another model does not notice", async () => {
  const answerTimeoutMs = 2000;
  await using r = await rig({ answerTimeoutMs });
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 50, bright: [20] });
  const calm = join(r.dir, "calm.mp4");
  makeClip(calm, { frames: 50 });
  await write(join(r.dir, "hanging.onnx"), slowDetector({ ms: 8000, onlyWhenBright: true }));
  await write(join(r.dir, "tiny.onnx"), tinyDetector());
  await r.add("calm", file(calm, { pace: "realtime", loop: true }), "tiny.onnx", { mode: "latest" });
  await until(() => r.of("calm").length > 10, "the calm stream");
  await r.add("hanging", file(clip), "hanging.onnx");
  const status = await r.weir.done("hanging");
  balanced(status);
  assert.equal(status.state, "stopped");
  assert.ok(status.frames.dropped.failed >= 1, JSON.stringify(status.frames));
  assert.ok(status.frames.completed >= 40, JSON.stringify(status.frames));
  assert.match(status.fault!.message, /no answer within 2000 ms|killed|stopped/i);
  const calmStatus = await r.weir.status("calm");
  balanced(calmStatus);
  assert.equal(calmStatus.frames.dropped.failed, 0);
  // Had it waited for the other, it would have waited for all of that.
  assert.ok(calmStatus.age.max < answerTimeoutMs, `its oldest result is of ${calmStatus.age.max} ms`);
});

Deno.test("when a stream's thread is killed mid-frame, its camera moves over, its file fails, and neighbours go on", async () => {
  await using r = await rig();
  await write(join(r.dir, "slow.onnx"), slowDetector({ ms: 20 }));
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 500 });
  const test = { kind: "camera", device: "testsrc2=size=64x64:rate=25,realtime", format: "lavfi" };
  const camera = { ...test, openTimeoutMs: 10_000, readTimeoutMs: 10_000 };
  // Two threads: camera and file share one, the neighbour has the other.
  await r.add("camera", camera, "slow.onnx", { mode: "latest" });
  await r.add("neighbour", camera, "slow.onnx", { mode: "latest" });
  await r.add("file", file(clip, { pace: "realtime" }), "slow.onnx", { mode: "latest" });
  await until(() => ["camera", "neighbour", "file"].every((id) => r.of(id).length > 5), "results of all");
  const [before, neighbourEpoch] = [r.of("camera").at(-1)!, r.of("neighbour").at(-1)!.epoch];
  await r.weir.replaceWorker("camera", { deadlineMs: 0 });
  await until(() => (r.of("camera").at(-1)!.epoch) > before.epoch, "the camera in its new thread");
  const seqs = r.of("camera").map((result) => result.seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
  assert.equal(new Set(seqs).size, seqs.length);
  const file_ = r.states.findLast((event) => event.stream === "file")!;
  assert.deepEqual([file_.state, file_.cause?.code], ["failed", "worker"]);
  const results = r.of("neighbour").length;
  await until(() => r.of("neighbour").length > results + 10, "the neighbour");
  assert.equal(r.of("neighbour").at(-1)!.epoch, neighbourEpoch);
  for (const id of ["camera", "neighbour"]) balanced(await r.weir.status(id));
  assert.equal(r.weir.leaks.kills, 1);
});

Deno.test("models that cannot run are refused at once, with the reason, and leave nothing behind", async () => {
  await using r = await rig();
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 5 });
  const whole = tinyDetector();
  await write(join(r.dir, "truncated.onnx"), whole.subarray(0, whole.length / 2));
  await write(join(r.dir, "empty.onnx"), new Uint8Array());
  await assert.rejects(r.add("a", file(clip), "truncated.onnx"), /truncated\.onnx/);
  await assert.rejects(r.add("a", file(clip), "empty.onnx"), /empty/);
  await assert.rejects(r.add("a", file(clip), "missing.onnx"), /missing\.onnx/);
  assert.deepEqual(r.weir.list(), []);
  await write(join(r.dir, "tiny.onnx"), whole);
  await r.add("a", file(clip), "tiny.onnx");
  assert.equal((await r.weir.done("a")).frames.completed, 5);
});

Deno.test("a source that is not there fails at once with its cause and is not tried again", async () => {
  await using r = await rig();
  await write(join(r.dir, "tiny.onnx"), tinyDetector());
  await r.add("gone", file(join(r.dir, "gone.mp4")), "tiny.onnx");
  const status = await r.weir.done("gone");
  assert.equal(status.state, "failed");
  assert.equal(status.cause!.code, "not_found");
  assert.equal(status.restarts, 0);
});

Deno.test("a stream can be paused, resumed, restarted, stopped and removed, and its accounts live on", async () => {
  await using r = await rig();
  const clip = join(r.dir, "clip.mp4");
  makeClip(clip, { frames: 50 });
  await write(join(r.dir, "tiny.onnx"), tinyDetector());
  await r.add("cam", file(clip, { pace: "realtime", loop: true }), "tiny.onnx", { mode: "latest" });
  await until(() => r.of("cam").length > 5, "results");
  await r.weir.control("cam", "pause");
  await until(() => r.states.at(-1)?.state === "paused", "the pause");
  await r.weir.control("cam", "resume");
  const before = r.of("cam").length;
  await until(() => r.of("cam").length > before + 5, "results after the pause");
  await r.weir.control("cam", "restart");
  await until(() => r.of("cam").at(-1)!.epoch === 3, "the third epoch");
  const seqs = r.of("cam").map((result) => result.seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
  await r.weir.stop("cam");
  const status = await r.weir.status("cam");
  balanced(status);
  assert.equal(status.frames.inFlight, 0);
  assert.equal(status.state, "stopped");
  await r.weir.remove("cam");
  assert.deepEqual(r.weir.list(), []);
  await assert.rejects(r.weir.status("cam"), /no stream called cam/);
});
