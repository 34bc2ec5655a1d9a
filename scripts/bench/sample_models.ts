import { buildModel, type ElementType, type NodeSpec, type TensorValue } from "./onnx_builder.ts";

/** How a small model is to be. */
export interface SampleModelOptions {
  /** Side of the square input; default 64. */
  size?: number;
  /** Side of one cell, and so of every box; divides `size`; default 16. */
  cell?: number;
  /** Type of the picture input and of the output; default float32. */
  type?: "float32" | "float16";
  /** A fixed batch size, or a dynamic one; default dynamic. */
  batch?: number | "batch";
}

const LABELS = ["red", "green", "blue"];

/**
 * A detector in YOLOv8's output format that finds coloured cells: per cell of the input one box as large as the cell,
 * with a score per primary colour of `own channel − half the others`, so a pure red cell is `red` with score 1 and
 * a grey or black one is nothing. It is cheap, exact, and the same on every machine.
 */
export function tinyDetector(options: SampleModelOptions = {}): Uint8Array<ArrayBuffer> {
  return detector(options, [], "cells");
}

/** A {@link tinyDetector} whose scores are NaN as soon as a picture's mean brightness exceeds one half. */
export function nanDetector(options: SampleModelOptions = {}): Uint8Array<ArrayBuffer> {
  const nodes: NodeSpec[] = [
    brightness,
    { op: "Sub", inputs: ["half", "brightness"], outputs: ["margin"] },
    { op: "Sqrt", inputs: ["margin"], outputs: ["root"] },
    { op: "Sub", inputs: ["root", "root"], outputs: ["zeroOrNaN"] },
    { op: "Reshape", inputs: ["zeroOrNaN", "scalarShape"], outputs: ["poison"] },
    { op: "Add", inputs: ["cells", "poison"], outputs: ["poisoned"] },
  ];
  return detector({ ...options, batch: 1 }, nodes, "poisoned");
}

/** A {@link tinyDetector} whose run throws inside ONNX Runtime as soon as a picture's mean brightness exceeds one half. */
export function throwingDetector(options: SampleModelOptions = {}): Uint8Array<ArrayBuffer> {
  const nodes: NodeSpec[] = [
    brightness,
    { op: "Add", inputs: ["brightness", "half"], outputs: ["raised"] },
    { op: "Cast", inputs: ["raised"], outputs: ["indices"], attributes: { to: 7 } },
    { op: "Reshape", inputs: ["indices", "scalarShape"], outputs: ["index"] },
    // Index 0 is the only one there is: a bright picture asks for index 1.
    { op: "Gather", inputs: ["single", "index"], outputs: ["zero"] },
    { op: "Add", inputs: ["cells", "zero"], outputs: ["checked"] },
  ];
  return detector({ ...options, batch: 1 }, nodes, "checked");
}

/** A model that says by its metadata that it is an Ultralytics detector of three classes, and has two rows too many. */
export function wrongShapeDetector(options: SampleModelOptions = {}): Uint8Array<ArrayBuffer> {
  const nodes: NodeSpec[] = [{ op: "Concat", inputs: ["cells", "cells"], outputs: ["twice"], attributes: { axis: 1 } }];
  return detector(options, nodes, "twice", 14);
}

/** A {@link tinyDetector} over integers: its picture input is int64, which no picture fits. */
export function wrongTypeDetector(options: SampleModelOptions = {}): Uint8Array<ArrayBuffer> {
  return detector(options, [], "cells", 7, "int64");
}

/** How a slow model is to be. */
export interface SlowModelOptions extends SampleModelOptions {
  /** About how long one run takes on one thread of a present-day core. */
  ms: number;
  /** When true only pictures with a mean brightness above one half are slow, so warming up is not. */
  onlyWhenBright?: boolean;
}

/** A {@link tinyDetector} that takes about `ms` a run, in a loop of convolutions: its file stays small however slow. */
export function slowDetector(options: SlowModelOptions): Uint8Array<ArrayBuffer> {
  const channels = 16;
  const side = 64;
  const body = {
    inputs: [
      { name: "i", type: "int64" as const, dims: [] },
      { name: "go", type: "bool" as const, dims: [] },
      { name: "state", type: "float32" as const, dims: [1, channels, side, side] },
    ],
    outputs: [
      { name: "goOut", type: "bool" as const, dims: [] },
      { name: "stateOut", type: "float32" as const, dims: [1, channels, side, side] },
    ],
    nodes: [
      { op: "Identity", inputs: ["go"], outputs: ["goOut"] },
      { op: "Conv", inputs: ["state", "kernel"], outputs: ["stateOut"], attributes: { pads: [1, 1, 1, 1] } },
    ],
    initializers: { kernel: constant([channels, channels, 3, 3], 1 / (channels * 9)) },
  };
  const runs = Math.max(1, Math.round(options.ms / MS_PER_CONVOLUTION));
  const nodes: NodeSpec[] = [
    brightness,
    { op: "Greater", inputs: ["brightness", "half"], outputs: ["bright"] },
    { op: "Cast", inputs: ["bright"], outputs: ["brightInt"], attributes: { to: 7 } },
    { op: "Mul", inputs: ["brightInt", "slowRuns"], outputs: ["extraRuns"] },
    { op: "Add", inputs: ["extraRuns", "baseRuns"], outputs: ["runsList"] },
    { op: "Reshape", inputs: ["runsList", "emptyShape"], outputs: ["runs"] },
    { op: "Loop", inputs: ["runs", "", "start"], outputs: ["end"], attributes: { body: { graph: body } } },
    { op: "ReduceMean", inputs: ["end"], outputs: ["endMean"], attributes: { keepdims: 1 } },
    { op: "Mul", inputs: ["endMean", "nought"], outputs: ["endZero"] },
    { op: "Reshape", inputs: ["endZero", "scalarShape"], outputs: ["zero"] },
    { op: "Add", inputs: ["cells", "zero"], outputs: ["late"] },
  ];
  const counts = options.onlyWhenBright ? [runs, 1] : [0, runs];
  return detector({ ...options, type: "float32", batch: 1 }, nodes, "late", 7, "float32", {
    start: constant([1, channels, side, side], 1),
    nought: constant([1], 0),
    slowRuns: { type: "int64", dims: [1], data: [counts[0]] },
    baseRuns: { type: "int64", dims: [1], data: [counts[1]] },
    emptyShape: { type: "int64", dims: [0], data: [] },
  });
}

// 19 million multiplications and additions, on one thread.
const MS_PER_CONVOLUTION = 0.2;

const brightness: NodeSpec = {
  op: "ReduceMean",
  inputs: ["picture"],
  outputs: ["brightness"],
  attributes: { axes: [0, 1, 2, 3], keepdims: 1 },
};

function detector(
  options: SampleModelOptions,
  extra: readonly NodeSpec[],
  output: string,
  rows = 7,
  inputType: ElementType = options.type ?? "float32",
  initializers: Record<string, TensorValue> = {},
): Uint8Array<ArrayBuffer> {
  const { size = 64, cell = 16, type = "float32", batch = "batch" } = options;
  const across = size / cell;
  const count = across * across;
  const weights = new Float32Array(7 * 3).fill(0);
  for (let label = 0; label < 3; label++) {
    for (let channel = 0; channel < 3; channel++) weights[(4 + label) * 3 + channel] = label === channel ? 1 : -0.5;
  }
  const boxes = new Float32Array(7 * count).fill(0);
  for (let i = 0; i < count; i++) {
    boxes[i] = ((i % across) + 0.5) * cell;
    boxes[count + i] = (Math.floor(i / across) + 0.5) * cell;
    boxes[2 * count + i] = boxes[3 * count + i] = cell;
  }
  const nodes: NodeSpec[] = [
    inputType === type
      ? { op: "Identity", inputs: ["images"], outputs: ["picture"] }
      : { op: "Cast", inputs: ["images"], outputs: ["picture"], attributes: { to: type === "float16" ? 10 : 1 } },
    {
      op: "AveragePool",
      inputs: ["picture"],
      outputs: ["means"],
      attributes: { kernel_shape: [cell, cell], strides: [cell, cell] },
    },
    { op: "Conv", inputs: ["means", "weights"], outputs: ["grid"], attributes: { kernel_shape: [1, 1] } },
    { op: "Reshape", inputs: ["grid", "flatShape"], outputs: ["flat"] },
    { op: "Add", inputs: ["flat", "boxes"], outputs: ["cells"] },
    ...extra,
    { op: "Identity", inputs: [output], outputs: ["output0"] },
  ];
  const constants: Record<string, TensorValue> = {
    weights: { type, dims: [7, 3, 1, 1], data: weights },
    boxes: { type, dims: [1, 7, count], data: boxes },
    flatShape: { type: "int64", dims: [3], data: [0, 7, -1] },
    half: { type, dims: [1], data: [0.5] },
    single: { type, dims: [1], data: [0] },
    scalarShape: { type: "int64", dims: [1], data: [1] },
    ...initializers,
  };
  // ONNX Runtime warns of every constant that nobody uses.
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return buildModel({
    name: "tiny_detector",
    inputs: [{ name: "images", type: inputType, dims: [batch, 3, size, size] }],
    outputs: [{ name: "output0", type, dims: [batch, rows, count] }],
    nodes,
    initializers: Object.fromEntries(Object.entries(constants).filter(([name]) => used.has(name))),
    metadata: ultralyticsMetadata(size, LABELS),
  });
}

function constant(dims: number[], value: number): TensorValue {
  return { type: "float32", dims, data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(value) };
}

/** A classifier of three classes: bright pictures are of the second, dark ones of the first. */
export function brightClassifier(metadata: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
  return buildModel({
    inputs: [{ name: "images", type: "float32", dims: [1, 3, 64, 64] }],
    outputs: [{ name: "probabilities", type: "float32", dims: [1, 3] }],
    nodes: [
      { op: "GlobalAveragePool", inputs: ["images"], outputs: ["colour"] },
      { op: "Flatten", inputs: ["colour"], outputs: ["flat"] },
      { op: "MatMul", inputs: ["flat", "weights"], outputs: ["logits"] },
      { op: "Softmax", inputs: ["logits"], outputs: ["probabilities"] },
    ],
    initializers: { weights: { type: "float32", dims: [3, 3], data: [-1, 1, 0, -1, 1, 0, -1, 1, 0] } },
    metadata,
  });
}

/** A classifier that does not say what its five classes are. */
export function unnamedClassifier(): Uint8Array<ArrayBuffer> {
  return buildModel({
    inputs: [{ name: "x", type: "float32", dims: [1, 3, 32, 32] }],
    outputs: [{ name: "y", type: "float32", dims: [1, 5] }],
    nodes: [
      { op: "GlobalAveragePool", inputs: ["x"], outputs: ["p"] },
      { op: "Conv", inputs: ["p", "w"], outputs: ["c"], attributes: { kernel_shape: [1, 1] } },
      { op: "Flatten", inputs: ["c"], outputs: ["f"] },
      { op: "Softmax", inputs: ["f"], outputs: ["y"] },
    ],
    initializers: { w: constant([5, 3, 1, 1], 0.1) },
  });
}

/** The metadata that Ultralytics' exporter writes into an ONNX file, as far as it says what the model is. */
export function ultralyticsMetadata(size: number, labels: readonly string[]): Record<string, string> {
  return {
    description: "Weir sample model",
    author: "Ultralytics",
    version: "8.3.0",
    stride: "32",
    task: "detect",
    batch: "1",
    imgsz: `[${size}, ${size}]`,
    names: `{${labels.map((label, i) => `${i}: '${label}'`).join(", ")}}`,
  };
}
