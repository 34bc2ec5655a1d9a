import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf } from "./detections.ts";
import { portText } from "./graph_info.ts";
import { imageInput, inputSpec } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { expectDims, itemOf } from "./tensors.ts";

/** UltraFace. */
export const ultraface: Adapter = {
  name: "ultraface",
  task: "detect",
  describe: "UltraFace, outputs scores [b,boxes,2] and boxes [b,boxes,4]",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    const scores = graph.outputs.find(({ name }) => name === "scores");
    const boxes = graph.outputs.find(({ name }) => name === "boxes");
    if (!image || !scores || !boxes || graph.outputs.length !== 2 || graph.inputs.length !== 1) return undefined;
    if (scores.dims?.length !== 3 || boxes.dims?.length !== 3) return undefined;
    if (scores.dims[2] !== 2 || boxes.dims[2] !== 4 || scores.dims[1] !== boxes.dims[1]) return undefined;
    return {
      why: [
        `its outputs are ${portText(scores)} and ${portText(boxes)}: UltraFace`,
        "pictures go in as RGB (x−127)/128, stretched",
      ],
      input: inputSpec(image, {
        hints,
        fallback: { width: 320, height: 240 },
        preparation: { colour: "rgb", scale: 1, mean: [127, 127, 127], std: [128, 128, 128], fit: "stretch" },
      }),
      labels: labelsFor(graph, { count: 1, hints: { labels: ["face"], ...hints } }).labels,
      outputs: ["scores", "boxes"],
      minScore: 0.7,
      iou: 0.3,
      maxDetections: 200,
    };
  },

  read(outputs, index, spec, placement) {
    const [scoresName, boxesName] = spec.outputs;
    const scores = itemOf(outputs, scoresName, index);
    const boxes = itemOf(outputs, boxesName, index);
    expectDims(scores, scoresName, [-1, 2]);
    expectDims(boxes, boxesName, [scores.dims[0], 4]);
    const { width, height } = spec.input;
    const candidates = new Candidates();
    for (let box = 0; box < scores.dims[0]; box++) {
      const score = scores.data[scores.offset + box * 2 + 1];
      if (score < spec.minScore) continue;
      const { data } = boxes;
      const at = boxes.offset + box * 4;
      candidates.push(
        data[at] * width,
        data[at + 1] * height,
        data[at + 2] * width,
        data[at + 3] * height,
        score,
        0,
        box,
      );
    }
    return { detections: detectionsOf(candidates, spec, placement) };
  },
};
