import type { ModelSpec } from "../src/core/model.ts";
import { Candidates } from "../src/vision/nms.ts";
import type { Adapter, Hints } from "./adapter.ts";
import { COCO_91 } from "./coco_labels.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import type { ExtraFeed } from "./feeds.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { imageInput, IMAGENET, type ImagePort, inputSpec, UNIT } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { optionOf } from "./option.ts";
import { expectDims, itemOf, type Tensor } from "./tensors.ts";
import { ultralyticsOf } from "./ultralytics.ts";

/** What reading a detection transformer takes besides its spec. */
type DetrOptions =
  /** Labels, corners in input pixels, scores: chosen in the graph. */
  | { kind: "chosen"; feeds: Record<string, ExtraFeed> }
  /** A logit for each query and class, and boxes as fractions of the input. */
  | { kind: "logits"; activation: "sigmoid" | "softmax"; classes: number }
  /** One output: box as fractions, then score and class. */
  | { kind: "joined" }
  /** One output: box as fractions, then a score for each class. */
  | { kind: "scores"; classes: number };

/** One way in which transformers are exported, before the parts that all share. */
interface Found {
  options: DetrOptions;
  outputs: string[];
  classes: number;
  /** Numbers its classes as COCO itself does, 1 to 90. */
  cocoNumbers?: boolean;
  imagenet: boolean;
  minScore: number;
  size: number;
  why: string;
}

/** Detection transformers, which answer a fixed number of boxes and need no NMS. */
export const detr: Adapter = {
  name: "detr",
  task: "detect",
  describe: "RT-DETR and D-FINE (inputs images, orig_target_sizes; outputs labels, boxes, scores), RF-DETR (dets, " +
    "labels), exports of Hugging Face (logits, pred_boxes), Ultralytics' RT-DETR",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image) return undefined;
    const found = chosenOf(graph, image, hints) ?? logitsOf(graph, hints) ?? ultralyticsDetr(graph);
    if (!found) return undefined;
    const input = inputSpec(image, {
      hints,
      fallback: { width: found.size, height: found.size },
      preparation: { colour: "rgb", fit: "stretch", ...(found.imagenet ? IMAGENET : UNIT) },
    });
    const { options } = found;
    if (options.kind === "chosen") {
      for (const feed of Object.values(options.feeds)) feed.perPicture = [input.width, input.height];
    }
    const named = found.cocoNumbers && !hints.labels?.length
      ? { labels: [...COCO_91], why: "it has 91 classes and names none: assumed to be COCO's own numbers" }
      : labelsFor(graph, { count: found.classes, hints });
    return {
      why: [
        found.why,
        named.why,
        `pictures go in as RGB 0–1${found.imagenet ? ", ImageNet's mean and deviation taken off" : ""}, stretched`,
      ],
      input,
      labels: named.labels,
      outputs: found.outputs,
      minScore: found.minScore,
      iou: 1,
      maxDetections: 300,
      options: { ...options },
    };
  },

  read(outputs, index, spec, placement) {
    const options = spec.options as unknown as DetrOptions;
    const candidates = options.kind === "chosen"
      ? readChosen(outputs, index, spec)
      : options.kind === "logits"
      ? readLogits(outputs, index, spec, options)
      : readJoined(outputs, index, spec, options.kind === "scores" ? options.classes : undefined);
    return { detections: detectionsOf(candidates, spec, placement) };
  },
};

function chosenOf(graph: GraphInfo, image: ImagePort, hints: Hints): Found | undefined {
  const names = ["labels", "boxes", "scores"];
  if (!names.every((name) => graph.outputs.some((port) => port.name === name))) return undefined;
  const others = graph.inputs.filter(({ name }) => name !== image.name);
  const [sizes] = others;
  const pair = others.length === 1 && sizes.dims?.length === 2 && sizes.dims[1] === 2;
  if (!pair || !["int64", "int32", "float32"].includes(sizes.type)) return undefined;
  // The graph gives numbers of classes, never how many there are.
  const classes = hints.labels?.length || 80;
  return {
    options: { kind: "chosen", feeds: { [sizes.name]: { type: sizes.type as ExtraFeed["type"], perPicture: [] } } },
    outputs: names,
    classes,
    imagenet: false,
    minScore: 0.5,
    size: 640,
    why: `its outputs are labels, boxes and scores, and its input ${portText(sizes)} wants the picture's size: ` +
      "RT-DETR or D-FINE",
  };
}

function logitsOf(graph: GraphInfo, hints: Hints): Found | undefined {
  const port = (name: string) => graph.outputs.find((port) => port.name === name && port.dims?.length === 3);
  const pairs: [Port | undefined, Port | undefined, boolean][] = [
    [port("dets"), port("labels"), true],
    [port("pred_boxes"), port("logits"), false],
  ];
  const pair = pairs.find(([boxes, logits]) => boxes && logits && graph.inputs.length === 1);
  if (!pair) return undefined;
  const [boxes, logits, rf] = pair as [Port, Port, boolean];
  const width = logits.dims![2];
  if (typeof width !== "number" || (typeof boxes.dims![2] === "number" && boxes.dims![2] !== 4)) return undefined;
  // COCO's own numbers go to 90; with them the last column is a class, otherwise it is "no object".
  const cocoNumbers = rf && width === 91;
  // DETR itself and its nearest kin choose one of all classes or none; later ones give each class its own probability.
  const asked = optionOf(hints, { name: "activation", choices: ["sigmoid", "softmax"] });
  const softmax = asked ? asked === "softmax" : !rf && width === 92;
  const classes = cocoNumbers ? 91 : softmax || (rf && width > 1) ? width - 1 : width;
  const outputs = [boxes.name, logits.name];
  return {
    options: { kind: "logits", activation: softmax ? "softmax" : "sigmoid", classes },
    outputs,
    classes,
    cocoNumbers: classes === 91,
    imagenet: rf || softmax,
    minScore: 0.5,
    size: rf ? 560 : 640,
    why: `its outputs are ${portText(boxes)} and ${portText(logits)}: ` +
      (rf
        ? `RF-DETR, ${cocoNumbers ? "" : "whose last column is 'no object', "}`
        : `a transformer as Hugging Face exports it, read with ${softmax ? "softmax" : "sigmoid"}, `) +
      `${classes} classes`,
  };
}

function ultralyticsDetr(graph: GraphInfo): Found | undefined {
  const ultralytics = ultralyticsOf(graph);
  if (!ultralytics?.transformer || graph.outputs.length !== 1) return undefined;
  const [output] = graph.outputs;
  const width = output.dims?.[2];
  const classes = ultralytics.names.length;
  if (output.dims?.length !== 3 || typeof width !== "number" || classes === 0) return undefined;
  const joined = width === 6;
  if (!joined && width !== 4 + classes) return undefined;
  return {
    options: joined ? { kind: "joined" } : { kind: "scores", classes },
    outputs: [output.name],
    classes,
    imagenet: false,
    minScore: 0.25,
    size: ultralytics.size?.width ?? 640,
    why: `${ultralytics.what} and its output ${portText(output)} is a box as fractions ` +
      `of the input and ${joined ? "a score with its class" : `${classes} scores`} for each query`,
  };
}

function readChosen(outputs: Record<string, Tensor>, index: number, spec: ModelSpec): Candidates {
  const [labelsName, boxesName, scoresName] = spec.outputs;
  const scores = itemOf(outputs, scoresName, index);
  const boxes = itemOf(outputs, boxesName, index);
  const labels = itemOf(outputs, labelsName, index);
  expectDims(scores, scoresName, [-1]);
  const count = scores.dims[0];
  expectDims(boxes, boxesName, [count, 4]);
  expectDims(labels, labelsName, [count]);
  const candidates = new Candidates();
  for (let i = 0; i < count; i++) {
    const score = scores.data[scores.offset + i];
    if (score < spec.minScore) continue;
    const at = boxes.offset + i * 4;
    const { data } = boxes;
    candidates.push(data[at], data[at + 1], data[at + 2], data[at + 3], score, labels.data[labels.offset + i], i);
  }
  return candidates;
}

function readLogits(
  outputs: Record<string, Tensor>,
  index: number,
  spec: ModelSpec,
  { activation, classes }: { activation: "sigmoid" | "softmax"; classes: number },
): Candidates {
  const [boxesName, logitsName] = spec.outputs;
  const boxes = itemOf(outputs, boxesName, index);
  const logits = itemOf(outputs, logitsName, index);
  expectDims(boxes, boxesName, [-1, 4]);
  const [queries] = boxes.dims;
  expectDims(logits, logitsName, [queries, -1]);
  const width = logits.dims[1];
  const { data } = logits;
  const least = Math.log(spec.minScore / (1 - spec.minScore));
  const candidates = new Candidates();
  for (let query = 0; query < queries; query++) {
    const at = logits.offset + query * width;
    if (activation === "softmax") {
      const { classId, score } = softmaxBest(data, at, { width, classes });
      if (score >= spec.minScore) pushFractions(candidates, boxes, query * 4, { spec, score, classId, query });
      continue;
    }
    for (let classId = 0; classId < classes; classId++) {
      const logit = data[at + classId];
      if (logit < least) continue;
      if (!(logit < Infinity)) throw notFinite();
      pushFractions(candidates, boxes, query * 4, { spec, score: 1 / (1 + Math.exp(-logit)), classId, query });
    }
  }
  return candidates;
}

function readJoined(
  outputs: Record<string, Tensor>,
  index: number,
  spec: ModelSpec,
  classes: number | undefined,
): Candidates {
  const name = spec.outputs[0];
  const item = itemOf(outputs, name, index);
  const width = classes === undefined ? 6 : 4 + classes;
  expectDims(item, name, [-1, width]);
  const { data } = item;
  const candidates = new Candidates();
  for (let query = 0; query < item.dims[0]; query++) {
    const at = item.offset + query * width + 4;
    if (classes === undefined) {
      const score = data[at];
      if (score < spec.minScore) continue;
      const classId = Math.round(data[at + 1]);
      if (!(classId >= 0)) throw notFinite();
      pushFractions(candidates, item, query * width, { spec, score, classId, query });
      continue;
    }
    for (let classId = 0; classId < classes; classId++) {
      const score = data[at + classId];
      if (score < spec.minScore) continue;
      pushFractions(candidates, item, query * width, { spec, score, classId, query });
    }
  }
  return candidates;
}

/** Adds a box that is given by centre and size as fractions of the input. */
function pushFractions(
  candidates: Candidates,
  { data, offset }: { data: Float32Array | Float64Array; offset: number },
  at: number,
  { spec: { input }, score, classId, query }: { spec: ModelSpec; score: number; classId: number; query: number },
): void {
  const x = data[offset + at] * input.width;
  const y = data[offset + at + 1] * input.height;
  const halfWidth = (data[offset + at + 2] * input.width) / 2;
  const halfHeight = (data[offset + at + 3] * input.height) / 2;
  candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, query);
}

function softmaxBest(
  data: Float32Array | Float64Array,
  at: number,
  { width, classes }: { width: number; classes: number },
): { classId: number; score: number } {
  let most = -Infinity;
  let classId = 0;
  let best = -Infinity;
  for (let i = 0; i < width; i++) {
    const logit = data[at + i];
    if (!(logit < Infinity)) throw notFinite();
    if (logit > most) most = logit;
    if (i < classes && logit > best) {
      best = logit;
      classId = i;
    }
  }
  let sum = 0;
  for (let i = 0; i < width; i++) sum += Math.exp(data[at + i] - most);
  return { classId, score: Math.exp(best - most) / sum };
}
