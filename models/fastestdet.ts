import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { portText } from "./graph_info.ts";
import { imageInput, inputSpec, UNIT } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { expectDims, itemOf } from "./tensors.ts";

const STRIDE = 16;
const OBJECTNESS_POWER = 0.6;

/** FastestDet. */
export const fastestdet: Adapter = {
  name: "fastestdet",
  task: "detect",
  describe: "FastestDet [b,5+classes,rows,columns], one grid of stride 16",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || graph.outputs.length !== 1) return undefined;
    const [output] = graph.outputs;
    if (output.kind !== "tensor" || output.dims?.length !== 4) return undefined;
    const input = inputSpec(image, {
      hints,
      fallback: { width: 352, height: 352 },
      preparation: { colour: "bgr", fit: "stretch", ...UNIT },
    });
    const [, channels, rows, columns] = output.dims;
    const fits = typeof channels === "number" && channels >= 6 && rows === input.height / STRIDE &&
      columns === input.width / STRIDE && graph.before[output.name]?.[0]?.op === "Concat";
    if (!fits && !(hints.forced && typeof channels === "number")) return undefined;
    const { labels, why } = labelsFor(graph, { count: channels - 5, hints });
    return {
      why: [
        `its output ${portText(output)} is 5 + ${channels - 5} planes of a grid of stride 16, joined at the end`,
        why,
        "pictures go in as BGR 0–1, stretched",
      ],
      input,
      labels,
      outputs: [output.name],
      minScore: 0.65,
      iou: 0.45,
      maxDetections: 100,
    };
  },

  read(outputs, index, spec, placement) {
    const { input, minScore, outputs: [name] } = spec;
    const { data, offset, dims } = itemOf(outputs, name, index);
    const [planes, rows, columns] = dims;
    expectDims({ data, offset, dims }, name, [-1, -1, -1]);
    const cells = rows * columns;
    const candidates = new Candidates();
    for (let cell = 0; cell < cells; cell++) {
      const at = offset + cell;
      // Class scores are 1 at most, so a weak cell is out before they are looked at.
      const objectness = Math.pow(data[at], OBJECTNESS_POWER);
      if (objectness < minScore) continue;
      let best = -1;
      let classId = 0;
      for (let plane = 5; plane < planes; plane++) {
        const score = data[at + plane * cells];
        if (score > best) {
          best = score;
          classId = plane - 5;
        } else if (score !== score) throw notFinite();
      }
      const score = objectness * Math.pow(best, 1 - OBJECTNESS_POWER);
      if (score < minScore) continue;
      const x = ((cell % columns + Math.tanh(data[at + cells])) / columns) * input.width;
      const y = ((Math.floor(cell / columns) + Math.tanh(data[at + 2 * cells])) / rows) * input.height;
      const halfWidth = (sigmoid(data[at + 3 * cells]) * input.width) / 2;
      const halfHeight = (sigmoid(data[at + 4 * cells]) * input.height) / 2;
      candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, cell);
    }
    return { detections: detectionsOf(candidates, spec, placement) };
  },
};

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
