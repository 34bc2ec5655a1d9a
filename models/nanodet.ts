import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { type GraphInfo, portText } from "./graph_info.ts";
import { cellCount, imageInput, inputSpec, type Preparation } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { expectDims, itemOf } from "./tensors.ts";

/** What reading a NanoDet takes besides its spec. */
interface NanodetOptions {
  strides: number[];
  classes: number;
  /** Steps of the distribution that each side of a box is given as. */
  bins: number;
  /** Where in its cell a box's centre is, in cells: the first NanoDets put it in the middle, Plus at the corner. */
  centre: number;
  /** All levels and both kinds in one output, as Plus has it. */
  joined: boolean;
}

const STRIDES = [8, 16, 32];
const PLUS_STRIDES = [[8, 16, 32, 64], [8, 16, 32]];
const PLUS_BINS = 8;
const PREPARATION: Preparation = {
  colour: "bgr",
  scale: 1,
  mean: [103.53, 116.28, 123.675],
  std: [57.375, 57.12, 58.395],
  // The first NanoDets were trained on pictures of their own proportions, Plus on stretched ones.
  fit: "letterbox",
  pad: 0,
};
const PLUS_PREPARATION: Preparation = { ...PREPARATION, fit: "stretch" };

/** NanoDet and NanoDet-Plus. */
export const nanodet: Adapter = {
  name: "nanodet",
  task: "detect",
  describe: "NanoDet, outputs cls_pred_stride_N [b,cells,classes] and dis_pred_stride_N [b,cells,4×bins]; " +
    "NanoDet-Plus [b,cells,classes+32]",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image) return undefined;
    const fallback = { width: 320, height: 320 };
    const plus = plusOf(graph);
    const input = inputSpec(image, {
      hints,
      fallback,
      preparation: plus ? PLUS_PREPARATION : PREPARATION,
    });
    const options = plus ? plus(input, hints.forced) : splitOf(graph, input);
    if (!options) return undefined;
    const outputs = options.joined
      ? [graph.outputs[0].name]
      : STRIDES.flatMap((stride) => [`cls_pred_stride_${stride}`, `dis_pred_stride_${stride}`]);
    const { labels, why } = labelsFor(graph, { count: options.classes, hints });
    return {
      why: [
        options.joined
          ? `its output ${
            portText(graph.outputs[0])
          } is ${options.classes} scores and four sides of ${options.bins} steps ` +
            `for each cell of strides ${options.strides.join(", ")}: NanoDet-Plus`
          : `its outputs are called cls_pred_stride_N and dis_pred_stride_N, with ${options.classes} scores and four ` +
            `sides of ${options.bins} steps for each cell: NanoDet`,
        why,
        "pictures go in as BGR 0–255 less a mean of 103.53, 116.28, 123.675 over 57.375, 57.12, 58.395, " +
        (plus ? "stretched" : "letterboxed in the middle on black"),
      ],
      input,
      labels,
      outputs,
      minScore: 0.35,
      iou: 0.6,
      maxDetections: 100,
      options: { ...options },
    };
  },

  read(outputs, index, spec, placement) {
    const { input, minScore } = spec;
    const { strides, classes, bins, centre, joined } = spec.options as unknown as NanodetOptions;
    const candidates = new Candidates();
    let cell = 0;
    strides.forEach((stride, level) => {
      const across = Math.ceil(input.width / stride);
      const cells = across * Math.ceil(input.height / stride);
      const [scoreName, sideName] = joined ? [spec.outputs[0], spec.outputs[0]] : spec.outputs.slice(level * 2);
      const scores = itemOf(outputs, scoreName, index);
      const sides = itemOf(outputs, sideName, index);
      const width = joined ? classes + 4 * bins : classes;
      const sideWidth = joined ? width : 4 * bins;
      expectDims(scores, scoreName, [joined ? cellCount(input, strides) : cells, width]);
      expectDims(sides, sideName, [joined ? cellCount(input, strides) : cells, sideWidth]);
      const first = joined ? cell : 0;
      for (let i = 0; i < cells; i++, cell++) {
        const at = scores.offset + (first + i) * width;
        let best = -1;
        let classId = 0;
        for (let j = 0; j < classes; j++) {
          const score = scores.data[at + j];
          if (score > best) {
            best = score;
            classId = j;
          } else if (score !== score) throw notFinite();
        }
        if (best < minScore) continue;
        const x = (i % across + centre) * stride;
        const y = (Math.floor(i / across) + centre) * stride;
        const side = sides.offset + (first + i) * sideWidth + (joined ? classes : 0);
        const reach = (k: number) => expectation(sides.data, side + k * bins, bins) * stride;
        candidates.push(x - reach(0), y - reach(1), x + reach(2), y + reach(3), best, classId, cell);
      }
    });
    return { detections: detectionsOf(candidates, spec, placement) };
  },
};

function splitOf(graph: GraphInfo, input: { width: number; height: number }): NanodetOptions | undefined {
  let classes: number | undefined;
  let bins: number | undefined;
  for (const stride of STRIDES) {
    const scores = graph.outputs.find(({ name }) => name === `cls_pred_stride_${stride}`)?.dims;
    const sides = graph.outputs.find(({ name }) => name === `dis_pred_stride_${stride}`)?.dims;
    if (scores?.length !== 3 || sides?.length !== 3) return undefined;
    if (typeof scores[1] === "number" && scores[1] !== cellCount(input, [stride])) return undefined;
    if (typeof scores[2] !== "number" || typeof sides[2] !== "number" || sides[2] % 4 !== 0) return undefined;
    if ((classes ??= scores[2]) !== scores[2] || (bins ??= sides[2] / 4) !== sides[2] / 4) return undefined;
  }
  return { strides: STRIDES, classes: classes!, bins: bins!, centre: 0.5, joined: false };
}

/** Reads the shape of a Plus, whose one output must match the cells of its input. */
function plusOf(graph: GraphInfo) {
  const [output] = graph.outputs;
  if (graph.outputs.length !== 1 || output.dims?.length !== 3) return undefined;
  const [, cells, width] = output.dims;
  if (typeof cells !== "number" || typeof width !== "number" || width <= 4 * PLUS_BINS) return undefined;
  const classes = width - 4 * PLUS_BINS;
  return (input: { width: number; height: number }, forced = false): NanodetOptions | undefined => {
    const strides = PLUS_STRIDES.find((strides) => cellCount(input, strides) === cells);
    // With three levels the shape is YOLOX's, too; only COCO's 80 classes tell them apart.
    if (!strides || (strides.length === 3 && !forced && classes !== 80)) return undefined;
    return { strides, classes, bins: PLUS_BINS, centre: 0, joined: true };
  };
}

/** The mean of a distribution over 0, 1, 2 … that is given by its logits. */
function expectation(data: Float32Array | Float64Array, start: number, bins: number): number {
  let most = -Infinity;
  for (let i = start; i < start + bins; i++) if (data[i] > most) most = data[i];
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < bins; i++) {
    const weight = Math.exp(data[start + i] - most);
    sum += weight;
    weighted += weight * i;
  }
  return weighted / sum;
}
