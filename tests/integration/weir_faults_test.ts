import assert from "node:assert/strict";
import { join } from "node:path";
import {
  nanDetector,
  slowDetector,
  throwingDetector,
  tinyDetector,
  wrongShapeDetector,
  wrongTypeDetector,
} from "../../scripts/bench/sample_models.ts";
import { balanced } from "../support/balanced.ts";
import { clipFolder, corrupted, makeClip, makeSound, truncated, writeBytes } from "../support/clips.ts";
import { until } from "../support/until.ts";
import { watchedNeighbour } from "../support/watched_neighbour.ts";

const file = (path: string) => ({ kind: "file", path, pace: "fast", loop: false });
const block = { mode: "block" } as const;

// Clips are made before there is a neighbour: that holds this thread up, and with it what it hears of the camera.

Deno.test("files that cannot be played to their end fail with their cause, and a camera beside them is as fresh as ever", async () => {
  const whole = makeClip({ frames: 100, faststart: true, gop: 10, fps: 10 });
  const faulty: [id: string, path: string, code: string, words: RegExp][] = [
    ["truncated", truncated(whole, 0.6), "truncated", /further|ends (after|at)|Cannot read/],
    ["headless", truncated(makeClip(), 0.6), "invalid", /Invalid data/],
    ["empty", writeBytes(new Uint8Array(), "nothing.mp4"), "empty", /it is empty/],
    ["sound", makeSound(), "no_video", /it has no video/],
    ["frameless", makeClip({ frames: 0, container: "mkv" }), "empty", /holds nothing/],
    ["absent", join(clipFolder(), "absent.mp4"), "not_found", /there is no such file/],
  ];
  await using r = await watchedNeighbour();
  for (const [id, path] of faulty) await r.add(id, { source: file(path), policy: block });
  for (const [id, , code, words] of faulty) {
    const status = await r.weir.done(id);
    balanced(status);
    assert.deepEqual([status.state, status.cause!.code, status.restarts], ["failed", code, 0], id);
    assert.match(status.cause!.message, words);
    assert.equal(r.of(id).length, status.frames.completed);
  }
  assert.ok(r.of("truncated").length > 20, "what was whole came through");
  await r.untouched();
});

Deno.test("files that are unlike others come to their end, and a camera beside them is as fresh as ever", async () => {
  const times = [0, 40_000, 50_000, 200_000, 1_200_000, 1_233_000, 1_300_000];
  const odd: [id: string, path: string, frames: number, size: [width: number, height: number]][] = [
    ["variable", makeClip({ frames: times.length, ptsUs: (index) => times[index], bframes: 2 }), 7, [320, 240]],
    ["rotated", makeClip({ rotation: 90, frames: 10 }), 10, [240, 320]],
    ["4k", makeClip({ width: 3840, height: 2160, frames: 3 }), 3, [3840, 2160]],
  ];
  const long = makeClip({ container: "mkv", frames: 100, gop: 20 });
  const damaged = corrupted(long, { seed: 1, flips: 40, sparing: 1000 });
  await using r = await watchedNeighbour();
  for (const [id, path] of odd) await r.add(id, { source: file(path), policy: block });
  for (const [id, , frames, [width, height]] of odd) {
    const status = await r.weir.done(id);
    balanced(status);
    assert.deepEqual([status.state, status.cause, status.frames.completed], ["stopped", undefined, frames], id);
    for (const { frame } of r.of(id)) assert.deepEqual(frame, { width, height }, id);
  }
  r.of("variable").forEach(({ pts }, index) => assert.ok(Math.abs(pts * 1e6 - times[index]) < 100, `frame ${index}`));
  await r.add("damaged", { source: file(damaged), policy: block });
  const status = await r.weir.done("damaged");
  balanced(status);
  assert.ok(status.frames.completed > 0 && status.frames.dropped.undecodable > 0, JSON.stringify(status.frames));
  await r.untouched();
});

Deno.test("models that cannot run are refused with the reason, and a camera beside them is as fresh as ever", async () => {
  const clip = makeClip();
  await using r = await watchedNeighbour();
  const whole = tinyDetector();
  const faulty: [name: string, bytes: Uint8Array, words: RegExp][] = [
    ["shape.onnx", wrongShapeDetector(), /should have 7 rows/],
    ["type.onnx", wrongTypeDetector(), /holds int64/],
    ["truncated.onnx", whole.subarray(0, whole.length / 2), /cut short/],
    ["empty.onnx", new Uint8Array(), /empty \(0 bytes\)/],
  ];
  for (const [name, bytes, words] of faulty) {
    await Deno.writeFile(join(r.dir, name), bytes);
    const refused = r.add("refused", { source: file(clip), model: name, policy: block });
    await assert.rejects(refused, (error: Error) => error.message.includes(name) && words.test(error.message));
  }
  assert.deepEqual(r.weir.list(), ["healthy"]);
  await r.untouched();
});

Deno.test("inference that throws, answers NaN or hangs costs its own frames, and a camera beside it is as fresh as ever", async () => {
  await using r = await watchedNeighbour({}, { answerTimeoutMs: 4000 });
  const models: Record<string, Uint8Array> = {
    throwing: throwingDetector(),
    nan: nanDetector(),
    hanging: slowDetector({ ms: 15_000, onlyWhenBright: true }),
  };
  const camera = (colour: string) => ({
    kind: "camera",
    format: "lavfi",
    device: `color=c=${colour}:size=64x64:rate=10,realtime`,
  });
  const ids = Object.keys(models);
  for (const id of ids) {
    await Deno.writeFile(join(r.dir, `${id}.onnx`), models[id]);
    await r.add(id, { source: camera("white"), model: `${id}.onnx` });
  }
  for (const id of ids) {
    await until(async () => (await r.weir.status(id)).frames.dropped.failed > 0, `a frame of ${id} is lost`);
    const status = await r.weir.status(id);
    balanced(status);
    assert.deepEqual([r.history(id), status.frames.completed], [["running"], 0], id);
    assert.ok(status.fault!.message.length > 0, id);
  }
  await r.untouched();
});
