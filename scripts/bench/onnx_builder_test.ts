import assert from "node:assert/strict";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { buildModel } from "./onnx_builder.ts";
import {
  nanDetector,
  slowDetector,
  throwingDetector,
  tinyDetector,
  wrongShapeDetector,
  wrongTypeDetector,
} from "./sample_models.ts";
import { yoloLike } from "./yolo_like.ts";

const quiet = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;

/** A planar picture of one brightness. */
function plain(value: number, size = 64): Tensor {
  return new Tensor("float32", new Float32Array(3 * size * size).fill(value), [1, 3, size, size]);
}

async function firstOutput(model: Uint8Array, images: Tensor): Promise<Tensor> {
  const session = await InferenceSession.create(model, quiet);
  const answer = await session.run({ images });
  await session.release();
  return answer[session.outputNames[0]] as Tensor;
}

Deno.test("a built model computes what its nodes and attributes say", async () => {
  const model = buildModel({
    inputs: [{ name: "x", type: "float32", dims: ["n", 2] }],
    outputs: [{ name: "y", type: "float32", dims: ["n", 3] }],
    nodes: [{
      op: "Gemm",
      inputs: ["x", "w", "b"],
      outputs: ["y"],
      attributes: { alpha: { float: 0.5 }, transB: 1 },
    }],
    initializers: {
      w: { type: "float32", dims: [3, 2], data: [1, 2, 3, 4, 5, 6] },
      b: { type: "float32", dims: [3], data: [10, 20, 30] },
    },
  });
  const session = await InferenceSession.create(model, quiet);
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 1, 2, -1), [2, 2]) });
  await session.release();
  assert.deepEqual([...y.data as Float32Array], [11.5, 23.5, 35.5, 10, 21, 32]);
});

Deno.test("a built model can hold string, int64, uint8 and float16 tensors", async () => {
  const model = buildModel({
    inputs: [{ name: "labels", type: "string", dims: [2] }],
    outputs: [
      { name: "all", type: "string", dims: [4] },
      { name: "ids", type: "int64", dims: [3] },
      { name: "bytes", type: "uint8", dims: [2, 2] },
      { name: "halves", type: "float16", dims: [2] },
    ],
    nodes: [
      { op: "Concat", inputs: ["labels", "words"], outputs: ["all"], attributes: { axis: 0 } },
      { op: "Identity", inputs: ["numbers"], outputs: ["ids"] },
      { op: "Transpose", inputs: ["raw"], outputs: ["bytes"], attributes: { perm: [1, 0] } },
      { op: "Identity", inputs: ["small"], outputs: ["halves"] },
    ],
    initializers: {
      words: { type: "string", dims: [2], data: ["ü", ""] },
      numbers: { type: "int64", dims: [3], data: [1n, -2n, 2n ** 40n] },
      raw: { type: "uint8", dims: [2, 2], data: [1, 2, 254, 255] },
      small: { type: "float16", dims: [2], data: [0.5, -2] },
    },
  });
  const session = await InferenceSession.create(model, quiet);
  const answer = await session.run({ labels: new Tensor("string", ["a", "b"], [2]) });
  await session.release();
  assert.deepEqual([...answer.all.data as string[]], ["a", "b", "ü", ""]);
  assert.deepEqual([...answer.ids.data as BigInt64Array], [1n, -2n, 2n ** 40n]);
  assert.deepEqual([...answer.bytes.data as Uint8Array], [1, 254, 2, 255]);
  assert.deepEqual([...answer.halves.data as unknown as Float16Array], [0.5, -2]);
});

Deno.test("the tiny detector gives a pure red cell the label red, score one and the cell's own box", async () => {
  const images = plain(0.5);
  const data = images.data as Float32Array;
  // The cell in column 1, row 2.
  for (let y = 32; y < 48; y++) {
    for (let x = 16; x < 32; x++) {
      for (let channel = 0; channel < 3; channel++) data[channel * 4096 + y * 64 + x] = channel === 0 ? 1 : 0;
    }
  }
  const output = await firstOutput(tinyDetector(), images);
  assert.deepEqual(output.dims, [1, 7, 16]);
  const column = Array.from({ length: 7 }, (_, row) => (output.data as Float32Array)[row * 16 + 9]);
  assert.deepEqual(column, [24, 40, 16, 16, 1, -0.5, -0.5]);
  const grey = Array.from({ length: 3 }, (_, row) => (output.data as Float32Array)[(4 + row) * 16]);
  assert.deepEqual(grey, [0, 0, 0]);
});

Deno.test("the tiny detector takes any batch, in float32 and in float16", async () => {
  const halves = new Uint16Array(2 * 3 * 4096).fill(0x3800);
  const float16 = new Tensor("float16", halves, [2, 3, 64, 64]);
  // Deno's Node-API takes a Float16Array for an array of no bytes: the native side has to see the bits as uint16.
  Object.assign(float16, { cpuData: halves });
  assert.deepEqual((await firstOutput(tinyDetector({ type: "float16" }), float16)).dims, [2, 7, 16]);
  const float32 = new Tensor("float32", new Float32Array(3 * 3 * 4096), [3, 3, 64, 64]);
  assert.deepEqual((await firstOutput(tinyDetector(), float32)).dims, [3, 7, 16]);
});

Deno.test("the NaN detector answers NaN for bright pictures alone", async () => {
  const dark = await firstOutput(nanDetector(), plain(0.2));
  assert.ok((dark.data as Float32Array).every(Number.isFinite));
  const bright = await firstOutput(nanDetector(), plain(0.8));
  assert.ok((bright.data as Float32Array).every(Number.isNaN));
});

Deno.test("the throwing detector's run fails for bright pictures alone, and the session lives on", async () => {
  const session = await InferenceSession.create(throwingDetector(), quiet);
  await session.run({ images: plain(0.2) });
  await assert.rejects(session.run({ images: plain(0.8) }), /out of data bounds/);
  await session.run({ images: plain(0.2) });
  await session.release();
});

Deno.test("the wrong-shape and wrong-type detectors are valid models that contradict what they seem to be", async () => {
  assert.deepEqual((await firstOutput(wrongShapeDetector(), plain(0))).dims, [1, 14, 16]);
  const session = await InferenceSession.create(wrongTypeDetector(), quiet);
  await assert.rejects(session.run({ images: plain(0) }), /int64/);
  await session.release();
});

Deno.test("the slow detector costs what its milliseconds say, only when bright if so asked", async () => {
  const session = await InferenceSession.create(slowDetector({ ms: 400, onlyWhenBright: true }), quiet);
  const time = async (images: Tensor) => {
    const start = performance.now();
    await session.run({ images });
    return performance.now() - start;
  };
  await time(plain(0.2));
  const dark = await time(plain(0.2));
  const bright = await time(plain(0.8));
  await session.release();
  assert.ok(bright > 20 * dark, `bright took ${bright} ms, dark ${dark} ms`);
});

Deno.test("the generated network has YOLOv8n's size and output, stays finite and finds little, but something", async () => {
  const model = yoloLike();
  assert.deepEqual(model, yoloLike(), "the same seed gives the same bytes");
  assert.ok(model.length > 12.5e6 && model.length < 13e6, `${model.length} bytes`);
  const size = 640;
  const pixels = new Float32Array(3 * size * size);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = 0.5 + 0.4 * Math.sin((i % size) / 23) * Math.cos(Math.floor(i / size) / 31);
  }
  const output = await firstOutput(model, new Tensor("float32", pixels, [1, 3, size, size]));
  assert.deepEqual(output.dims, [1, 84, 8400]);
  const data = output.data as Float32Array;
  assert.ok(data.every(Number.isFinite));
  let candidates = 0;
  for (let i = 4 * 8400; i < data.length; i++) candidates += data[i] > 0.25 ? 1 : 0;
  assert.ok(candidates > 0 && candidates < 8400, `${candidates} class scores above 0.25`);
});
