import { buildModel, type NodeSpec, type PortSpec, type TensorValue } from "../../scripts/bench/onnx_builder.ts";
import { random } from "../../scripts/bench/random.ts";

/** A column of a network's rows: sigmoid(mixture of the cell's mean colour) × scale + add. */
interface Column {
  scale?: number;
  add?: number;
  /** Rounded down to a whole number. */
  whole?: boolean;
}

const SIDE = 64;
const STRIDES = [8, 16, 32];
/** How much a colour can move a number: enough for every score. */
const REACH = 9;

const many = (count: number, column: Column = {}) => Array.from({ length: count }, () => column);
const square = (size = SIDE) => [1, 3, size, size];

/** A network being put together: cells of a picture, each seen by its mean colour. */
class Cells {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: Record<string, TensorValue> = {};
  readonly outputs: PortSpec[] = [];
  #random: () => number;
  #count = 0;

  /** `seed` decides all weights; the input is a picture `[1,3,height,width]` of numbers that begin at `lowest`. */
  constructor(seed: number, private readonly input: string) {
    this.#random = random(seed);
  }

  node(op: string, inputs: string[], attributes?: NodeSpec["attributes"]): string {
    const name = `t${this.#count++}`;
    this.nodes.push({ op, inputs, outputs: [name], ...(attributes && { attributes }) });
    return name;
  }

  constant(value: TensorValue): string {
    const name = `c${this.#count++}`;
    this.initializers[name] = value;
    return name;
  }

  floats(dims: number[], data: number[]): string {
    return this.constant({ type: "float32", dims, data });
  }

  shape(...dims: number[]): string {
    return this.constant({ type: "int64", dims: [dims.length], data: dims });
  }

  /** Rows of numbers `[1,cells × anchors,columns]` for the cells of one stride. */
  rows(stride: number, columns: Column[], anchors = 1): string {
    const width = columns.length * anchors;
    const pooled = this.node("AveragePool", [this.input], {
      kernel_shape: [stride, stride],
      strides: [stride, stride],
      ceil_mode: 1,
    });
    const weights = Array.from({ length: width * 3 }, () => (this.#random() - 0.5) * REACH);
    const bias = Array.from({ length: width }, () => (this.#random() - 0.5) * 2);
    const mixed = this.node("Conv", [pooled, this.floats([width, 3, 1, 1], weights), this.floats([width], bias)]);
    const last = this.node("Transpose", [mixed], { perm: [0, 2, 3, 1] });
    const flat = this.node("Reshape", [last, this.shape(1, -1, columns.length)]);
    const scale = this.floats([columns.length], columns.map(({ scale = 1 }) => scale));
    const add = this.floats([columns.length], columns.map(({ add = 0 }) => add));
    const scaled = this.node("Mul", [this.node("Sigmoid", [flat]), scale]);
    return this.node(columns.some(({ whole }) => whole) ? "Floor" : "Identity", [this.node("Add", [scaled, add])]);
  }

  joined(parts: string[], axis = 1): string {
    return this.node("Concat", parts, { axis });
  }

  output(name: string, from: string, port: { type?: PortSpec["type"]; dims: (number | string)[] }): void {
    this.nodes.push({ op: "Identity", inputs: [from], outputs: [name] });
    this.outputs.push({ name, type: port.type ?? "float32", dims: port.dims });
  }

  /** The file; `image` is what its first operation makes the picture of. */
  file(input: PortSpec, before: NodeSpec[] = [], metadata: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
    const { nodes, initializers, outputs } = this;
    return buildModel({ inputs: [input], outputs, nodes: [...before, ...nodes], initializers, metadata });
  }
}

const images = (dims: number[], type: PortSpec["type"] = "float32"): PortSpec => ({ name: "images", type, dims });
const ultralytics = (task: string, labels: string[], more: Record<string, string> = {}) => ({
  author: "Ultralytics",
  task,
  stride: "32",
  names: `{${labels.map((label, i) => `${i}: '${label}'`).join(", ")}}`,
  imgsz: `[${SIDE}, ${SIDE}]`,
  ...more,
});

/** Boxes as YOLO has them: a place anywhere, sides from small to half of the input. */
const PLACE: Column[] = [...many(2, { scale: SIDE }), ...many(2, { scale: 40, add: 6 })];
const CORNERS: Column[] = [...many(2, { scale: 30 }), ...many(2, { scale: 30, add: 32 })];

/** A YOLOv8 for poses: one class, a skeleton of 17 points. */
function pose(): Uint8Array<ArrayBuffer> {
  const net = new Cells(1, "images");
  const point: Column[] = [...many(2, { scale: SIDE }), {}];
  const columns = [...PLACE, {}, ...many(17).flatMap(() => point)];
  const rows = net.joined(STRIDES.map((stride) => net.rows(stride, columns)));
  net.output("output0", net.node("Transpose", [rows], { perm: [0, 2, 1] }), { dims: [1, 56, 84] });
  return net.file(images(square()), [], ultralytics("pose", ["person"], { kpt_shape: "[17, 3]" }));
}

/** A segmenting YOLOv8 of two classes with four prototypes. */
function segment(): Uint8Array<ArrayBuffer> {
  const net = new Cells(2, "images");
  const columns = [...PLACE, ...many(2), ...many(4, { scale: 4, add: -1.6 })];
  const rows = net.joined(STRIDES.map((stride) => net.rows(stride, columns)));
  net.output("output0", net.node("Transpose", [rows], { perm: [0, 2, 1] }), { dims: [1, 10, 84] });
  net.output("output1", prototypes(net), { dims: [1, 4, 16, 16] });
  return net.file(images(square()), [], ultralytics("segment", ["cat", "dog"]));
}

/** A segmenting YOLO26, which chooses its boxes itself. */
function segmentChosen(): Uint8Array<ArrayBuffer> {
  const net = new Cells(3, "images");
  const columns = [...CORNERS, {}, { scale: 0, add: 1 }, ...many(4, { scale: 4, add: -1.6 })];
  net.output("output0", net.rows(16, columns), { dims: [1, 16, 10] });
  net.output("output1", prototypes(net), { dims: [1, 4, 16, 16] });
  return net.file(images(square()), [], ultralytics("segment", ["cat", "dog"]));
}

function prototypes(net: Cells): string {
  const rows = net.rows(4, many(4, { scale: 2, add: -1 }));
  const turned = net.node("Transpose", [rows], { perm: [0, 2, 1] });
  return net.node("Reshape", [turned, net.shape(1, 4, 16, 16)]);
}

/** SCRFD with landmarks, named by numbers and without a batch, as InsightFace exports it. */
function scrfd(): Uint8Array<ArrayBuffer> {
  const net = new Cells(4, "images");
  const kinds: Column[][] = [[{}], many(4, { scale: 2, add: 0.2 }), many(10, { scale: 3, add: -1 })];
  kinds.forEach((columns, kind) =>
    STRIDES.forEach((stride, level) => {
      const dims = [2 * (SIDE / stride) ** 2, columns.length];
      const rows = net.node("Reshape", [net.rows(stride, columns, 2), net.shape(...dims)]);
      net.output(String(443 + kind * 3 + level * 25), rows, { dims });
    })
  );
  return net.file(images(square()));
}

/** UltraFace in one output, channels last. */
function ultraface(): Uint8Array<ArrayBuffer> {
  const net = new Cells(5, "picture");
  const columns = [...many(2), ...many(2, { scale: 0.6 }), ...many(2, { scale: 0.1, add: 0.65 })];
  const levels = [[8, 3], [16, 2], [32, 2], [64, 3]].map(([stride, anchors]) => net.rows(stride, columns, anchors));
  net.output("Identity", net.joined(levels), { dims: [1, 4420, 6] });
  return net.file(images([1, 240, 320, 3]), [turned("images")]);
}

/** UltraFace that chose its faces: rows without a batch, and no saying how many. */
function ultrafaceChosen(): Uint8Array<ArrayBuffer> {
  const net = new Cells(9, "picture");
  const columns = [...many(2), ...many(2, { scale: 0.6 }), ...many(2, { scale: 0.1, add: 0.65 })];
  net.output("Identity", net.node("Reshape", [net.rows(32, columns), net.shape(-1, 6)]), { dims: ["faces", 6] });
  return net.file(images([1, 240, 320, 3]), [turned("images")]);
}

/** A network that answers bare numbers, without a batch. */
function bare(): Uint8Array<ArrayBuffer> {
  const net = new Cells(10, "images");
  net.output("numbers", net.node("Reshape", [net.rows(32, many(3)), net.shape(4, 3)]), { dims: [4, 3] });
  return net.file(images(square()));
}

/** TensorFlow's SSD, which takes bytes, channels last. */
function ssdTensorflow(): Uint8Array<ArrayBuffer> {
  const net = new Cells(6, "picture");
  const rows = 64;
  net.output("detection_boxes", net.rows(8, [...many(2, { scale: 0.4 }), ...many(2, { scale: 0.5, add: 0.45 })]), {
    dims: [1, rows, 4],
  });
  net.output("detection_scores", column(net, {}), { dims: [1, rows] });
  net.output("detection_classes", column(net, { scale: 5, whole: true }), { dims: [1, rows] });
  net.output("num_detections", net.floats([1], [50]), { dims: [1] });
  const before: NodeSpec[] = [
    { op: "Cast", inputs: ["images"], outputs: ["floats"], attributes: { to: 1 } },
    { op: "Mul", inputs: ["floats", "unit"], outputs: ["scaled"] },
    turned("scaled"),
  ];
  net.initializers.unit = { type: "float32", dims: [1], data: [1 / 255] };
  return net.file(images([1, SIDE, SIDE, 3], "uint8"), before);
}

/** SSD-ResNet34 of MLPerf's reference. */
function ssdMlperf(): Uint8Array<ArrayBuffer> {
  const net = new Cells(7, "images");
  const rows = 64;
  net.output("bboxes", net.rows(8, [...many(2, { scale: 0.4 }), ...many(2, { scale: 0.5, add: 0.45 })]), {
    dims: [1, rows, 4],
  });
  const labels = net.node("Cast", [column(net, { scale: 79, add: 1, whole: true })], { to: 7 });
  net.output("labels", labels, { type: "int64", dims: [1, rows] });
  net.output("scores", column(net, {}), { dims: [1, rows] });
  return net.file(images(square()));
}

function column(net: Cells, kind: Column): string {
  return net.node("Reshape", [net.rows(8, [kind]), net.shape(1, -1)]);
}

/** A feature vector of 16 numbers, as long as the picture makes it. */
function embedding(): Uint8Array<ArrayBuffer> {
  const net = new Cells(8, "images");
  const rows = net.rows(16, [{ scale: 4, add: -2 }]);
  net.output("features", net.node("Reshape", [rows, net.shape(1, -1)]), { dims: [1, 16] });
  return net.file(images(square()));
}

const turned = (from: string): NodeSpec => ({
  op: "Transpose",
  inputs: [from],
  outputs: ["picture"],
  attributes: { perm: [0, 3, 1, 2] },
});

/** Small networks in the form of those that are too large to keep; what they see means nothing, how they say it is real. */
export const MODEL_FILES: Record<string, () => Uint8Array<ArrayBuffer>> = {
  pose,
  segment,
  segment_chosen: segmentChosen,
  scrfd,
  ultraface_joined: ultraface,
  ultraface_chosen: ultrafaceChosen,
  ssd_tensorflow: ssdTensorflow,
  ssd_mlperf: ssdMlperf,
  embedding,
  bare,
};
