import type { ClassScore } from "../src/core/results.ts";
import { activate, type Activation, ACTIVATIONS, MOVES } from "./activation.ts";
import type { Adapter } from "./adapter.ts";
import { notFinite } from "./detections.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { imageInput, IMAGENET, type ImagePort, inputSpec, type Preparation, RAW, UNIT } from "./image_input.ts";
import { labelOf, labelsFor, metadataLabels } from "./labels.ts";
import { optionOf } from "./option.ts";
import { elementCount, itemOf } from "./tensors.ts";
import { ultralyticsOf } from "./ultralytics.ts";

const SIDE = 224;
const RESIZE = 256;
const TOP = 5;

/** Classifiers: one number for each class. */
export const classify: Adapter = {
  name: "classify",
  task: "classify",
  describe: "classifiers [b,classes] or [b,classes,1,1]; softmax is applied where the graph does not",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    const output = scoresPort(graph);
    if (!image || !output || graph.inputs.length !== 1) return undefined;
    const classes = output.dims![1] as number;
    const named = hints.labels?.length || metadataLabels(graph).length > 0;
    const last = graph.before[output.name]?.find(({ op }) => !MOVES.has(op))?.op;
    const decided = last === "Softmax" || last === "LogSoftmax" || last === "Sigmoid";
    if (!hints.forced && !named && !decided && isEmbeddingSize(classes, output.name)) return undefined;
    const { preparation, why: whyPrepared } = preparationOf(graph, image);
    const size = ultralyticsOf(graph)?.size ?? { width: SIDE, height: SIDE };
    const input = inputSpec(image, { hints, fallback: size, preparation });
    // The usual photograph is scaled to 256 on its short side and cut to 224; other sizes keep the proportion.
    if (input.fit === "crop" && input.resize === undefined && !ultralyticsOf(graph)) {
      input.resize = Math.round((Math.max(input.width, input.height) * RESIZE) / SIDE);
    }
    const asked = optionOf(hints, { name: "activation", choices: ACTIVATIONS });
    const activation = asked ?? (last === "LogSoftmax" ? "exp" : decided ? "none" : "auto");
    const { labels, why } = labelsFor(graph, { count: classes, hints, usual: "imagenet" });
    return {
      why: [
        `its output ${portText(output)} is one number for each of ${classes} classes` +
        (decided ? `, after ${last}` : ", to which softmax is applied unless they are probabilities already"),
        why,
        whyPrepared,
      ],
      input,
      labels,
      outputs: [output.name],
      minScore: 0,
      iou: 1,
      maxDetections: TOP,
      options: { activation },
    };
  },

  read(outputs, index, spec) {
    const { data, offset, dims } = itemOf(outputs, spec.outputs[0], index);
    const scores = Float64Array.from({ length: elementCount(dims) }, (_, i) => data[offset + i]);
    if (!scores.every(Number.isFinite)) throw notFinite();
    activate(scores, (spec.options?.activation as Activation | undefined) ?? "auto");
    const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    const classes: ClassScore[] = [];
    for (const classId of order.slice(0, spec.maxDetections)) {
      if (scores[classId] < spec.minScore) break;
      classes.push({ label: labelOf(spec, classId), classId, score: scores[classId] });
    }
    return { classes };
  },
};

/** Sizes of feature vectors that networks end in; no classifier without names is taken for one. */
export function isEmbeddingSize(size: number, name: string): boolean {
  if (/prob|softmax|logit|class|score/i.test(name)) return false;
  if (/embed|feature|descriptor/i.test(name)) return true;
  return size >= 64 && size <= 4096 && (size % 64 === 0 || (size & (size - 1)) === 0);
}

function scoresPort(graph: GraphInfo): Port | undefined {
  const fits = ({ kind, type, dims }: Port) =>
    kind === "tensor" && type.startsWith("float") && dims !== undefined && dims.length >= 2 &&
    typeof dims[1] === "number" && dims[1] >= 2 && dims.slice(2).every((dim) => dim === 1);
  return graph.outputs.length === 1 && fits(graph.outputs[0]) ? graph.outputs[0] : undefined;
}

function preparationOf(graph: GraphInfo, image: ImagePort): { preparation: Preparation; why: string } {
  const crop = { fit: "crop", pad: 0 } as const;
  if (ultralyticsOf(graph)) {
    return {
      preparation: { colour: "rgb", ...UNIT, ...crop },
      why: "pictures go in as RGB 0–1, cut out of the middle, as Ultralytics' classifiers want them",
    };
  }
  if (image.type === "uint8") {
    return {
      preparation: { colour: "rgb", ...RAW, ...crop },
      why: "its input holds bytes, so pictures go in as RGB 0–255, cut out of the middle",
    };
  }
  if (image.channels === 1) {
    return {
      preparation: { colour: "rgb", ...UNIT, fit: "stretch", pad: 0 },
      why: "its input has one channel, so pictures go in as grey 0–1, stretched (assumed: the file does not say)",
    };
  }
  if (graph.producer === "onnx-caffe2") {
    return {
      preparation: { colour: "bgr", scale: 1, mean: [104, 117, 123], std: [1, 1, 1], ...crop },
      why: "Caffe2 made it, so pictures go in as BGR 0–255 less 104, 117, 123, as Caffe's classifiers want them",
    };
  }
  if (image.layout === "nhwc") {
    return {
      preparation: { colour: "rgb", scale: 1, mean: [127, 127, 127], std: [128, 128, 128], ...crop },
      why: "its channels come last, so pictures go in as RGB (x−127)/128, as TensorFlow's classifiers mostly want " +
        "them (assumed: the file does not say)",
    };
  }
  return {
    preparation: { colour: "rgb", ...IMAGENET, ...crop },
    why: "pictures go in as RGB 0–1 with ImageNet's mean and deviation taken off, cut out of the middle " +
      "(assumed: the file does not say)",
  };
}
