import assert from "node:assert/strict";
import { wrongShapeDetector } from "../scripts/bench/sample_models.ts";
import type { InputSpec, ModelSpec } from "../src/core/model.ts";
import { place } from "../src/vision/fit.ts";
import { SAMPLES } from "../tests/golden/model_samples.ts";
import { graphOf, names, picture, type Sample, ultralytics } from "../tests/golden/samples/sample.ts";
import type { Hints } from "./adapter.ts";
import { COCO_80, COCO_91 } from "./coco_labels.ts";
import { feedsOf } from "./feeds.ts";
import type { GraphInfo } from "./graph_info.ts";
import { parseGraphInfo } from "./onnx_metadata.ts";
import { bytesOf } from "./protobuf_reader.ts";
import { adapterNamed, ADAPTERS, recognise } from "./registry.ts";
import type { Tensor, TensorType } from "./tensors.ts";

function recognised(sample: Sample, graph: GraphInfo) {
  const { hints } = sample;
  if (!hints?.forced) return recognise(graph, hints);
  const adapter = adapterNamed(sample.adapter);
  const recognition = adapter.recognise(graph, hints);
  return recognition && { adapter, recognition };
}

for (const sample of SAMPLES) {
  Deno.test(`the adapter ${sample.adapter} recognises ${sample.what}`, () => {
    const graph = graphOf(sample);
    const found = recognised(sample, graph);
    assert.equal(found?.adapter.name, sample.adapter);
    const { recognition } = found!;
    const { expect = {} } = sample;
    for (const [key, value] of Object.entries(expect.input ?? {})) {
      assert.deepEqual(recognition.input[key as keyof InputSpec], value, key);
    }
    for (const [key, value] of Object.entries(expect.options ?? {})) {
      assert.deepEqual(recognition.options?.[key], value, key);
    }
    if (expect.labels !== undefined) assert.equal(recognition.labels.length, expect.labels);
    if (expect.outputs) assert.deepEqual(recognition.outputs, expect.outputs);
    if (expect.why) assert.match(recognition.why.join("; "), expect.why);
  });
}

for (const adapter of ADAPTERS) {
  const samples = SAMPLES.filter((sample) => sample.adapter === adapter.name);

  Deno.test(`the adapter ${adapter.name} has a name of its own, a description and a sample`, () => {
    assert.equal(ADAPTERS.filter(({ name }) => name === adapter.name).length, 1);
    assert.match(adapter.name, /^[a-z0-9]+$/);
    assert.ok(adapter.describe.length > 20);
    assert.ok(samples.length > 0);
  });

  Deno.test(`what the adapter ${adapter.name} makes of a file is complete, plain data that fits the graph`, () => {
    for (const sample of samples) {
      const graph = graphOf(sample);
      const { recognition } = recognised(sample, graph)!;
      const { input, outputs, why } = recognition;
      assert.deepEqual(structuredClone(recognition), recognition);
      assert.ok(why.length > 0 && why.every((sentence) => sentence.length > 10));
      const channels = input.colour === "gray" ? 1 : 3;
      assert.equal(input.mean.length, channels);
      assert.equal(input.std.length, channels);
      assert.ok(outputs.every((name) => graph.outputs.some((port) => port.name === name)));
      assert.ok(recognition.maxDetections > 0 && recognition.minScore >= 0 && recognition.iou <= 1);
    }
  });

  Deno.test(`the adapter ${adapter.name} reads a zero answer of every sample as nothing seen`, () => {
    for (const sample of samples) {
      const graph = graphOf(sample);
      const { recognition } = recognised(sample, graph)!;
      const spec: ModelSpec = {
        name: "sample",
        file: "sample.onnx",
        sha256: "",
        task: adapter.task,
        adapter: adapter.name,
        ...recognition,
      };
      const answer = () => adapter.read(zeros(sample, graph, spec), 0, spec, place(spec.input, 1280, 720));
      if (adapter.task === "embed") assert.throws(answer, /zeros/);
      else if (adapter.task === "detect") assert.deepEqual(answer(), { detections: [] });
      else assert.deepEqual(structuredClone(answer()), answer());
    }
  });

  Deno.test(`the adapter ${adapter.name} passes over a graph that takes neither pictures nor feature vectors`, () => {
    const signal = graphOf({ what: "", adapter: "", input: [1, 1, 300], outputs: { output: [1, 10] } });
    assert.equal(adapter.recognise(signal), undefined);
    assert.equal(adapter.recognise(signal, { forced: true }), undefined);
  });
}

/** Outputs of zeros in the shapes that the graph states, open dimensions as a run would make them. */
function zeros(sample: Sample, graph: GraphInfo, spec: ModelSpec): Record<string, Tensor> {
  const cells = (stride: number) => Math.ceil(spec.input.width / stride) * Math.ceil(spec.input.height / stride);
  const open = (name: string, axis: number): number => {
    if (axis === 0) return 1;
    if (sample.adapter === "ssd") return 5;
    if (sample.adapter === "yunet") return cells(Number(name.split("_")[1]));
    const { layout, classes } = spec.options as { layout?: string; classes?: number };
    if (layout === "v8") return axis === 1 ? 4 + classes! : cells(8) + cells(16) + cells(32);
    return axis === 1 ? 300 : 6;
  };
  return Object.fromEntries(graph.outputs.map(({ name, type, dims }) => {
    const shape = dims!.map((dim, axis) => typeof dim === "number" ? dim : open(name, axis));
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    return [name, { type: type as TensorType, dims: shape, data }];
  }));
}

Deno.test("further inputs are fed a row for every picture of the batch", () => {
  const sample = SAMPLES.find(({ what }) => what === "RT-DETR or D-FINE")!;
  const { recognition } = recognise(graphOf(sample))!;
  const data = new Float32Array(2 * 3 * 640 * 640);
  const feeds = feedsOf(recognition, { data, count: 2 });
  assert.deepEqual(feeds.images.dims, [2, 3, 640, 640]);
  assert.deepEqual(feeds.orig_target_sizes, {
    type: "int64",
    dims: [2, 2],
    data: BigInt64Array.of(640n, 640n, 640n, 640n),
  });
});

Deno.test("a detector whose metadata contradicts its output is refused with both numbers", () => {
  const graph = parseGraphInfo("wrong.onnx", bytesOf(wrongShapeDetector()));
  assert.throws(() => recognise(graph), /names 3 classes, so its output should have 7 rows, but it is output0 .*14,16/);
});

Deno.test("a detector of oriented boxes is refused by name", () => {
  const sample: Sample = {
    what: "",
    adapter: "",
    outputs: { output0: [1, 20, 8400] },
    metadata: ultralytics(640, 15, { task: "obb" }),
  };
  assert.throws(() => recognise(graphOf(sample)), /oriented boxes/);
});

Deno.test("a YOLO whose rows may be a skeleton or classes is refused with what to write into its manifest", () => {
  const sample: Sample = { what: "", adapter: "", outputs: { output0: [1, 56, 8400] } };
  const either =
    /output0 .* one class with a skeleton of 17 points or 52 classes.*options: \{keypoints: \[17, 3\]\} or labels/;
  assert.throws(() => recognise(graphOf(sample)), either);
  assert.equal(recognise(graphOf(sample), { labels: names(52) })!.recognition.options!.classes, 52);
  const hints = { options: { keypoints: [17, 4] } };
  assert.throws(() => recognise(graphOf(sample), hints), /options.keypoints must be .* \[17, 3\]/);
});

Deno.test("six outputs that fit no grid of the input, and six numbers a row that fit no faces, are nobody's", () => {
  const outputs = (rows: number[]) =>
    Object.fromEntries(rows.flatMap((row) => [[`s${row}`, [1, row, 1]], [`b${row}`, [1, row, 4]]]));
  const faces: Sample = { what: "", adapter: "", input: picture(320), outputs: outputs([100, 200, 300]) };
  assert.equal(recognise(graphOf(faces)), undefined);
  const rows: Sample = { what: "", adapter: "", input: [1, 200, 200, 3], outputs: { out: ["n", 6] } };
  assert.equal(adapterNamed("ultraface").recognise(graphOf(rows)), undefined);
  assert.ok(adapterNamed("ultraface").recognise(graphOf(rows), { forced: true }));
});

Deno.test("an SCRFD whose size is asked for wrongly is refused", () => {
  const sample = SAMPLES.find(({ what }) => what.startsWith("SCRFD as InsightFace"))!;
  const hints = { size: { width: 330, height: 330 } };
  assert.throws(() => recognise(graphOf(sample), hints), /330×330 does not fit SCRFD: it wants multiples of 32/);
});

Deno.test("labels that are too few or too many for the outputs are refused", () => {
  const sample: Sample = { what: "", adapter: "", outputs: { output0: [1, 84, 8400] } };
  assert.throws(() => recognise(graphOf(sample), { labels: names(3) }), /names 3 classes, but its outputs have 80/);
});

Deno.test("a manifest's option decides where the file leaves doubt", () => {
  const sample: Sample = { what: "", adapter: "", input: picture(224), outputs: { y: [1, 10] }, last: "Sigmoid" };
  const activation = (hints?: Hints) => recognise(graphOf(sample), hints)!.recognition.options!.activation;
  assert.equal(activation(), "none");
  assert.equal(activation({ options: { activation: "softmax" } }), "softmax");
  assert.throws(() => activation({ options: { activation: "relu" } }), /none of none, softmax, sigmoid, exp, auto/);
});

Deno.test("a size that the graph does not allow is refused", () => {
  const sample: Sample = { what: "", adapter: "", outputs: { output0: [1, 84, 8400] } };
  const hints = { size: { width: 320, height: 320 } };
  assert.throws(
    () => recognise(graphOf(sample), hints),
    /320×320 was asked for, but the graph's width is fixed at 640/,
  );
});

Deno.test("an unknown adapter's name is answered with the known ones", () => {
  assert.throws(() => adapterNamed("yollo"), /no adapter 'yollo': there are .*yolo/);
});

Deno.test("COCO's own numbers name the same classes as the 80 of the detection task", () => {
  assert.equal(COCO_80.length, 80);
  assert.equal(new Set(COCO_80).size, 80);
  assert.equal(COCO_91.length, 91);
  assert.deepEqual(COCO_91.filter((name) => !name.startsWith("class ")), COCO_80);
  assert.deepEqual([COCO_91[1], COCO_91[18], COCO_91[62], COCO_91[90]], ["person", "dog", "chair", "toothbrush"]);
});
