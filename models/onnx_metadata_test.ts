import assert from "node:assert/strict";
import { join } from "node:path";
import { buildModel } from "../scripts/bench/onnx_builder.ts";
import { ProtobufWriter } from "../scripts/bench/protobuf.ts";
import { tinyDetector } from "../scripts/bench/sample_models.ts";
import { random } from "../scripts/bench/random.ts";
import { portText } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";
import { parseGraphInfo, readGraphInfo } from "./onnx_metadata.ts";
import { bytesOf } from "./protobuf_reader.ts";

const parse = (bytes: Uint8Array) => parseGraphInfo("some.onnx", bytesOf(bytes));

function refusal(bytes: Uint8Array): ModelError {
  try {
    parse(bytes);
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

Deno.test("inputs, outputs, operator sets and metadata are read off a file", () => {
  const graph = parse(buildModel({
    name: "net",
    inputs: [{ name: "images", type: "float16", dims: ["batch", 3, 64, 32] }],
    outputs: [
      { name: "scores", type: "float32", dims: ["batch", 10] },
      { name: "words", type: "string", dims: [] },
      { name: "maps", type: "float32", dims: [1], sequence: true },
    ],
    nodes: [
      { op: "Conv", inputs: ["images", "w"], outputs: ["features"] },
      { op: "Relu", inputs: ["features"], outputs: ["active"] },
      { op: "Softmax", inputs: ["active"], outputs: ["scores"] },
    ],
    initializers: { w: { type: "float32", dims: [4, 3, 3, 3], data: new Float32Array(108) } },
    metadata: { names: "{0: 'a'}", note: "two\nlines" },
    opset: 19,
  }));
  assert.equal(graph.producer, "weir");
  assert.equal(graph.graphName, "net");
  assert.deepEqual(graph.opsets, { "ai.onnx": 19 });
  assert.deepEqual(graph.metadata, { names: "{0: 'a'}", note: "two\nlines" });
  assert.deepEqual(graph.inputs.map(portText), ["images float16[batch,3,64,32]"]);
  assert.deepEqual(graph.outputs.map(portText), ["scores float32[batch,10]", "words string[]", "maps (a sequence)"]);
  assert.equal(graph.nodes, 3);
  assert.equal(graph.parameters, 108);
  assert.deepEqual(graph.after.images.map(({ op }) => op), ["Conv", "Relu", "Softmax"]);
  assert.deepEqual(graph.before.scores.map(({ op }) => op), ["Softmax", "Relu", "Conv"]);
});

Deno.test("an input that the file itself gives a value is not one to feed", () => {
  const graph = parse(buildModel({
    inputs: [{ name: "x", type: "float32", dims: [1] }, { name: "w", type: "float32", dims: [1] }],
    outputs: [{ name: "y", type: "float32", dims: [1] }],
    nodes: [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }],
    initializers: { w: { type: "float32", dims: [1], data: [2] } },
  }));
  assert.deepEqual(graph.inputs.map(({ name }) => name), ["x"]);
});

Deno.test("a dimension of -1 or of 0 without a name is an open one", () => {
  const dims = [-1, 0, 5].map((size) => new ProtobufWriter().int(1, size));
  const shape = dims.reduce((writer, dim) => writer.message(1, dim), new ProtobufWriter());
  const type = new ProtobufWriter().message(1, new ProtobufWriter().int(1, 1).message(2, shape));
  const graph = new ProtobufWriter().message(11, new ProtobufWriter().string(1, "x").message(2, type));
  const info = parse(new ProtobufWriter().int(1, 8).message(7, graph).finish());
  assert.deepEqual(info.inputs[0].dims, ["?", "?", 5]);
});

Deno.test("weights that lie in another file are named", () => {
  const location = new ProtobufWriter().string(1, "location").string(2, "net.onnx.data");
  const weights = new ProtobufWriter().int(1, 7).int(2, 1).string(8, "w").message(13, location).int(14, 1);
  const graph = new ProtobufWriter().message(5, weights);
  const info = parse(new ProtobufWriter().int(1, 8).message(7, graph).finish());
  assert.deepEqual(info.externalData, ["net.onnx.data"]);
  assert.equal(info.parameters, 7);
});

Deno.test("what is no ONNX file is called what it is", () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const cases: [Uint8Array, ModelError["code"], RegExp][] = [
    [new Uint8Array(), "empty", /the file is empty \(0 bytes\)/],
    [
      text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
      "not_onnx",
      /Git LFS pointer.*git lfs pull/,
    ],
    [text("<!DOCTYPE html><html>not found</html>"), "not_onnx", /web page/],
    [text("PK\x03\x04archive"), "not_onnx", /PyTorch .*export the model to ONNX/],
    [text('{"a":1}'), "not_onnx", /JSON/],
    [Uint8Array.of(32, 0, 0, 0, 84, 70, 76, 51, 0), "not_onnx", /TensorFlow Lite/],
    [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123, 125), "not_onnx", /safetensors/],
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), "not_onnx", /not an ONNX file/],
    [new Uint8Array(64), "not_onnx", /not an ONNX file/],
    [Uint8Array.of(8, 7), "not_onnx", /no graph/],
  ];
  for (const [bytes, code, words] of cases) {
    const error = refusal(bytes);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
  }
});

Deno.test("a file cut short anywhere is refused as cut short", () => {
  const whole = tinyDetector();
  for (let length = 3; length < whole.length; length += 1 + (length >> 3)) {
    const error = refusal(whole.subarray(0, length));
    assert.ok(["truncated", "not_onnx"].includes(error.code), `${length}: ${error.message}`);
    if (length > 100) assert.match(error.message, /cut short: it should go on to byte \d+ at least and ends at \d+/);
  }
});

Deno.test("lengths, names and counts beyond reason are refused before memory is spent on them", () => {
  const graph = (writer: ProtobufWriter) => new ProtobufWriter().int(1, 8).message(7, writer).finish();
  const port = (name: string) => new ProtobufWriter().string(1, name);
  const shape = Array.from({ length: 65 }).reduce<ProtobufWriter>(
    (writer) => writer.message(1, new ProtobufWriter().int(1, 1)),
    new ProtobufWriter(),
  );
  const type = new ProtobufWriter().message(1, new ProtobufWriter().int(1, 1).message(2, shape));
  const cases: [Uint8Array, RegExp][] = [
    [graph(new ProtobufWriter().message(11, port("x".repeat(5000)))), /text of 5000 bytes where 4096/],
    [graph(new ProtobufWriter().message(11, port("a\x1b[31mred"))), /control characters/],
    [graph(new ProtobufWriter().message(11, port("x").message(2, type))), /too many dimensions/],
    [graph(new ProtobufWriter().int(11, 5)), /a number where a message belongs/],
    [new ProtobufWriter().int(1, 8).int(7, 5).finish(), /a number where a message belongs/],
    [new ProtobufWriter().int(1, 8).string(6, "x".repeat((1 << 20) + 1)).finish(), /text of 1048577 bytes/],
    [Uint8Array.of(8, 8, 0x3a, 4, 0x5a, 0xff, 0x7f, 0, 0x42, 0), /field of 16383 bytes|cut short/],
    [Uint8Array.of(8, 8, 0x3f, 0, 0), /wire type 7/],
    [Uint8Array.of(8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0), /field of -1 bytes/],
  ];
  for (const [bytes, words] of cases) assert.match(refusal(bytes).message, words);
});

Deno.test("random bytes and damaged files give a refusal or an answer, never another error", () => {
  const whole = buildModel({
    inputs: [{ name: "images", type: "float32", dims: ["batch", 3, 64, 64] }],
    outputs: [{ name: "y", type: "float32", dims: ["batch", 10] }],
    nodes: [{ op: "Conv", inputs: ["images", "w"], outputs: ["y"], attributes: { kernel_shape: [3, 3], text: "x" } }],
    initializers: { w: { type: "float32", dims: [4, 3, 3, 3], data: new Float32Array(108) } },
    metadata: { names: "{0: 'a'}" },
  });
  const seen = { accepted: 0, refused: 0 };
  for (let seed = 1; seed <= 3000; seed++) {
    const next = random(seed);
    let bytes = whole.slice();
    if (seed % 3 === 0) bytes = Uint8Array.from({ length: Math.floor(next() * 300) }, () => Math.floor(next() * 256));
    else {
      for (let hits = 1 + Math.floor(next() * 4); hits > 0; hits--) {
        bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      }
      if (seed % 5 === 0) bytes = bytes.slice(0, Math.floor(next() * bytes.length));
    }
    try {
      const graph = parse(bytes);
      for (const { dims } of [...graph.inputs, ...graph.outputs]) {
        assert.ok(dims === undefined || dims.every((dim) => typeof dim === "string" || dim > 0));
      }
      seen.accepted++;
    } catch (error) {
      assert.ok(error instanceof ModelError, `seed ${seed}: ${error}`);
      seen.refused++;
    }
  }
  assert.ok(seen.accepted > 100 && seen.refused > 100, JSON.stringify(seen));
});

Deno.test("a file larger than the reading window is walked by skipping its weights", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "large.onnx");
    await Deno.writeFile(
      file,
      buildModel({
        inputs: [{ name: "x", type: "float32", dims: [1, 100_000] }],
        outputs: [{ name: "y", type: "float32", dims: [1, 100_000] }],
        nodes: [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }],
        initializers: { w: { type: "float32", dims: [100_000], data: new Float32Array(100_000) } },
        metadata: { after: "the weights" },
      }),
    );
    const graph = readGraphInfo(file);
    assert.ok(graph.sizeBytes > 400_000);
    assert.deepEqual(graph.metadata, { after: "the weights" });
    assert.deepEqual(graph.outputs.map(portText), ["y float32[1,100000]"]);
    assert.throws(() => readGraphInfo(join(folder, "none.onnx")), { code: "not_found", message: /no such file/ });
    assert.throws(() => readGraphInfo(folder), { code: "unreadable", message: /directory/ });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
