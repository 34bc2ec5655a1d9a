import type { Adapter } from "./adapter.ts";
import { notFinite } from "./detections.ts";
import { type Port, portText } from "./graph_info.ts";
import { imageInput, inputSpec, UNIT } from "./image_input.ts";
import { elementCount } from "./tensors.ts";

const SIDE = 36;

/** Networks that look at a face frame by frame and answer its pulse wave, one number at a time. */
export const wave: Adapter = {
  name: "wave",
  task: "tensor",
  describe:
    "networks that carry a state from frame to frame and answer one number for each, such as the pulse wave of a " +
    "face: it comes out as the tensor wave",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    const [output] = graph.outputs;
    if (!image || graph.inputs.length !== 1 || (!hints.forced && !(hints.stateful && isOne(output)))) return undefined;
    return {
      why: [
        `its output ${portText(output)} is one number a frame`,
        "pictures go in as RGB 0–1, stretched, as networks that read pulses want them (assumed: the file does not say)",
      ],
      input: inputSpec(image, {
        hints,
        fallback: { width: SIDE, height: SIDE },
        preparation: { colour: "rgb", fit: "stretch", ...UNIT },
      }),
      labels: [],
      outputs: [output.name],
      minScore: 0,
      iou: 1,
      maxDetections: 1,
    };
  },

  read(outputs, _index, spec) {
    const { dims, data } = outputs[spec.outputs[0]];
    const value = Number(data[0]);
    if (elementCount(dims) !== 1 || !Number.isFinite(value)) throw notFinite();
    return { tensors: { wave: { shape: [1], data: [value] } } };
  },
};

function isOne({ kind, type, dims }: Port): boolean {
  return kind === "tensor" && type.startsWith("float") && dims !== undefined && dims.length <= 3 &&
    dims.every((dim) => dim === 1 || typeof dim === "string");
}
