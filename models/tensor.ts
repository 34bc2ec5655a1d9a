import type { ModelSpec } from "../src/core/model.ts";
import type { ModelOutput } from "../src/core/results.ts";
import type { Adapter } from "./adapter.ts";
import { notFinite } from "./detections.ts";
import { portText } from "./graph_info.ts";
import { imageInput, inputSpec, UNIT } from "./image_input.ts";
import { elementCount, itemOf, type Tensor, withBatch } from "./tensors.ts";

/** Networks whose answer is handed on as it is. */
export const tensor: Adapter = {
  name: "tensor",
  task: "tensor",
  describe: "any network that takes one picture, when a manifest asks for it: its outputs come out as bare numbers",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    const outputs = graph.outputs.filter(({ kind, type }) => kind === "tensor" && type !== "string");
    if (!hints.forced || !image || outputs.length === 0) return undefined;
    return {
      why: [
        `the manifest asks for its outputs as they are: ${outputs.map(portText).join(", ")}`,
        "pictures go in as RGB 0–1, stretched, unless the manifest says otherwise",
      ],
      input: inputSpec(image, {
        hints,
        fallback: { width: 224, height: 224 },
        preparation: { colour: "rgb", fit: "stretch", ...UNIT },
      }),
      labels: [...hints.labels ?? []],
      outputs: outputs.map(({ name }) => name),
      minScore: 0,
      iou: 1,
      maxDetections: 1,
    };
  },

  read(outputs, index, spec) {
    const tensors: NonNullable<ModelOutput["tensors"]> = {};
    for (const name of spec.outputs) {
      const { data, offset, dims } = itemOf(whole(outputs, name, spec), name, index);
      const values = Array.from(data.subarray(offset, offset + elementCount(dims)));
      if (!values.every(Number.isFinite)) throw notFinite();
      tensors[name] = { shape: [...dims], data: values };
    }
    return { tensors };
  },
};

/** An output of a network that takes one picture at a time need not have the batch in front. */
function whole(outputs: Record<string, Tensor>, name: string, { input }: ModelSpec): Record<string, Tensor> {
  const output = outputs[name];
  return !output || input.maxBatch > 1 || output.dims[0] === 1 ? outputs : withBatch(outputs, name);
}
