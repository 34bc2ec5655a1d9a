import { contours } from "../src/vision/contours.ts";
import type { Rect } from "../src/vision/fit.ts";
import { ringArea, simplifyRing } from "../src/vision/rings.ts";
import { type Corners, notFinite } from "./detections.ts";
import type { Item } from "./tensors.ts";

/** How masks are put together: pictures that all share, mixed for each box by its own numbers. */
export interface MaskParts {
  /** `[masks, rows, columns]`. */
  prototypes: Item;
  /** Number `k` of box `row` is at `start + row × boxStep + k × step` of `data`. */
  data: Float32Array | Float64Array;
  start: number;
  boxStep: number;
  step: number;
  /** Size of the model's input. */
  input: { width: number; height: number };
  /** Where in it the picture lies; nothing beyond is of it. */
  within: Rect;
}

/** The most points of one outline; past it, the outline gets coarser. */
export const MASK_POINTS = 256;
/** The most rings of one outline: the largest stay. */
export const MASK_RINGS = 16;
/** Rings that enclose less, in pixels of the input, are specks. */
const SPECK = 4;
/** How far an outline may be off, in pixels of the input; prototypes are four times as coarse as it. */
const TOLERANCE = 0.5;
/** Between the middles of cells a mask is curved: a box with few of them is looked at in more places, so far apart. */
const FINEST = 2;
/** So many places a side are enough. */
const ENOUGH = 48;

/** A reader of the outline of box `row`, in pixels of the model's input. */
export function maskReader(parts: MaskParts): (row: number, corners: Corners) => number[][] {
  const { prototypes: { dims: [, rows, columns] }, input } = parts;
  const across = input.width / columns;
  const down = input.height / rows;
  return (row, corners) => {
    const { x, y, width, height } = parts.within;
    const x0 = Math.max(corners[0], x);
    const y0 = Math.max(corners[1], y);
    const x1 = Math.min(corners[2], x + width);
    const y1 = Math.min(corners[3], y + height);
    if (!(x1 > x0 && y1 > y0)) return [];
    const xs = lines(x0, x1, { step: across, count: columns });
    const ys = lines(y0, y1, { step: down, count: rows });
    const values = fieldOf(parts, row, { us: places(xs, across, columns), vs: places(ys, down, rows) });
    return bounded(contours({ xs, ys, values }));
  };
}

/** The edges of a box, the middles of the prototypes' cells between them, and in a small box some more between those. */
function lines(from: number, to: number, { step, count }: { step: number; count: number }): number[] {
  const list = [from];
  const parts = Math.max(1, Math.min(Math.ceil(step / FINEST), Math.floor((ENOUGH * step) / (to - from))));
  for (let i = 0; i < count * parts; i++) {
    const at = (i / parts + 0.5) * step;
    if (at > from && at < to) list.push(at);
  }
  list.push(to);
  return list;
}

/** The same in cells of the prototypes, whose middles are whole numbers. */
function places(list: readonly number[], step: number, count: number): number[] {
  return list.map((at) => Math.min(count - 1, Math.max(0, at / step - 0.5)));
}

/** A box's mask before it is cut at zero, at every crossing of the lines: prototypes mixed, then between cells bilinear. */
function fieldOf(
  { prototypes: { data, offset, dims: [masks, rows, columns] }, ...parts }: MaskParts,
  row: number,
  { us, vs }: { us: number[]; vs: number[] },
): Float32Array {
  const left = Math.floor(us[0]);
  const top = Math.floor(vs[0]);
  const width = Math.ceil(us.at(-1)!) - left + 1;
  const height = Math.ceil(vs.at(-1)!) - top + 1;
  const mixed = new Float32Array(width * height);
  for (let k = 0; k < masks; k++) {
    const weight = parts.data[parts.start + row * parts.boxStep + k * parts.step];
    for (let v = 0; v < height; v++) {
      const from = offset + (k * rows + top + v) * columns + left;
      for (let u = 0; u < width; u++) mixed[v * width + u] += weight * data[from + u];
    }
  }
  const values = new Float32Array(us.length * vs.length);
  for (let j = 0, at = 0; j < vs.length; j++) {
    const v0 = Math.floor(vs[j]) - top;
    const v1 = Math.min(height - 1, v0 + 1);
    const down = vs[j] - top - v0;
    for (let i = 0; i < us.length; i++, at++) {
      const u0 = Math.floor(us[i]) - left;
      const u1 = Math.min(width - 1, u0 + 1);
      const right = us[i] - left - u0;
      const above = mixed[v0 * width + u0] * (1 - right) + mixed[v0 * width + u1] * right;
      const under = mixed[v1 * width + u0] * (1 - right) + mixed[v1 * width + u1] * right;
      const value = above * (1 - down) + under * down;
      if (!Number.isFinite(value)) throw notFinite();
      values[at] = value;
    }
  }
  return values;
}

/** The largest rings, with no more points than an outline may have. */
function bounded(rings: number[][]): number[][] {
  const large = rings
    .map((ring) => ({ ring, area: Math.abs(ringArea(ring)) }))
    .filter(({ area }) => area >= SPECK)
    .sort((a, b) => b.area - a.area)
    .slice(0, MASK_RINGS)
    .map(({ ring }) => ring);
  let simple = large;
  for (let tolerance = TOLERANCE;; tolerance *= 1.5) {
    // What was left out for less is left out for more.
    simple = simple.map((ring) => simplifyRing(ring, tolerance)).filter((ring) => ring.length >= 6);
    const points = simple.reduce((sum, ring) => sum + ring.length / 2, 0);
    if (points <= MASK_POINTS) return simple;
  }
}
