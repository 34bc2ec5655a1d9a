import { Candidates } from "../src/vision/nms.ts";
import type { Adapter, Hints } from "./adapter.ts";
import { detectionsOf } from "./detections.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { imageInput, inputSpec } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { ModelError } from "./model_error.ts";
import { expectDims, type Item, itemOf, withBatch } from "./tensors.ts";

/** What reading an SCRFD takes besides its spec. */
interface ScrfdOptions {
  landmarks: boolean;
  /** Whether the batch stands in front of its outputs; the first exporter left it out. */
  batched: boolean;
}

const STRIDES = [8, 16, 32];
const ANCHORS = 2;
const POINTS = 5;
const SIDE = 640;
const COARSEST = 32;

/** SCRFD, InsightFace's detector of faces. */
export const scrfd: Adapter = {
  name: "scrfd",
  task: "detect",
  describe: "SCRFD, InsightFace's faces: for strides 8, 16 and 32 scores [cells×2,1], sides [cells×2,4] and, in its " +
    "KPS forms, five landmarks [cells×2,10] (right eye, left eye, nose, right and left corner of the mouth), with or without a " +
    "batch in front",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image || image.channels !== 3 || graph.inputs.length !== 1) return undefined;
    const input = inputSpec(image, {
      hints,
      fallback: { width: SIDE, height: SIDE },
      preparation: {
        colour: "rgb",
        scale: 1,
        mean: [127.5, 127.5, 127.5],
        std: [128, 128, 128],
        fit: "letterbox-top-left",
        pad: 0,
      },
    });
    const found = levelsOf(graph, input, hints);
    if (!found) return undefined;
    if (input.width % COARSEST !== 0 || input.height % COARSEST !== 0) {
      throw new ModelError(
        "manifest",
        `an input of ${input.width}×${input.height} does not fit SCRFD: it wants multiples of ${COARSEST}`,
      );
    }
    const { outputs, landmarks, batched } = found;
    const open = image.width === undefined || image.height === undefined;
    return {
      why: [
        `its ${outputs.length} outputs (${portText(outputs[0])}, …) are scores${
          landmarks ? ", sides and landmarks" : " and sides"
        } ` +
        "of two boxes for each cell of strides 8, 16 and 32: SCRFD",
        ...(open ? [`its input size is open: ${input.width}×${input.height} is taken`] : []),
        "pictures go in as RGB (x−127.5)/128, letterboxed to the top left on black",
      ],
      input: batched ? input : { ...input, maxBatch: 1 },
      labels: labelsFor(graph, { count: 1, hints: { labels: ["face"], ...hints } }).labels,
      outputs: outputs.map(({ name }) => name),
      minScore: 0.5,
      iou: 0.4,
      maxDetections: 200,
      options: { landmarks, batched } satisfies ScrfdOptions,
    };
  },

  read(outputs, index, spec, placement) {
    const { landmarks, batched } = spec.options as unknown as ScrfdOptions;
    const { input, minScore } = spec;
    const candidates = new Candidates();
    const points: number[][][] = [];
    STRIDES.forEach((stride, level) => {
      const across = Math.ceil(input.width / stride);
      const rows = across * Math.ceil(input.height / stride) * ANCHORS;
      const parts = [1, 4, POINTS * 2].slice(0, landmarks ? 3 : 2).map((width, kind): Item => {
        const name = spec.outputs[kind * STRIDES.length + level];
        const item = itemOf(batched ? outputs : withBatch(outputs, name), name, index);
        expectDims(item, name, [rows, width]);
        return item;
      });
      const [scores, sides, marks] = parts;
      for (let row = 0; row < rows; row++) {
        const score = scores.data[scores.offset + row];
        if (score < minScore) continue;
        const cell = Math.floor(row / ANCHORS);
        const x = (cell % across) * stride;
        const y = Math.floor(cell / across) * stride;
        const reach = (side: number) => sides.data[sides.offset + row * 4 + side] * stride;
        if (marks) {
          const first = marks.offset + row * POINTS * 2;
          points.push(Array.from({ length: POINTS }, (_, point) => [
            x + marks.data[first + point * 2] * stride,
            y + marks.data[first + point * 2 + 1] * stride,
          ]));
        }
        candidates.push(x - reach(0), y - reach(1), x + reach(2), y + reach(3), score, 0, points.length - 1);
      }
    });
    const details = landmarks ? { keypoints: (row: number) => points[row] } : {};
    return { detections: detectionsOf(candidates, spec, placement, details) };
  },
};

/**
 * Its outputs, scores of all strides first, then sides, then landmarks. Exporters give them numbers for names and leave
 * sizes open, so widths tell the kinds apart, and within a kind the order tells the strides: the finest first.
 */
function levelsOf(
  graph: GraphInfo,
  input: { width: number; height: number },
  hints: Hints,
): { outputs: Port[]; landmarks: boolean; batched: boolean } | undefined {
  const { outputs } = graph;
  const landmarks = outputs.length === 3 * STRIDES.length;
  if (!landmarks && outputs.length !== 2 * STRIDES.length) return undefined;
  const ranks = new Set(outputs.map(({ dims }) => dims?.length));
  const batched = ranks.has(3);
  if (ranks.size !== 1 || (!batched && !ranks.has(2))) return undefined;
  const kinds = (landmarks ? [1, 4, POINTS * 2] : [1, 4]).map((width) =>
    outputs.filter(({ kind, dims }) => kind === "tensor" && dims!.at(-1) === width)
  );
  if (kinds.some((ports) => ports.length !== STRIDES.length)) return undefined;
  for (const ports of kinds) {
    const sized = ports.every(({ dims }) => typeof dims!.at(-2) === "number");
    if (sized) ports.sort((a, b) => (b.dims!.at(-2) as number) - (a.dims!.at(-2) as number));
    const fits = ports.every(({ dims }, level) => {
      const rows = dims!.at(-2);
      const cells = Math.ceil(input.width / STRIDES[level]) * Math.ceil(input.height / STRIDES[level]);
      return typeof rows === "string" || rows === cells * ANCHORS;
    });
    // Sizes that the file states may be those of the picture it was exported with: then the input is open, too.
    if (!fits && !hints.forced && !isOpen(graph)) return undefined;
  }
  return { outputs: kinds.flat(), landmarks, batched };
}

function isOpen(graph: GraphInfo): boolean {
  return graph.inputs[0].dims!.slice(2).some((dim) => typeof dim === "string");
}
