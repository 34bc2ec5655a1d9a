import { buildModel, type NodeSpec, type TensorValue } from "./onnx_builder.ts";
import { random } from "./random.ts";
import { ultralyticsMetadata } from "./sample_models.ts";

/** How a generated network is to be. */
export interface YoloLikeOptions {
  /** Side of the square input, a multiple of 32; default 640. */
  size?: number;
  /** Width multiple; 0.25 (default) gives YOLOv8n's channels, 0.125 about a quarter of its cost. */
  width?: number;
  /** Number of classes; default 80. */
  classes?: number;
  /** Seed of the weights; the same seed gives the same bytes. */
  seed?: number;
}

/**
 * A network with YOLOv8's architecture, cost and output format and random weights: at its defaults 3.2 million
 * parameters, 8.7 GFLOPs and `[1, 84, 8400]`. What it sees means nothing; what it costs is real.
 */
export function yoloLike(options: YoloLikeOptions = {}): Uint8Array<ArrayBuffer> {
  const { size = 640, width = 0.25, classes = 80, seed = 1 } = options;
  const net = new Network(seed);
  const c = (channels: number) => Math.max(8, Math.round((channels * width) / 8) * 8);

  let x: Feature = { name: "images", channels: 3 };
  x = net.conv(x, c(64), 3, 2);
  x = net.conv(x, c(128), 3, 2);
  x = net.c2f(x, c(128), 1, true);
  x = net.conv(x, c(256), 3, 2);
  const p3 = net.c2f(x, c(256), 2, true);
  x = net.conv(p3, c(512), 3, 2);
  const p4 = net.c2f(x, c(512), 2, true);
  x = net.conv(p4, c(1024), 3, 2);
  x = net.c2f(x, c(1024), 1, true);
  const p5 = net.sppf(x, c(1024));

  const n4 = net.c2f(net.concat([net.upsample(p5), p4]), c(512), 1, false);
  const n3 = net.c2f(net.concat([net.upsample(n4), p3]), c(256), 1, false);
  const m4 = net.c2f(net.concat([net.conv(n3, c(256), 3, 2), n4]), c(512), 1, false);
  const m5 = net.c2f(net.concat([net.conv(m4, c(512), 3, 2), p5]), c(1024), 1, false);

  const anchors = net.detect([n3, m4, m5], size, classes);
  const labels = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return buildModel({
    name: "yolo_like",
    inputs: [{ name: "images", type: "float32", dims: [1, 3, size, size] }],
    outputs: [{ name: "output0", type: "float32", dims: [1, 4 + classes, anchors] }],
    nodes: net.nodes,
    initializers: net.initializers,
    metadata: ultralyticsMetadata(size, labels),
  });
}

interface Feature {
  name: string;
  channels: number;
}

const REG_MAX = 16;
// About where a network of SiLU with small biases neither explodes nor forgets its picture.
const GAIN = 2.15;
const BIAS_SPREAD = 0.02;
// Untrained logits have no scale of their own: each class gets this spread over the picture around this mean, so that
// only the far end of the tail passes a threshold of 0.25, in every picture.
const CLASS_SPREAD = 1;
const CLASS_MEAN = -6.5;

class Network {
  nodes: NodeSpec[] = [];
  initializers: Record<string, TensorValue> = {};
  #count = 0;
  #random: () => number;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  /** Convolution and SiLU. */
  conv(input: Feature, channels: number, kernel: number, stride = 1): Feature {
    const plain = this.#plainConv(input, channels, kernel, stride);
    const gate = this.op("Sigmoid", [plain.name]);
    return { name: this.op("Mul", [plain.name, gate]), channels };
  }

  c2f(input: Feature, channels: number, depth: number, shortcut: boolean): Feature {
    const half = channels / 2;
    const split = this.conv(input, channels, 1);
    const [first, second] = this.split(split.name, [half, half]);
    const parts: Feature[] = [{ name: first, channels: half }, { name: second, channels: half }];
    for (let i = 0; i < depth; i++) {
      const last = parts[parts.length - 1];
      const inner = this.conv(this.conv(last, half, 3), half, 3);
      parts.push(shortcut ? { name: this.op("Add", [last.name, inner.name]), channels: half } : inner);
    }
    return this.conv(this.concat(parts), channels, 1);
  }

  sppf(input: Feature, channels: number): Feature {
    const parts = [this.conv(input, input.channels / 2, 1)];
    for (let i = 0; i < 3; i++) {
      const last = parts[parts.length - 1];
      const name = this.op("MaxPool", [last.name], { kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [1, 1] });
      parts.push({ name, channels: last.channels });
    }
    return this.conv(this.concat(parts), channels, 1);
  }

  upsample(input: Feature): Feature {
    this.initializers.twice ??= { type: "float32", dims: [4], data: [1, 1, 2, 2] };
    const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    return { name: this.op("Resize", [input.name, "", "twice"], attributes), channels: input.channels };
  }

  concat(parts: Feature[]): Feature {
    const name = this.op("Concat", parts.map((part) => part.name), { axis: 1 });
    return { name, channels: parts.reduce((sum, part) => sum + part.channels, 0) };
  }

  /** The decoupled head with distribution boxes, decoded to centre, size and class scores. Answers the anchor count. */
  detect(inputs: Feature[], size: number, classes: number): number {
    const boxChannels = Math.max(16, inputs[0].channels / 4, REG_MAX * 4);
    const classChannels = Math.max(inputs[0].channels, Math.min(classes, 100));
    const cells = [8, 16, 32].map((stride) => size / stride);
    const anchors = cells.reduce((sum, side) => sum + side * side, 0);
    const boxes: string[] = [];
    const scores: string[] = [];
    inputs.forEach((input, level) => {
      const box = this.conv(this.conv(input, boxChannels, 3), boxChannels, 3);
      const score = this.conv(this.conv(input, classChannels, 3), classChannels, 3);
      const flat = (name: string, rows: number) =>
        this.op("Reshape", [name, this.#shape([1, rows, cells[level] ** 2])]);
      boxes.push(flat(this.#plainConv(box, 4 * REG_MAX, 1).name, 4 * REG_MAX));
      scores.push(flat(this.#normalised(this.#plainConv(score, classes, 1)), classes));
    });
    const logits = this.op("Reshape", [
      this.op("Concat", boxes, { axis: 2 }),
      this.#shape([1, 4, REG_MAX, anchors]),
    ]);
    const bins = this.op("Softmax", [this.op("Transpose", [logits], { perm: [0, 2, 1, 3] })], { axis: 1 });
    const ramp = this.#constant([1, REG_MAX, 1, 1], Float32Array.from({ length: REG_MAX }, (_, i) => i));
    const sides = this.op("Conv", [bins, ramp], { kernel_shape: [1, 1] });
    const flatSides = this.op("Reshape", [sides, this.#shape([1, 4, anchors])]);
    const [leftTop, rightBottom] = this.split(flatSides, [2, 2]);
    const { centres, strides } = grid(size, anchors);
    const centre = this.#constant([1, 2, anchors], centres);
    const first = this.op("Sub", [centre, leftTop]);
    const last = this.op("Add", [centre, rightBottom]);
    const middle = this.op("Div", [this.op("Add", [first, last]), this.#constant([1], Float32Array.of(2))]);
    const extent = this.op("Sub", [last, first]);
    const box = this.op("Mul", [
      this.op("Concat", [middle, extent], { axis: 1 }),
      this.#constant([1, 1, anchors], strides),
    ]);
    const score = this.op("Sigmoid", [this.op("Concat", scores, { axis: 2 })]);
    this.nodes.push({ op: "Concat", inputs: [box, score], outputs: ["output0"], attributes: { axis: 1 } });
    return anchors;
  }

  op(op: string, inputs: string[], attributes?: NodeSpec["attributes"]): string {
    const output = this.#name(op);
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  split(input: string, sizes: number[]): string[] {
    const outputs = sizes.map(() => this.#name("Split"));
    this.nodes.push({ op: "Split", inputs: [input, this.#shape(sizes)], outputs, attributes: { axis: 1 } });
    return outputs;
  }

  #plainConv(input: Feature, channels: number, kernel: number, stride = 1): Feature {
    const pad = Math.floor(kernel / 2);
    const fanIn = input.channels * kernel * kernel;
    // A uniform distribution needs no logarithm or cosine, whose last bit differs between machines.
    const bound = Math.sqrt((3 * GAIN) / fanIn);
    const weights = new Float32Array(channels * fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = (this.#random() * 2 - 1) * bound;
    const name = this.op("Conv", [
      input.name,
      this.#constant([channels, input.channels, kernel, kernel], weights),
      this.#constant([channels], Float32Array.from({ length: channels }, () => (this.#random() * 2 - 1) * BIAS_SPREAD)),
    ], { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] });
    return { name, channels };
  }

  #normalised(input: Feature): string {
    const spread = new Float32Array(input.channels).fill(CLASS_SPREAD);
    const mean = new Float32Array(input.channels).fill(CLASS_MEAN);
    return this.op("InstanceNormalization", [
      input.name,
      this.#constant([input.channels], spread),
      this.#constant([input.channels], mean),
    ]);
  }

  #constant(dims: number[], data: Float32Array): string {
    const name = this.#name("constant");
    this.initializers[name] = { type: "float32", dims, data };
    return name;
  }

  #shape(dims: number[]): string {
    const name = `shape_${dims.join("_")}`;
    this.initializers[name] = { type: "int64", dims: [dims.length], data: dims };
    return name;
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#count++}`;
  }
}

/** Anchor centres in cells, and the stride of each anchor. */
function grid(size: number, anchors: number): { centres: Float32Array; strides: Float32Array } {
  const centres = new Float32Array(2 * anchors);
  const strides = new Float32Array(anchors);
  let at = 0;
  for (const stride of [8, 16, 32]) {
    const side = size / stride;
    for (let i = 0; i < side * side; i++, at++) {
      centres[at] = (i % side) + 0.5;
      centres[anchors + at] = Math.floor(i / side) + 0.5;
      strides[at] = stride;
    }
  }
  return { centres, strides };
}
