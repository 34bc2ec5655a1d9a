import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { buildModel, type GraphSpec, type OnnxModelSpec } from "../scripts/bench/onnx_builder.ts";
import { nanDetector, slowDetector, throwingDetector, tinyDetector } from "../scripts/bench/sample_models.ts";
import type { Device } from "../src/core/model.ts";
import { assetTest } from "../tests/support/assets.ts";
import { ModelError } from "./model_error.ts";
import { listProviders, type OnnxModel, openModel } from "./onnx.ts";
import type { Feed } from "./tensors.ts";

const folder = await Deno.makeTempDir({ prefix: "weir-onnx-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
let files = 0;

function fileOf(bytes: Uint8Array): string {
  const file = join(folder, `${files++}.onnx`);
  Deno.writeFileSync(file, bytes);
  return file;
}

async function withModel<T>(bytes: Uint8Array, use: (model: OnnxModel) => Promise<T>, threads = 1): Promise<T> {
  const model = await openModel(fileOf(bytes), { device: "cpu", threads });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

const relu: GraphSpec = {
  inputs: [{ name: "x", type: "float32", dims: ["n", 3] }],
  outputs: [{ name: "y", type: "float32", dims: ["n", 3] }],
  nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
};
const feed = (values: number[]): Feed => ({
  type: "float32",
  dims: [1, values.length],
  data: Float32Array.from(values),
});

function bright(level: number): Record<string, Feed> {
  return { images: { type: "float32", dims: [1, 3, 64, 64], data: new Float32Array(3 * 64 * 64).fill(level) } };
}

Deno.test("a model runs and answers tensors", async () => {
  await withModel(buildModel(relu), async (model) => {
    assert.equal(model.provider, "cpu");
    const { y } = await model.run({ x: feed([-1, 2, -3]) });
    assert.deepEqual([y.type, y.dims, y.data], ["float32", [1, 3], Float32Array.of(0, 2, 0)]);
  });
});

Deno.test("half floats go in as numbers or as bits, and come out as numbers", async () => {
  const dims = ["n", 3];
  const half = {
    inputs: [{ name: "x", type: "float16" as const, dims }],
    outputs: [{ name: "y", type: "float16" as const, dims }],
    nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
  };
  await withModel(buildModel(half), async (model) => {
    const data = Float16Array.of(1.5, -2, 0.25);
    const bits = new Uint16Array(data.buffer);
    for (const given of [data, bits as unknown as Float16Array]) {
      const { y } = await model.run({ x: { type: "float16", dims: [1, 3], data: given } });
      assert.equal(y.type, "float16");
      assert.deepEqual(Array.from(y.data as Float16Array), [-1.5, 2, -0.25]);
    }
  });
});

Deno.test("bytes, integers and text go in and out by their types", async () => {
  const port = (name: string, type: "uint8" | "int64" | "string") => ({ name, type, dims: [2] });
  const spec: GraphSpec = {
    inputs: [port("a", "uint8"), port("b", "int64"), port("c", "string")],
    outputs: [port("a2", "uint8"), port("b2", "int64"), port("c2", "string")],
    nodes: ["a", "b", "c"].map((name) => ({ op: "Identity", inputs: [name], outputs: [`${name}2`] })),
  };
  await withModel(buildModel(spec), async (model) => {
    const { a2, b2, c2 } = await model.run({
      a: { type: "uint8", dims: [2], data: Uint8Array.of(1, 2) },
      b: { type: "int64", dims: [2], data: BigInt64Array.of(-1n, 2n) },
      c: { type: "string", dims: [2], data: ["p", "q"] },
    });
    assert.deepEqual([a2.data, b2.data, c2.data], [Uint8Array.of(1, 2), BigInt64Array.of(-1n, 2n), ["p", "q"]]);
  });
});

Deno.test("feeds that do not fit are refused with what the input is and what came", async () => {
  await withModel(buildModel(relu), async (model) => {
    const cases: [Record<string, Feed>, RegExp][] = [
      [{}, /its input 'x float32\[n,3\]' was not fed/],
      [{ x: feed([1, 2]) }, /its input is x float32\[n,3\], got float32\[1,2\]/],
      [{ x: { type: "float32", dims: [3], data: new Float32Array(3) } }, /got float32\[3\]/],
      [{ x: { type: "int32", dims: [1, 3], data: new Int32Array(3) } }, /got int32\[1,3\]/],
      [{ x: { type: "float32", dims: [2, 3], data: new Float32Array(3) } }, /with 3 values/],
      [{ x: feed([1, 2, 3]), z: feed([1]) }, /has no input 'z', it has x/],
      [
        { x: { type: "float32", dims: [1, 3], data: new Float32Array(new SharedArrayBuffer(12)) } },
        /shared memory/,
      ],
    ];
    for (const [feeds, words] of cases) {
      await assert.rejects(model.run(feeds), (error: ModelError) => {
        assert.equal(error.code, "invalid_input");
        assert.match(error.message, words);
        return true;
      });
    }
    await assert.rejects(model.run({ x: feed([1, 2, 3]) }, ["z"]), /has no output 'z', it has y/);
  });
});

Deno.test("an output that is no tensor is refused by name, and the others can be had", async () => {
  const spec: GraphSpec = {
    inputs: relu.inputs,
    outputs: [...relu.outputs, { name: "list", type: "float32", dims: ["n", 3], sequence: true }],
    nodes: [...relu.nodes, { op: "SequenceConstruct", inputs: ["x"], outputs: ["list"] }],
  };
  await withModel(buildModel(spec), async (model) => {
    const error = await model.run({ x: feed([1, 2, 3]) }).then(() => undefined, (error) => error);
    assert.equal(error.code, "unsupported");
    assert.match(error.message, /output 'list \(a sequence\)' is not a tensor.*ask for y/);
    const { y } = await model.run({ x: feed([1, 2, 3]) }, ["y"]);
    assert.deepEqual(y.data, Float32Array.of(1, 2, 3));
  });
});

Deno.test("closing twice is closing once, and a closed model says so", async () => {
  const model = await openModel(fileOf(buildModel(relu)), { device: "cpu", threads: 1 });
  await model.close();
  await model.close();
  await assert.rejects(model.run({ x: feed([1, 2, 3]) }), /it is closed/);
});

Deno.test("a run that throws inside ONNX Runtime is an error of one sentence, and the next run works", async () => {
  await withModel(throwingDetector(), async (model) => {
    const error = await model.run(bright(0.9)).then(() => undefined, (error) => error);
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, "failed");
    assert.match(error.message, /^Cannot run model .*Gather/);
    assert.doesNotMatch(error.message, /onnxruntime_src|\n/);
    assert.equal((await model.run(bright(0.1))).output0.dims[1], 7);
  });
});

Deno.test("NaN comes out of a run as it is: it is for the adapter to judge", async () => {
  await withModel(nanDetector(), async (model) => {
    const { output0 } = await model.run(bright(0.9));
    assert.ok((output0.data as Float32Array).some(Number.isNaN));
  });
});

Deno.test("files that cannot be opened say why", async () => {
  const tiny = tinyDetector();
  const broken = (more: Partial<OnnxModelSpec>) => buildModel({ ...relu, ...more });
  const cases: [Uint8Array, ModelError["code"], RegExp][] = [
    [new Uint8Array(), "empty", /0 bytes/],
    [tiny.subarray(0, tiny.length - 200), "truncated", /cut short/],
    [Uint8Array.from({ length: 500 }, (_, i) => (i * 7919 + 13) % 251), "not_onnx", /not an ONNX file/],
    [broken({ opset: 99 }), "unsupported", /uses opset 99, and ONNX Runtime reads up to \d+/],
    [
      broken({ nodes: [{ op: "Frobnicate", inputs: ["x"], outputs: ["y"] }] }),
      "unsupported",
      /operator 'Frobnicate' is not one that ONNX Runtime knows \(operator sets: ai.onnx 17\)/,
    ],
    [
      broken({ nodes: [{ op: "Relu", inputs: ["nowhere"], outputs: ["y"] }] }),
      "unsupported",
      /Node input 'nowhere' is not a graph input/,
    ],
    [broken({ outputs: [{ name: "z", type: "float32", dims: [1] }] }), "unsupported", /output \(z\) does not exist/],
  ];
  for (const [bytes, code, words] of cases) {
    const error = await openModel(fileOf(bytes), { device: "cpu", threads: 1 }).then(() => undefined, (error) => error);
    assert.ok(error instanceof ModelError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    assert.doesNotMatch(error.message, /onnxruntime_src|\n/);
  }
  const missing = openModel(join(folder, "none.onnx"), { device: "cpu", threads: 1 });
  await assert.rejects(missing, { code: "not_found", message: /no such file/ });
});

Deno.test("a device that is missing is refused with what there is and what it takes", async () => {
  const known = listProviders().map(({ name }) => name);
  assert.ok(known.includes("cpu"));
  const foreign: Device = Deno.build.os === "windows" ? "coreml" : "dml";
  const error = await openModel(fileOf(buildModel(relu)), { device: foreign, threads: 1 }).catch((error) => error);
  assert.ok(error instanceof ModelError);
  assert.equal(error.code, "device");
  assert.match(
    error.message,
    /no such provider\. .* exists on (Windows|macOS) only\. ONNX Runtime here also knows .*cpu/,
  );
});

Deno.test("auto finds a device that works", async () => {
  const model = await openModel(fileOf(buildModel(relu)), { device: "auto", threads: 1 });
  assert.ok(["cpu", "cuda"].includes(model.provider));
  if (model.provider === "cpu" && model.notes.length > 0) assert.match(model.notes[0], /on cuda: /);
  await model.close();
});

Deno.test("weights in another file that is not there are named", async () => {
  const { ProtobufWriter } = await import("../scripts/bench/protobuf.ts");
  const location = new ProtobufWriter().string(1, "location").string(2, "gone.data");
  const weights = new ProtobufWriter().int(1, 7).int(2, 1).string(8, "w").message(13, location).int(14, 1);
  const bytes = new ProtobufWriter().int(1, 8).message(7, new ProtobufWriter().message(5, weights)).finish();
  const opened = openModel(fileOf(bytes), { device: "cpu", threads: 1 });
  await assert.rejects(opened, { code: "not_found", message: /its weights are in gone\.data/ });
});

Deno.test("the same bytes in give the same bytes out, run after run", async () => {
  const file = fileOf(tinyDetector());
  const answers = new Set<string>();
  for (let session = 0; session < 2; session++) {
    const model = await openModel(file, { device: "cpu", threads: 2, deterministic: true });
    for (let i = 0; i < 3; i++) answers.add(String((await model.run(bright(0.3))).output0.data));
    await model.close();
  }
  assert.equal(answers.size, 1);
});

Deno.test("between runs the threads of a model sleep", async () => {
  await withModel(slowDetector({ ms: 4 }), async (model) => {
    let spentMs = 0;
    for (let pause = 0; pause < 20; pause++) {
      await model.run(bright(0.3));
      const before = cpuMs();
      await new Promise((resolve) => setTimeout(resolve, 25));
      spentMs += cpuMs() - before;
    }
    // Spinning costs 7 to 13 ms a pause, sleeping a third of one.
    assert.ok(spentMs < 80, `${spentMs} ms of CPU in 20 pauses`);
  }, 2);
});

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

assetTest(
  "text can be asked for where a model answers text and maps",
  ["data/models/blendshape_emotion_head.onnx"],
  async (file) => {
    const model = await openModel(file, { device: "cpu", threads: 1 });
    const feeds: Record<string, Feed> = { float_input: { type: "float32", dims: [1, 52], data: new Float32Array(52) } };
    await assert.rejects(
      model.run(feeds),
      /output 'output_probability \(a sequence\)' is not a tensor.*ask for output_label/,
    );
    const { output_label } = await model.run(feeds, ["output_label"]);
    assert.deepEqual([output_label.type, output_label.data], ["string", ["NEUTRAL"]]);
    await model.close();
  },
);
