import type { InputSpec } from "../src/core/model.ts";
import type { Hints } from "./adapter.ts";
import { type GraphInfo, type Port, portText } from "./graph_info.ts";
import { ModelError } from "./model_error.ts";

/** An input that takes pictures. */
export interface ImagePort {
  name: string;
  layout: "nchw" | "nhwc";
  channels: 1 | 3;
  /** Undefined where the graph leaves the size open. */
  width?: number;
  height?: number;
  type: InputSpec["type"];
  maxBatch: number;
  /** Behind the batch there is a dimension for frames, of one. */
  timed?: boolean;
}

/** How pixels become numbers, and how a picture is laid in. */
export type Preparation = Pick<InputSpec, "fit" | "scale" | "mean" | "std"> & {
  colour: "rgb" | "bgr";
  pad?: number;
  resize?: number;
};

/** Pixels as 0–1. */
export const UNIT = { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
/** Pixels as 0–255. */
export const RAW = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
/** Pixels as torchvision's and most classifiers want them. */
export const IMAGENET = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

const TYPES: readonly string[] = ["float32", "float16", "uint8"];
/** A dynamic batch could grow for ever; past this a larger one gains nothing. */
export const DYNAMIC_BATCH = 32;
const SMALLEST_SIDE = 8;

/** The one input that takes pictures, or undefined; {@link imageProblem} says why there is none. */
export function imageInput(graph: GraphInfo): ImagePort | undefined {
  const found = graph.inputs.map((port) => imagePort(port, graph)).filter((port) => port !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** Why no input takes pictures, as the end of a sentence. */
export function imageProblem(graph: GraphInfo): string {
  const { inputs } = graph;
  if (inputs.length === 0) return "it has no inputs";
  const pictures = inputs.filter(({ dims }) => dims && layoutOf(dims));
  const [picture] = pictures;
  if (pictures.length > 1) return `it wants ${pictures.length} pictures at once (${pictures.map(portText).join(", ")})`;
  if (picture && !TYPES.includes(picture.type)) {
    return `its input ${portText(picture)} has a picture's shape but holds ${picture.type}, not ${TYPES.join(", ")}`;
  }
  if (picture) {
    return `its batch is fixed at ${picture.dims![0]} (${portText(picture)}): export it with batch 1 or a dynamic one`;
  }
  const shown = inputs.slice(0, 3).map(portText);
  if (inputs.length > 3) shown.push(`${inputs.length - 3} more`);
  const last = shown.pop();
  const list = shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
  const unreadable = graph.outputs.filter(({ kind, type }) => kind !== "tensor" || type === "string");
  const its = unreadable.map(portText).join(" and ");
  const besides = unreadable.length > 0
    ? `; and of its outputs ${its} ${unreadable.length > 1 ? "hold" : "holds"} no numbers`
    : "";
  return `its ${inputs.length === 1 ? `input ${list} is` : `inputs ${list} are`} ${kindOf(inputs)} ${WANTED}${besides}`;
}

function kindOf(inputs: readonly Port[]): string {
  const one = inputs.length === 1;
  if (inputs.some(({ kind }) => kind !== "tensor")) return "no tensors";
  if (inputs.every(({ type }) => type === "string")) return "text, not images";
  // A recurrent network hands its state from run to run, through inputs of its own.
  if (inputs.length > 8) return "state that is carried from run to run, not images";
  const rank = Math.max(...inputs.map(({ dims }) => dims?.length ?? 0));
  if (rank > 4) return one ? "a stack of pictures, not an image" : "stacks of pictures, not images";
  if (rank === 4) return one ? "of another shape than an image" : "of other shapes than images";
  return one ? "a signal or a row of numbers, not an image" : "signals or rows of numbers, not images";
}

const WANTED = "(a picture is [batch,3,height,width] or [batch,height,width,3])";

/** The complete input, with the graph's size, or the hint's, or the fallback's. */
export function inputSpec(
  image: ImagePort,
  { hints, fallback, preparation }: {
    hints: Hints;
    fallback: { width: number; height: number };
    preparation: Preparation;
  },
): InputSpec {
  const { size } = hints;
  for (const side of ["width", "height"] as const) {
    if (size && image[side] !== undefined && image[side] !== size[side]) {
      const asked = `${size.width}×${size.height}`;
      throw new ModelError(
        "manifest",
        `an input of ${asked} was asked for, but the graph's ${side} is fixed at ${image[side]}`,
      );
    }
  }
  const gray = image.channels === 1;
  const { fit, pad = 114, resize, colour } = preparation;
  // Bytes leave no room for scaling: a graph that takes them does it itself.
  const { scale, mean, std } = image.type === "uint8" ? RAW : preparation;
  return {
    name: image.name,
    width: image.width ?? size?.width ?? fallback.width,
    height: image.height ?? size?.height ?? fallback.height,
    layout: image.layout,
    colour: gray ? "gray" : colour,
    type: image.type,
    fit,
    ...(resize === undefined ? {} : { resize }),
    pad,
    scale,
    mean: gray ? [average(mean)] : mean,
    std: gray ? [average(std)] : std,
    maxBatch: image.maxBatch,
    ...(image.timed && { timed: true }),
  };
}

/** Cells of all grids over an input: one per `stride`×`stride` pixels, rounded up. */
export function cellCount(size: { width: number; height: number }, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(size.width / stride) * Math.ceil(size.height / stride), 0);
}

function imagePort(port: Port, graph: GraphInfo): ImagePort | undefined {
  const { type } = port;
  if (port.kind !== "tensor" || !port.dims || !TYPES.includes(type)) return undefined;
  const timed = port.dims.length === 5 && port.dims[1] === 1;
  const dims = timed ? port.dims.toSpliced(1, 1) : port.dims;
  const layout = layoutOf(dims);
  if (!layout) return undefined;
  const [batch] = dims;
  if (typeof batch === "number" && batch !== 1) return undefined;
  const [channels, height, width] = layout === "nchw" ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]];
  // A graph that takes any batch but promises one answer was exported by halves: its batch is 1.
  const fixed = typeof batch === "number" || graph.outputs.some(({ dims }) => dims?.[0] === 1);
  return {
    name: port.name,
    layout,
    channels: channels === 1 ? 1 : 3,
    ...(typeof width === "number" ? { width } : {}),
    ...(typeof height === "number" ? { height } : {}),
    type: type as InputSpec["type"],
    maxBatch: fixed ? 1 : DYNAMIC_BATCH,
    ...(timed && { timed }),
  };
}

function layoutOf(dims: readonly (number | string)[]): "nchw" | "nhwc" | undefined {
  if (dims.length !== 4) return undefined;
  const [, a, b, c] = dims;
  const colours = (dim: number | string) => dim === 1 || dim === 3;
  const side = (dim: number | string) => typeof dim === "string" || dim >= SMALLEST_SIDE;
  if (colours(a) && side(b) && side(c)) return "nchw";
  if (side(a) && side(b) && colours(c)) return "nhwc";
  const open = (dim: number | string) => typeof dim === "string";
  return open(a) && side(b) && side(c) ? "nchw" : undefined;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
