import type { Hints, Recognition } from "./adapter.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { cellCount } from "./image_input.ts";
import { ModelError } from "./model_error.ts";
import { optionOf } from "./option.ts";
import type { Ultralytics } from "./ultralytics.ts";

const LAYOUTS = ["v8", "v5", "end2end"] as const;

/** How a YOLO lays out its output: rows of all boxes, boxes with objectness, or boxes that were chosen already. */
export type YoloLayout = (typeof LAYOUTS)[number];

/** What reading a YOLO takes besides its spec. */
export interface YoloOptions {
  layout: YoloLayout;
  classes: number;
  /** Numbers a box has after its classes: mask coefficients or keypoints. */
  extras: number;
  keypoints?: [points: number, numbers: number];
  /** Whether the extras are masks that are read: with the second output they become outlines. */
  masks?: boolean;
}

const STRIDES = [[8, 16, 32], [4, 8, 16, 32], [8, 16, 32, 64]];
/** No exporter keeps more boxes than this once it has chosen. */
const MOST_CHOSEN = 1000;
/** How many masks a segmenting YOLO mixes, where its file does not say. */
const MASKS = 32;
/** Rows of a YOLO for people's poses: a box, one class, 17 points of 3 numbers. */
const POSE_ROWS = 4 + 1 + 17 * 3;

/** How the boxes lie in a YOLO's output, with a sentence on what says so; undefined when it is no YOLO's. */
export function layoutOf(
  graph: GraphInfo,
  output: Port,
  { input, hints, ultralytics }: { input: Recognition["input"]; hints: Hints; ultralytics?: Ultralytics },
): { options: YoloOptions; why: string } | undefined {
  const [, a, b] = output.dims!;
  const text = portText(output);
  const asked = optionOf(hints, { name: "layout", choices: LAYOUTS });
  const named = hints.labels?.length || ultralytics?.names.length || undefined;
  const keypoints = askedKeypoints(hints) ?? (ultralytics?.task === "pose" ? ultralytics.keypoints : undefined);
  const prototypes = keypoints ? undefined : prototypesOf(graph);
  const masks = prototypes ? prototypes.dims![1] as number : ultralytics?.task === "segment" ? MASKS : 0;
  const extras = keypoints ? keypoints[0] * keypoints[1] : masks;
  const outlined = prototypes !== undefined && optionOf(hints, { name: "masks", choices: [true, false] }) !== false;
  const more = { extras, ...(keypoints ? { keypoints } : {}), ...(prototypes ? { masks: outlined } : {}) };
  const tail = extras === 0
    ? ""
    : keypoints
    ? `, ${extras} for a skeleton of ${keypoints[0]} points`
    : outlined
    ? `, ${extras} for masks out of ${portText(prototypes)}, which come out as outlines`
    : `, ${extras} for masks, which are left aside`;
  const grids = STRIDES.map((strides) => cellCount(input, strides));

  const chosen = typeof b === "number" ? b === 6 + extras && !(typeof a === "number" && a > MOST_CHOSEN) : undefined;
  const nmsInside = /'nms': (True|\{)/.test(graph.metadata.args ?? "") || graph.metadata.end2end === "True";
  if (asked === "end2end" && chosen === false) return undefined;
  if (asked === "end2end" || (!asked && (chosen || chosen === undefined && nmsInside))) {
    const classes = named ?? (hints.options?.classes as number | undefined) ?? 80;
    return {
      options: { layout: "end2end", classes, ...more },
      why: `its output ${text} is boxes that it has chosen itself: corners, score, class${tail}`,
    };
  }
  const anchored = typeof b === "number" && grids.some((cells) => b === 3 * cells || b === cells);
  const rows = typeof a === "number" ? a : undefined;
  const byRows = asked === "v8" || (!asked && (ultralytics || hints.forced || anchored) && !isBoxMajor(a, b, grids));
  if (byRows) {
    const classes = rows === undefined ? named : rows - 4 - extras;
    if (classes === undefined) return undefined;
    if (rows === POSE_ROWS && !ultralytics && !named && !keypoints) throw poseOrClasses(text);
    if (classes < 1 || (ultralytics?.names.length && ultralytics.names.length !== classes)) {
      if (!ultralytics) return undefined;
      const wanted = 4 + ultralytics.names.length + extras;
      const why = `its metadata names ${ultralytics.names.length} classes, so its output should have ${wanted} rows, ` +
        `but it is ${text}`;
      throw new ModelError("unrecognised", why);
    }
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
  const classes = b - 5 - extras;
  if (classes < 1) return undefined;
  return {
    options: { layout: "v5", classes, ...more },
    why: `its output ${text} is 5 + ${classes} numbers for each box${tail}` +
      (tripled ? `, three boxes for each cell of a ${input.width}×${input.height} input` : ""),
  };
}

function poseOrClasses(text: string): ModelError {
  const either =
    `its output ${text} is either one class with a skeleton of 17 points or ${POSE_ROWS - 4} classes, and ` +
    "the file does not say which";
  return new ModelError("unrecognised", `${either}; write options: {keypoints: [17, 3]} or labels into its manifest`);
}

/** True when the boxes are on the first axis, as in YOLOv5. */
function isBoxMajor(a: number | string, b: number | string, grids: number[]): boolean {
  if (typeof a === "number" && grids.some((cells) => a === 3 * cells || a === cells)) return true;
  return typeof a === "string" && typeof b === "number";
}

/** The pictures that masks are mixed from: the second output of a segmenting YOLO. */
export function prototypesOf(graph: GraphInfo): Port | undefined {
  return graph.outputs.find(({ kind, dims }) => kind === "tensor" && dims?.length === 4 && typeof dims[1] === "number");
}

function askedKeypoints({ options }: Hints): [points: number, numbers: number] | undefined {
  const asked = options?.keypoints;
  if (asked === undefined) return undefined;
  const [points, numbers] = Array.isArray(asked) ? asked : [];
  const fits = Array.isArray(asked) && asked.length === 2 && Number.isInteger(points) && points >= 1 &&
    points <= 1000 &&
    (numbers === 2 || numbers === 3);
  if (fits) return [points, numbers];
  throw new ModelError(
    "manifest",
    "its manifest's options.keypoints must be the points of a skeleton and the numbers of each: [17, 3]",
  );
}
