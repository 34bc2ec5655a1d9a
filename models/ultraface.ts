import type { ModelSpec } from "../src/core/model.ts";
import { Candidates } from "../src/vision/nms.ts";
import type { Adapter } from "./adapter.ts";
import { detectionsOf } from "./detections.ts";
import { type GraphInfo, portText } from "./graph_info.ts";
import { cellCount, imageInput, type ImagePort, inputSpec } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { expectDims, type Item, itemOf, type Tensor, withBatch } from "./tensors.ts";

/** How UltraFace lays out its output. */
type UltrafaceLayout =
  /** `scores` and `boxes`, as the network's own exporter has it. */
  | "split"
  /** One row for each box: background, face, corners. Keras's form, with all boxes. */
  | "joined"
  /** The same rows without a batch in front, after the graph chose among them. */
  | "chosen";

/** Boxes of each cell by stride. */
const ANCHORS = [[8, 3], [16, 2], [32, 2], [64, 3]];
const SIZES = [[320, 240], [640, 480]];

/** UltraFace. */
export const ultraface: Adapter = {
  name: "ultraface",
  task: "detect",
  describe: "UltraFace, outputs scores [b,boxes,2] and boxes [b,boxes,4], or one output [b,boxes,6] or [faces,6] of " +
    "background, face and corners",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || graph.inputs.length !== 1) return undefined;
    const layout = splitOf(graph) ? "split" : joinedOf(graph, image, hints.forced);
    if (!layout) return undefined;
    const outputs = layout === "split" ? ["scores", "boxes"] : [graph.outputs[0].name];
    const input = inputSpec(image, {
      hints,
      fallback: { width: 320, height: 240 },
      preparation: { colour: "rgb", scale: 1, mean: [127, 127, 127], std: [128, 128, 128], fit: "stretch" },
    });
    const ports = outputs.map((name) => portText(graph.outputs.find((port) => port.name === name)!));
    const what = {
      split: `its outputs are ${ports.join(" and ")}: UltraFace`,
      joined: `its output ${ports[0]} is background, face and four corners for each box of UltraFace's grids`,
      chosen: `its output ${
        ports[0]
      } is background, face and four corners for each face that UltraFace has chosen itself`,
    };
    return {
      why: [what[layout], "pictures go in as RGB (x−127)/128, stretched"],
      // Faces of several pictures could not be told apart.
      input: layout === "chosen" ? { ...input, maxBatch: 1 } : input,
      labels: labelsFor(graph, { count: 1, hints: { labels: ["face"], ...hints } }).labels,
      outputs,
      minScore: 0.7,
      iou: layout === "chosen" ? 1 : 0.3,
      maxDetections: 200,
      options: { layout },
    };
  },

  read(outputs, index, spec, placement) {
    return { detections: detectionsOf(candidatesOf(outputs, index, spec), spec, placement) };
  },
};

function splitOf(graph: GraphInfo): boolean {
  const scores = graph.outputs.find(({ name }) => name === "scores")?.dims;
  const boxes = graph.outputs.find(({ name }) => name === "boxes")?.dims;
  if (graph.outputs.length !== 2 || scores?.length !== 3 || boxes?.length !== 3) return false;
  return scores[2] === 2 && boxes[2] === 4 && scores[1] === boxes[1];
}

function joinedOf(graph: GraphInfo, image: ImagePort, forced = false): UltrafaceLayout | undefined {
  const [{ kind, dims }] = graph.outputs;
  if (graph.outputs.length !== 1 || kind !== "tensor" || dims?.at(-1) !== 6) return undefined;
  const { width, height } = image;
  if (dims.length === 3) {
    const boxes = ANCHORS.reduce((sum, [stride, anchors]) => {
      return width && height ? sum + anchors * cellCount({ width, height }, [stride]) : sum;
    }, 0);
    // So many boxes for a picture of that size has no other network.
    return forced || (typeof dims[1] === "number" && dims[1] === boxes) ? "joined" : undefined;
  }
  // Six numbers a row say little: size and order of the channels must be those of the one program that exports this.
  const itsOwn = image.layout === "nhwc" && SIZES.some(([w, h]) => w === width && h === height) &&
    typeof dims[0] === "string";
  return dims.length === 2 && (forced || itsOwn) ? "chosen" : undefined;
}

function candidatesOf(outputs: Record<string, Tensor>, index: number, spec: ModelSpec): Candidates {
  const layout = (spec.options?.layout as UltrafaceLayout | undefined) ?? "split";
  const [scoresName, boxesName] = spec.outputs;
  const candidates = new Candidates();
  if (layout === "split") {
    const scores = itemOf(outputs, scoresName, index);
    const boxes = itemOf(outputs, boxesName, index);
    expectDims(scores, scoresName, [-1, 2]);
    expectDims(boxes, boxesName, [scores.dims[0], 4]);
    push(candidates, { spec, scores, boxes, width: 2, boxWidth: 4 });
    return candidates;
  }
  const whole = layout === "chosen" ? withBatch(outputs, scoresName) : outputs;
  const rows = itemOf(whole, scoresName, index);
  expectDims(rows, scoresName, [-1, 6]);
  push(candidates, { spec, scores: rows, boxes: { ...rows, offset: rows.offset + 2 }, width: 6, boxWidth: 6 });
  return candidates;
}

/** Adds the faces; corners are fractions of the input. */
function push(candidates: Candidates, { spec, scores, boxes, width, boxWidth }: {
  spec: ModelSpec;
  scores: Item;
  boxes: Item;
  /** Numbers from one box to the next, in either. */
  width: number;
  boxWidth: number;
}): void {
  const { input, minScore } = spec;
  const { data } = boxes;
  for (let box = 0; box < scores.dims[0]; box++) {
    const score = scores.data[scores.offset + box * width + 1];
    if (score < minScore) continue;
    const at = boxes.offset + box * boxWidth;
    candidates.push(
      data[at] * input.width,
      data[at + 1] * input.height,
      data[at + 2] * input.width,
      data[at + 3] * input.height,
      score,
      0,
      box,
    );
  }
}
