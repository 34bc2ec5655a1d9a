import type { NodeSpec } from "../../../scripts/bench/onnx_builder.ts";
import { names, picture, type Sample, ultralytics } from "./sample.ts";

const split: NodeSpec[] = [
  { op: "Split", inputs: ["images"], outputs: ["r", "g", "b"] },
  { op: "Concat", inputs: ["b", "g", "r"], outputs: ["turned"] },
];

/** Models that answer vectors: classes, embeddings, heads on them, waves, bare tensors. */
export const VECTOR_SAMPLES: readonly Sample[] = [
  {
    what: "a classifier of ImageNet",
    adapter: "classify",
    input: ["batch", 3, 224, 224],
    outputs: { logits: ["batch", 1000] },
    last: "Gemm",
    expect: {
      input: { fit: "crop", resize: 256, mean: [0.485, 0.456, 0.406], maxBatch: 32 },
      options: { activation: "auto" },
      labels: 1000,
      why: /assumed to be ImageNet's/,
    },
  },
  {
    what: "a classifier of TensorFlow, channels last",
    adapter: "classify",
    input: [1, 224, 224, 3],
    outputs: { "Softmax:0": [1, 1000] },
    last: "Softmax",
    expect: { input: { layout: "nhwc", mean: [127, 127, 127], std: [128, 128, 128] }, options: { activation: "none" } },
  },
  {
    what: "Ultralytics' classifier",
    adapter: "classify",
    input: picture(224),
    outputs: { output0: [1, 3] },
    last: "Softmax",
    metadata: ultralytics(224, 3, { task: "classify" }),
    expect: { input: { fit: "crop", mean: [0, 0, 0], scale: 1 / 255 }, labels: 3 },
  },
  {
    what: "a classifier of bytes",
    adapter: "classify",
    input: picture(224),
    type: "uint8",
    outputs: { probabilities: [1, 10] },
    expect: { input: { type: "uint8", scale: 1, mean: [0, 0, 0] } },
  },
  {
    what: "an embedding that turns its colours round itself",
    adapter: "embed",
    input: [1, 256, 128, 3],
    outputs: { "Identity:0": [1, 256] },
    first: split,
    expect: { input: { layout: "nhwc", colour: "bgr", scale: 1, width: 128, height: 256 }, why: /turns the order/ },
  },
  {
    what: "an embedding whose length is to be kept",
    adapter: "embed",
    input: picture(112),
    outputs: { fc1: [1, 512] },
    hints: { options: { normalise: false } },
    expect: { options: { normalise: false } },
  },
  {
    what: "heads on a feature vector",
    adapter: "head",
    input: ["batch", 52],
    outputs: { Boredom: ["batch", 4], Engagement: ["batch", 4] },
    hints: { labels: names(4) },
    expect: {
      input: { layout: "vector", width: 52, height: 1, maxBatch: 32 },
      options: { activation: "auto" },
      outputs: ["Boredom", "Engagement"],
      labels: 4,
      why: /2 heads, to which softmax is applied/,
    },
  },
  {
    what: "a head that answers probabilities",
    adapter: "head",
    input: [1, 128],
    outputs: { mood: [1, 3] },
    last: "Softmax",
    expect: { input: { maxBatch: 1 }, options: { activation: "none" }, why: /one head, after Softmax/ },
  },
  {
    what: "a network that follows a face's pulse and carries its state along",
    adapter: "wave",
    input: [1, 1, 36, 36, 3],
    outputs: { bvp: ["frames", 1] },
    hints: { stateful: true },
    expect: { input: { layout: "nhwc", width: 36, height: 36, timed: true, maxBatch: 1 }, outputs: ["bvp"] },
  },
  {
    what: "any network of pictures, when bare numbers are asked for",
    adapter: "tensor",
    input: picture(64),
    outputs: { a: [1, 2, 3, 4], b: [1, 7] },
    hints: { forced: true },
    expect: { outputs: ["a", "b"] },
  },
];
