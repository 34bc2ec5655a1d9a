import { Candidates } from "../src/vision/nms.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { Adapter, Hints } from "./adapter.ts";
import { COCO_80, COCO_91 } from "./coco_labels.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { imageInput, IMAGENET, type ImagePort, inputSpec, type Preparation, RAW, UNIT } from "./image_input.ts";
import { metadataLabels } from "./labels.ts";
import { expectDims, itemOf, type Tensor, withBatch } from "./tensors.ts";

/** What reading an SSD takes besides its spec. */
interface SsdOptions {
  kind: "tensorflow" | "mlperf" | "torchvision";
  /** The number of the first label: TensorFlow's own label maps begin at 1, and 0 is the background. */
  first: number;
}

/** One way in which SSDs are exported, before the parts that both share. */
interface Found {
  kind: SsdOptions["kind"];
  outputs: Port[];
  preparation: Preparation;
  size: number;
  /** What it is, and how pictures go in. */
  why: [what: string, how: string];
}

/** SSDs and their kin, which choose their boxes inside the graph. */
export const ssd: Adapter = {
  name: "ssd",
  task: "detect",
  describe: "SSDs that choose their boxes themselves: TensorFlow's (detection_boxes, detection_scores, " +
    "detection_classes, num_detections), bboxes, labels, scores as SSD-ResNet34 has them, and torchvision's detectors " +
    "(boxes [n,4] in pixels, labels [n], scores [n])",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || graph.inputs.length !== 1) return undefined;
    const found = tensorflowOf(graph, image) ?? mlperfOf(graph, image) ?? torchvisionOf(graph, image);
    if (!found) return undefined;
    const { kind, outputs, preparation, size, why: [what, how] } = found;
    const { labels, first, why } = classesOf(graph, { kind, hints });
    const input = inputSpec(image, { hints, fallback: { width: size, height: size }, preparation });
    return {
      why: [
        `its outputs are ${outputs.map(portText).join(", ")}: ${what}, which chooses its boxes itself`,
        why,
        how,
      ],
      // What such a graph does for each picture it does one after the other, if it can take several at all.
      input: { ...input, maxBatch: 1 },
      labels,
      outputs: outputs.map(({ name }) => name),
      minScore: 0.3,
      iou: 1,
      maxDetections: 100,
      options: { kind, first },
    };
  },

  read(outputs, index, spec, placement) {
    const { kind } = spec.options as unknown as SsdOptions;
    return { detections: detectionsOf(candidatesOf(outputs, index, { spec, kind }), spec, placement) };
  },
};

function tensorflowOf(graph: GraphInfo, image: ImagePort): Found | undefined {
  const outputs = ["boxes", "scores", "classes"].map((what) => portCalled(graph, `detection_${what}`));
  const [boxes, scores, classes] = outputs;
  const count = portCalled(graph, "num_detections");
  if (!boxes || !scores || !classes || !count) return undefined;
  return {
    kind: "tensorflow",
    outputs: [boxes, scores, classes, count],
    preparation: { colour: "rgb", fit: "stretch", ...RAW },
    size: 300,
    why: [
      "an SSD as TensorFlow exports it",
      `pictures go in as RGB ${image.type === "uint8" ? "bytes" : "0–255"}, stretched; the graph scales them itself`,
    ],
  };
}

function mlperfOf(graph: GraphInfo, image: ImagePort): Found | undefined {
  const named = ["bboxes", "labels", "scores"].map((what) => portCalled(graph, what));
  const [boxes, labels, scores] = named;
  if (!boxes || !labels || !scores || image.type === "uint8") return undefined;
  return {
    kind: "mlperf",
    outputs: [boxes, labels, scores],
    preparation: { colour: "rgb", fit: "stretch", ...IMAGENET },
    size: 1200,
    why: [
      "an SSD as MLPerf's reference exports it (SSD-ResNet34)",
      "pictures go in as RGB 0–1 with ImageNet's mean and deviation taken off, stretched",
    ],
  };
}

/** Faster R-CNN, RetinaNet, FCOS and SSDs of torchvision: they leave the batch out and answer in pixels. */
function torchvisionOf(graph: GraphInfo, image: ImagePort): Found | undefined {
  const tensors = graph.outputs.filter(({ kind, dims }) => kind === "tensor" && dims !== undefined);
  const boxes = tensors.find(({ type, dims }) => type.startsWith("float") && dims!.length === 2 && dims![1] === 4);
  const scores = tensors.find(({ type, dims }) => type.startsWith("float") && dims!.length === 1);
  const labels = tensors.find(({ type, dims }) => type === "int64" && dims!.length === 1);
  if (!boxes || !scores || !labels || image.layout !== "nchw" || image.type === "uint8") return undefined;
  return {
    kind: "torchvision",
    outputs: [boxes, labels, scores],
    preparation: { colour: "rgb", fit: "stretch", ...UNIT },
    size: 640,
    why: [
      "a detector as torchvision exports it",
      "pictures go in as RGB 0–1, stretched; the graph does the rest itself",
    ],
  };
}

/** An output by its name; TensorFlow's names end in the number of an operation's output. */
function portCalled(graph: GraphInfo, name: string): Port | undefined {
  return graph.outputs.find((port) => port.name.replace(/:\d+$/, "") === name && port.kind === "tensor");
}

/** The graph gives numbers of classes, never how many there are. */
function classesOf(
  graph: GraphInfo,
  { kind, hints }: { kind: SsdOptions["kind"]; hints: Hints },
): { labels: string[]; first: number; why: string } {
  const given = hints.labels?.length ? hints.labels : metadataLabels(graph);
  if (given.length > 0) {
    const where = hints.labels?.length ? "the manifest" : "its metadata";
    // A list of COCO's own numbers has a name for the background, and so begins at 0.
    const first = given.length === COCO_91.length ? 0 : 1;
    return { labels: [...given], first, why: `${where} names its classes, numbered from ${first} (options.first)` };
  }
  if (kind === "mlperf") {
    return { labels: [...COCO_80], first: 1, why: "it names no classes: assumed to be COCO's 80, numbered from 1" };
  }
  return { labels: [...COCO_91], first: 0, why: "it names no classes: assumed to be COCO's own numbers, 1 to 90" };
}

function candidatesOf(
  outputs: Record<string, Tensor>,
  index: number,
  { spec, kind }: { spec: ModelSpec; kind: SsdOptions["kind"] },
): Candidates {
  const tensorflow = kind === "tensorflow";
  const pixels = kind === "torchvision";
  const [boxesName, second, third, countName] = spec.outputs;
  const [scoresName, classesName] = tensorflow ? [second, third] : [third, second];
  const item = (name: string) => itemOf(pixels ? withBatch(outputs, name) : outputs, name, index);
  const [boxes, scores, classes] = [item(boxesName), item(scoresName), item(classesName)];
  expectDims(scores, scoresName, [-1]);
  const [rows] = scores.dims;
  expectDims(boxes, boxesName, [rows, 4]);
  expectDims(classes, classesName, [rows]);
  const count = tensorflow ? Math.min(rows, countOf(outputs, countName, index)) : rows;
  const { first } = spec.options as unknown as SsdOptions;
  const { width, height } = pixels ? { width: 1, height: 1 } : spec.input;
  const candidates = new Candidates();
  for (let row = 0; row < count; row++) {
    const score = scores.data[scores.offset + row];
    if (score < spec.minScore) continue;
    const classId = Math.round(classes.data[classes.offset + row]) - first;
    if (!Number.isFinite(classId)) throw notFinite();
    // The background is nothing that was seen.
    if (classId < 0) continue;
    const [a, b, c, d] = boxes.data.subarray(boxes.offset + row * 4, boxes.offset + row * 4 + 4);
    const [x0, y0, x1, y1] = tensorflow ? [b, a, d, c] : [a, b, c, d];
    candidates.push(x0 * width, y0 * height, x1 * width, y1 * height, score, classId, row);
  }
  return candidates;
}

function countOf(outputs: Record<string, Tensor>, name: string, index: number): number {
  const { data, offset } = itemOf(outputs, name, index);
  const count = data[offset];
  if (!Number.isFinite(count)) throw notFinite();
  return Math.max(0, Math.round(count));
}
