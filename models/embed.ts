import type { Adapter } from "./adapter.ts";
import { isEmbeddingSize } from "./classify.ts";
import { notFinite } from "./detections.ts";
import { type GraphInfo, portText } from "./graph_info.ts";
import { imageInput, IMAGENET, type ImagePort, inputSpec, type Preparation, RAW } from "./image_input.ts";
import { ModelError } from "./model_error.ts";
import { optionOf } from "./option.ts";
import { elementCount, itemOf } from "./tensors.ts";

/** Networks that answer a feature vector. */
export const embed: Adapter = {
  name: "embed",
  task: "embed",
  describe:
    "feature vectors [b,size], for telling identities apart; they come out with length 1, unless options.normalise is " +
    "false",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || graph.inputs.length !== 1 || graph.outputs.length !== 1) return undefined;
    const [output] = graph.outputs;
    const { dims, kind, type } = output;
    const vector = kind === "tensor" && type.startsWith("float") && dims && dims.length >= 2 &&
      typeof dims[1] === "number" && dims[1] >= 2 && dims.slice(2).every((dim) => dim === 1);
    if (!vector || (!hints.forced && !isEmbeddingSize(dims[1] as number, output.name))) return undefined;
    const { preparation, why } = preparationOf(graph, image);
    const normalise = optionOf(hints, { name: "normalise", choices: [true, false] }) ?? true;
    return {
      why: [`its output ${portText(output)} has the size of a feature vector and no name of classes`, why],
      input: inputSpec(image, { hints, fallback: { width: 224, height: 224 }, preparation }),
      labels: [],
      outputs: [output.name],
      minScore: 0,
      iou: 1,
      maxDetections: 1,
      options: { normalise },
    };
  },

  read(outputs, index, spec) {
    const { data, offset, dims } = itemOf(outputs, spec.outputs[0], index);
    const size = elementCount(dims);
    let squares = 0;
    for (let i = offset; i < offset + size; i++) squares += data[i] * data[i];
    if (!Number.isFinite(squares)) throw notFinite();
    // A vector without a direction is like nothing at all, and must never be taken for being like everything.
    if (squares === 0) throw new ModelError("failed", "The model answered a feature vector of zeros");
    const length = spec.options?.normalise === false ? 1 : Math.sqrt(squares);
    return { embedding: Array.from({ length: size }, (_, i) => data[offset + i] / length) };
  },
};

function preparationOf(graph: GraphInfo, image: ImagePort): { preparation: Preparation; why: string } {
  const [split, concat] = graph.after[image.name] ?? [];
  const swaps = split?.op === "Split" && concat?.op === "Concat" && split.outputs.length === 3 &&
    concat.inputs.join() === split.outputs.toReversed().join();
  if (swaps) {
    return {
      preparation: { colour: "bgr", ...RAW, fit: "stretch" },
      why:
        "the graph turns the order of colours round and scales them itself, so pictures go in as BGR 0–255, stretched",
    };
  }
  const first = graph.after[image.name]?.[0]?.op;
  if (image.type === "uint8" || first === "Sub" || first === "Mul" || first === "Div") {
    return {
      preparation: { colour: "rgb", ...RAW, fit: "stretch" },
      why:
        "the graph scales its input itself, so pictures go in as RGB 0–255, stretched (the order of colours is assumed)",
    };
  }
  return {
    preparation: { colour: "rgb", ...IMAGENET, fit: "stretch" },
    why: "pictures go in as RGB 0–1 with ImageNet's mean and deviation taken off, stretched " +
      "(assumed: the file does not say)",
  };
}
