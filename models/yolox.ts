import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { portText } from "./graph_info.ts";
import { cellCount, imageInput, inputSpec, RAW } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { optionOf } from "./option.ts";
import { expectDims, itemOf } from "./tensors.ts";
import { ultralyticsOf } from "./ultralytics.ts";

const STRIDES = [8, 16, 32];

/** YOLOX, as its own exporter writes it. */
export const yolox: Adapter = {
  name: "yolox",
  task: "detect",
  describe: "YOLOX [b,cells,5+classes], one box a cell of strides 8, 16 and 32, raw or decoded inside the graph",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || ultralyticsOf(graph) || graph.outputs.length !== 1) return undefined;
    const [output] = graph.outputs;
    if (output.kind !== "tensor" || output.dims?.length !== 3) return undefined;
    const input = inputSpec(image, {
      hints,
      fallback: { width: 640, height: 640 },
      preparation: { colour: "bgr", fit: "letterbox-top-left", ...RAW },
    });
    const [, cells, width] = output.dims;
    if (typeof width !== "number" || width < 6) return undefined;
    const last = graph.before[output.name]?.[0]?.op;
    // With open sizes only the last operation tells: YOLOX joins its levels and turns them, others don't.
    const fits = typeof cells === "number" ? cells === cellCount(input, STRIDES) : last === "Transpose";
    if (!fits && !hints.forced) return undefined;
    const decoded = optionOf(hints, { name: "decoded", choices: [true, false] }) ?? last !== "Transpose";
    const classes = width - 5;
    const { labels, why } = labelsFor(graph, { count: classes, hints });
    return {
      why: [
        `its output ${portText(output)} is 5 + ${classes} numbers for each cell of strides 8, 16 and 32 ` +
        `of a ${input.width}×${input.height} input`,
        decoded
          ? `its last operation is ${last ?? "unknown"}: the boxes are decoded inside the graph (options.decoded)`
          : "its last operation is Transpose: the boxes are offsets within their cells (options.decoded)",
        why,
        "pictures go in as BGR 0–255, letterboxed to the top left on grey 114",
      ],
      input,
      labels,
      outputs: [output.name],
      minScore: 0.3,
      iou: 0.45,
      maxDetections: 300,
      options: { decoded },
    };
  },

  read(outputs, index, spec, placement) {
    const { input, minScore, outputs: [name] } = spec;
    const { decoded } = spec.options as { decoded: boolean };
    const item = itemOf(outputs, name, index);
    expectDims(item, name, [cellCount(input, STRIDES), -1]);
    const { data } = item;
    const width = item.dims[1];
    const candidates = new Candidates();
    let cell = 0;
    let at = item.offset;
    for (const stride of STRIDES) {
      const across = Math.ceil(input.width / stride);
      const down = Math.ceil(input.height / stride);
      for (let i = 0; i < across * down; i++, cell++, at += width) {
        const objectness = data[at + 4];
        if (objectness < minScore) continue;
        let best = -1;
        let classId = 0;
        for (let j = 5; j < width; j++) {
          const score = data[at + j];
          if (score > best) {
            best = score;
            classId = j - 5;
          } else if (score !== score) throw notFinite();
        }
        const score = objectness * best;
        if (score < minScore) continue;
        const x = decoded ? data[at] : (data[at] + i % across) * stride;
        const y = decoded ? data[at + 1] : (data[at + 1] + Math.floor(i / across)) * stride;
        const halfWidth = (decoded ? data[at + 2] : Math.exp(data[at + 2]) * stride) / 2;
        const halfHeight = (decoded ? data[at + 3] : Math.exp(data[at + 3]) * stride) / 2;
        candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, cell);
      }
    }
    return { detections: detectionsOf(candidates, spec, placement) };
  },
};
