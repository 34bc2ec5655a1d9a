import assert from "node:assert/strict";
import { join } from "node:path";
import { buildModel } from "../../scripts/bench/onnx_builder.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { configSchema } from "../../config/load.ts";
import { Weir } from "../../src/app.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import type { PipelineStep, StreamPolicy } from "../../src/core/stream.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { jpegImage } from "../support/images.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(60_000);
const SIZE = 128, CELL = 32, FRAMES = 20, FPS = 25;

/** Adds up the time between its frames, in its state, and answers the sum. */
function stopwatch(): Uint8Array<ArrayBuffer> {
  return buildModel({
    inputs: [
      { name: "image", type: "float32", dims: [1, 1, 16, 16, 3] },
      { name: "before", type: "float32", dims: [1, 4] },
      { name: "elapsed", type: "float32", dims: [] },
    ],
    outputs: [
      { name: "seconds", type: "float32", dims: ["frames", 1] },
      { name: "after", type: "float32", dims: [1, 4] },
    ],
    initializers: {
      nothing: { type: "float32", dims: [], data: [0] },
      shape: { type: "int64", dims: [2], data: [1, 1] },
    },
    nodes: [
      { op: "ReduceMean", inputs: ["image"], outputs: ["light"], attributes: { keepdims: 0 } },
      { op: "Mul", inputs: ["light", "nothing"], outputs: ["none"] },
      { op: "Add", inputs: ["elapsed", "none"], outputs: ["step"] },
      { op: "Add", inputs: ["before", "step"], outputs: ["after"] },
      { op: "ReduceMean", inputs: ["after"], outputs: ["mean"], attributes: { keepdims: 0 } },
      { op: "Reshape", inputs: ["mean", "shape"], outputs: ["seconds"] },
    ],
  });
}

async function rig() {
  const dir = await Deno.makeTempDir({ prefix: "weir-state-" });
  const clip = join(dir, "clip.mp4"), watch = join(dir, "watch.onnx"), cells = join(dir, "cells.onnx");
  const writer = VideoWriter.open(clip, { width: SIZE, height: SIZE, fps: FPS, crf: 4 });
  for (let n = 0; n < FRAMES; n++) {
    const rgb = new Uint8Array(SIZE * SIZE * 3).fill(40);
    // Two cells that stay where they are, one red and one blue.
    for (const [top, colour] of [[0, [255, 0, 0]], [2 * CELL, [0, 0, 255]]] as const) {
      for (let y = top; y < top + CELL; y++) for (let x = 0; x < CELL; x++) rgb.set(colour, (y * SIZE + x) * 3);
    }
    writer.write({ rgb }, (n * 1e6) / FPS);
  }
  writer.close();
  await Deno.writeFile(watch, stopwatch());
  await Deno.writeFile(cells, tinyDetector({ size: SIZE, cell: CELL }));
  const weir = await Weir.start({ streamWorkers: 2, replicas: 2, threads: 1 });
  const results: ResultEnvelope[] = [];
  weir.results$.subscribe((result) => results.push(result));
  return {
    weir,
    watch,
    cells,
    of: (id: string) => results.filter(({ stream }) => stream === id),
    async add(id: string, pipeline: PipelineStep[], policy: Partial<StreamPolicy> = {}) {
      const source = { kind: "file", path: clip, pace: "fast", loop: false };
      await weir.add({
        id,
        source,
        pipeline,
        policy: { mode: "block", weight: 1, capacity: 4, ...policy },
        labels: {},
      });
      await weir.done(id);
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function near(values: readonly number[], expected: readonly number[]): void {
  assert.equal(values.length, expected.length);
  values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-4, `${i}: ${value}, not ${expected[i]}`));
}

/** What the stopwatch says frame by frame: the first one is told a thirtieth of a second. */
const sums = (count: number, step: number) => Array.from({ length: count }, (_, i) => 1 / 30 + i * step);

const seconds = (output: Pick<ModelOutput, "tensors">) => output.tensors!.wave.data[0];

Deno.test("a model with a state goes on where the frame before left it, stream by stream, and starts anew with an epoch", async () => {
  await using rigged = await rig();
  const { weir, watch, of, add } = rigged;
  const pipeline = [{ model: watch, name: "watch" }];
  await Promise.all([add("one", pipeline), add("two", pipeline), add("half", pipeline, { every: 2 })]);
  const told = (id: string) => of(id).map(({ outputs }) => seconds(outputs.watch as ModelOutput));
  near(told("one"), sums(FRAMES, 1 / FPS));
  near(told("two"), sums(FRAMES, 1 / FPS));
  // Frames that were left out are time that has passed.
  near(told("half"), sums(FRAMES / 2, 2 / FPS));
  const held = async () => (await weir.modelStats("watch")).map(({ states }) => states?.held);
  assert.deepEqual(await held(), [3], "one copy has the states of all, however many copies other models have");

  const before = of("one").length;
  await weir.control("one", "restart");
  await until(() => of("one").length === 2 * before, "the stream has run once more");
  const [again] = of("one").slice(before);
  assert.ok(again.epoch > of("one")[0].epoch);
  near(told("one").slice(before), sums(FRAMES, 1 / FPS));

  await weir.remove("one");
  await until(async () => (await held())[0] === 2, "what is remembered of a stream goes with it");
});

Deno.test("on crops every track has a state of its own, or every place among the detections", async () => {
  await using rigged = await rig();
  const { watch, cells, of, add } = rigged;
  await add("tracked", [{ model: cells }, { analyzer: "track" }, { model: watch, name: "watch", on: "detect" }]);
  await add("red", [{ model: cells }, { model: watch, name: "watch", on: "detect.red" }]);
  const crops = of("tracked").map(({ outputs }) => (outputs.watch as ModelOutput).crops!);
  for (const label of ["red", "blue"]) {
    const told = crops.flatMap((list) => list.filter((crop) => crop.label === label && crop.track !== undefined));
    near(told.map(seconds), sums(told.length, 1 / FPS));
    assert.ok(told.length > FRAMES / 2);
  }
  near(of("red").map(({ outputs }) => seconds((outputs.watch as ModelOutput).crops![0])), sums(FRAMES, 1 / FPS));
});

Deno.test("a server tells how many a model with a state follows, and answers a single image without one", async () => {
  const dir = await Deno.makeTempDir({ prefix: "weir-state-" });
  const log = new Log({ level: "error" });
  try {
    const file = join(dir, "watch.onnx");
    await Deno.writeFile(file, stopwatch());
    const scene = { kind: "scene", scene: "counter", fps: 20, width: 64, height: 64 };
    const config = configSchema.parse({
      server: { port: 0 },
      models: [{ model: file, name: "watch", replicas: 2 }],
      streams: [{ id: "count", source: scene, pipeline: [{ model: "watch" }] }],
    });
    await using server = await WeirServer.start({ config, dataDir: join(dir, "data"), version: "0.0.0", log });
    await server.restored;
    const view = async () => await (await fetch(`${server.url}/api/v1/models/watch`)).json();
    await until(async () => (await view()).states?.held === 1, "the stream is followed");
    const { states, replicas } = await view();
    assert.deepEqual([states, replicas], [{ held: 1, dropped: 0 }, { running: 1 }]);
    for (let n = 0; n < 2; n++) {
      const body = jpegImage(64, 64) as Uint8Array<ArrayBuffer>;
      const headers = { "content-type": "image/jpeg" };
      const answer = await (await fetch(`${server.url}/predict?model=watch`, { method: "POST", headers, body })).json();
      near(answer.predictions.wave.data, [1 / 30]);
    }
    assert.equal((await view()).states.held, 1);
  } finally {
    await log[Symbol.asyncDispose]();
    await Deno.remove(dir, { recursive: true });
  }
});
