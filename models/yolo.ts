import type { ModelSpec } from "../src/core/model.ts";
import { Candidates } from "../src/vision/nms.ts";
import type { Adapter, Hints, Recognition } from "./adapter.ts";
import { detectionsOf, notFinite } from "./detections.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { cellCount, imageInput, inputSpec, UNIT } from "./image_input.ts";
import { labelsFor } from "./labels.ts";
import { optionOf } from "./option.ts";
import { ModelError } from "./model_error.ts";
import { expectDims, type Item, itemOf } from "./tensors.ts";
import { type Ultralytics, ultralyticsOf } from "./ultralytics.ts";

const LAYOUTS = ["v8", "v5", "end2end"] as const;

/** How a YOLO lays out its output: rows of all boxes, boxes with objectness, or boxes that were chosen already. */
export type YoloLayout = (typeof LAYOUTS)[number];

/** What reading a YOLO takes besides its spec. */
interface YoloOptions {
  layout: YoloLayout;
  classes: number;
  /** Numbers a box has after its classes: mask coefficients or keypoints. */
  extras: number;
  keypoints?: [points: number, numbers: number];
}

const STRIDES = [[8, 16, 32], [4, 8, 16, 32], [8, 16, 32, 64]];
/** No exporter keeps more boxes than this once it has chosen. */
const MOST_CHOSEN = 1000;

/** YOLOs as Ultralytics and its forerunners export them. */
export const yolo: Adapter = {
  name: "yolo",
  task: "detect",
  describe: "Ultralytics YOLOv8, 11, 12 [b,4+classes,boxes], YOLOv5, v6 and v7 [b,boxes,5+classes], " +
    "v10, 26 and exports with NMS [b,boxes,6]; boxes of segment and pose models, with keypoints",

  recognise(graph, hints = {}) {
    const image = imageInput(graph);
    if (!image) return undefined;
    const ultralytics = ultralyticsOf(graph);
    if (ultralytics?.transformer || ultralytics?.task === "classify") return undefined;
    if (ultralytics?.task === "obb") {
      throw new ModelError(
        "unsupported",
        "it is an Ultralytics model for oriented boxes (task obb), which Weir cannot read",
      );
    }
    const output = graph.outputs.find(({ kind, dims }) => kind === "tensor" && dims?.length === 3);
    if (!output) return undefined;
    const fallback = ultralytics?.size ?? { width: 640, height: 640 };
    const input = inputSpec(image, {
      hints,
      fallback,
      preparation: { colour: "rgb", fit: "letterbox", ...UNIT },
    });
    const found = layoutOf(graph, output, { input, hints, ultralytics });
    if (!found) return undefined;
    const { options, why } = found;
    const { labels, why: whyLabels } = labelsFor(graph, { count: options.classes, hints });
    const prefix = ultralytics ? [ultralytics.what] : [];
    const open = image.width === undefined || image.height === undefined;
    const size = open ? [`its input size is open: ${input.width}×${input.height} is taken`] : [];
    return {
      why: [...prefix, why, whyLabels, ...size, "pictures go in as RGB 0–1, letterboxed in the middle on grey 114"],
      input,
      labels,
      outputs: [output.name],
      minScore: 0.25,
      iou: options.layout === "end2end" ? 1 : ultralytics?.task ? 0.7 : 0.45,
      maxDetections: 300,
      options: { ...options },
    };
  },

  read(outputs, index, spec, placement) {
    const { layout, classes, extras, keypoints } = spec.options as unknown as YoloOptions;
    const name = spec.outputs[0];
    const item = itemOf(outputs, name, index);
    if (layout === "v8") {
      expectDims(item, name, [4 + classes + extras, -1]);
      const boxes = item.dims[1];
      const points = keypoints &&
        keypointReader(item, keypoints, { start: (4 + classes) * boxes, boxStep: 1, step: boxes });
      return { detections: detectionsOf(readRows(item, spec, classes), spec, placement, points) };
    }
    if (layout === "v5") {
      const width = 5 + classes + extras;
      expectDims(item, name, [-1, width]);
      return { detections: detectionsOf(readBoxes(item, spec, classes), spec, placement) };
    }
    const width = 6 + extras;
    expectDims(item, name, [-1, width]);
    const points = keypoints && keypointReader(item, keypoints, { start: 6, boxStep: width, step: 1 });
    return { detections: detectionsOf(readChosen(item, spec), spec, placement, points) };
  },
};

function layoutOf(
  graph: GraphInfo,
  output: Port,
  { input, hints, ultralytics }: { input: Recognition["input"]; hints: Hints; ultralytics?: Ultralytics },
): { options: YoloOptions; why: string } | undefined {
  const [, a, b] = output.dims!;
  const text = portText(output);
  const asked = optionOf(hints, { name: "layout", choices: LAYOUTS });
  const named = hints.labels?.length || ultralytics?.names.length || undefined;
  const keypoints = ultralytics?.task === "pose" ? ultralytics.keypoints : undefined;
  const masks = ultralytics?.task === "segment" ? maskCount(graph) : 0;
  const extras = keypoints ? keypoints[0] * keypoints[1] : masks;
  const more = { extras, ...(keypoints ? { keypoints } : {}) };
  const grids = STRIDES.map((strides) => cellCount(input, strides));

  const chosen = typeof b === "number" ? b === 6 + extras && !(typeof a === "number" && a > MOST_CHOSEN) : undefined;
  const nmsInside = /'nms': (True|\{)/.test(graph.metadata.args ?? "") || graph.metadata.end2end === "True";
  if (asked === "end2end" && chosen === false) return undefined;
  if (asked === "end2end" || (!asked && (chosen || chosen === undefined && nmsInside))) {
    const classes = named ?? (hints.options?.classes as number | undefined) ?? 80;
    return {
      options: { layout: "end2end", classes, ...more },
      why: `its output ${text} is boxes that it has chosen itself: corners, score, class`,
    };
  }
  const anchored = typeof b === "number" && grids.some((cells) => b === 3 * cells || b === cells);
  const rows = typeof a === "number" ? a : undefined;
  const byRows = asked === "v8" || (!asked && (ultralytics || hints.forced || anchored) && !isBoxMajor(a, b, grids));
  if (byRows) {
    const classes = rows === undefined ? named : rows - 4 - extras;
    if (classes === undefined) return undefined;
    if (classes < 1 || (ultralytics?.names.length && ultralytics.names.length !== classes)) {
      if (!ultralytics) return undefined;
      const wanted = 4 + ultralytics.names.length + extras;
      const why = `its metadata names ${ultralytics.names.length} classes, so its output should have ${wanted} rows, ` +
        `but it is ${text}`;
      throw new ModelError("unrecognised", why);
    }
    const tail = extras === 0
      ? ""
      : keypoints
      ? `, ${extras} for keypoints`
      : `, ${extras} for masks, which are left aside`;
    return {
      options: { layout: "v8", classes, ...more },
      why: `its output ${text} has a column for each box: 4 for its place, ${classes} for classes${tail}`,
    };
  }
  if (typeof b !== "number" || b < 6) return undefined;
  const tripled = typeof a === "number" && grids.some((cells) => a === 3 * cells);
  // YOLOv6 gives one decoded box a cell; YOLOX's look the same and are told by their name and last operation.
  const single = output.name === "outputs" && grids.some((cells) => a === cells);
  if (!(asked === "v5" || hints.forced || tripled || single || (ultralytics && typeof a === "string"))) {
    return undefined;
  }
  const classes = b - 5 - masks;
  if (classes < 1) return undefined;
  return {
    options: { layout: "v5", classes, extras: masks },
    why: `its output ${text} is 5 + ${classes} numbers for each box` +
      (tripled ? `, three boxes for each cell of a ${input.width}×${input.height} input` : ""),
  };
}

/** True when the boxes are on the first axis, as in YOLOv5. */
function isBoxMajor(a: number | string, b: number | string, grids: number[]): boolean {
  if (typeof a === "number" && grids.some((cells) => a === 3 * cells || a === cells)) return true;
  return typeof a === "string" && typeof b === "number";
}

function maskCount(graph: GraphInfo): number {
  const prototypes = graph.outputs.find(({ dims }) => dims?.length === 4);
  const count = prototypes?.dims?.[1];
  return typeof count === "number" ? count : 32;
}

function readRows({ data, offset, dims }: Item, { minScore }: ModelSpec, classes: number): Candidates {
  const boxes = dims[1];
  const best = new Float32Array(boxes).fill(-1);
  const winners = new Int32Array(boxes).fill(-1);
  let hits = 0;
  for (let classId = 0; classId < classes; classId++) {
    const row = offset + (4 + classId) * boxes;
    for (let box = 0; box < boxes; box++) {
      const score = data[row + box];
      // Written so that NaN falls through, too.
      if (score < minScore) continue;
      if (score > best[box]) {
        best[box] = score;
        winners[box] = classId;
        hits++;
      } else if (score !== score) throw notFinite();
    }
  }
  const candidates = new Candidates();
  if (hits === 0) return candidates;
  for (let box = 0; box < boxes; box++) {
    if (winners[box] < 0) continue;
    const at = offset + box;
    const halfWidth = data[at + 2 * boxes] / 2;
    const halfHeight = data[at + 3 * boxes] / 2;
    const x = data[at];
    const y = data[at + boxes];
    candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, best[box], winners[box], box);
  }
  return candidates;
}

function readBoxes({ data, offset, dims }: Item, { minScore }: ModelSpec, classes: number): Candidates {
  const [boxes, width] = dims;
  const candidates = new Candidates();
  for (let box = 0; box < boxes; box++) {
    const at = offset + box * width;
    const objectness = data[at + 4];
    if (objectness < minScore) continue;
    let best = -1;
    let classId = 0;
    for (let i = 0; i < classes; i++) {
      const score = data[at + 5 + i];
      if (score > best) {
        best = score;
        classId = i;
      } else if (score !== score) throw notFinite();
    }
    const score = objectness * best;
    if (score < minScore) continue;
    const halfWidth = data[at + 2] / 2;
    const halfHeight = data[at + 3] / 2;
    const x = data[at];
    const y = data[at + 1];
    candidates.push(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId, box);
  }
  return candidates;
}

function readChosen({ data, offset, dims }: Item, { minScore }: ModelSpec): Candidates {
  const [boxes, width] = dims;
  const candidates = new Candidates();
  for (let box = 0; box < boxes; box++) {
    const at = offset + box * width;
    const score = data[at + 4];
    if (score < minScore) continue;
    const classId = data[at + 5];
    if (!(classId >= 0)) throw notFinite();
    candidates.push(data[at], data[at + 1], data[at + 2], data[at + 3], score, Math.round(classId), box);
  }
  return candidates;
}

/** Reads a box's keypoints: number `k` of box `i` is at `start + i × boxStep + k × step`. */
function keypointReader(
  { data, offset }: Item,
  [points, numbers]: [number, number],
  { start, boxStep, step }: { start: number; boxStep: number; step: number },
): (box: number) => number[][] {
  return (box) =>
    Array.from(
      { length: points },
      (_, point) =>
        Array.from({ length: Math.min(numbers, 3) }, (_, k) =>
          data[offset + start + box * boxStep + (point * numbers + k) * step]),
    );
}
