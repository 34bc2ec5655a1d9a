import { rounded } from "../core/tidy.ts";
import { contours } from "../vision/contours.ts";
import { ringArea, simplifyRing } from "../vision/rings.ts";
import type { PixelRegion } from "./pulse_region.ts";

/** How much each pixel of the small picture counts, row by row. */
export interface SkinWeights {
  width: number;
  height: number;
  values: Float32Array;
}

/** From this weight on a pixel lies inside. */
const INSIDE = 0.5;
/** Specks say nothing to the eye: a ring encloses at least so much of the region, and no more than so many are told. */
const LEAST_AREA = 0.004, RINGS_MAX = 12;
/** How far an outline may be from the cells' own, cells. */
const TOLERANCE = 0.35;

/** What counts as skin as closed rings in source pixels, in the form of a detection's mask. */
export function pulseOutline({ width, height, values }: SkinWeights, region: PixelRegion): number[][] {
  // Cells reach to the region's edges, their middles do not.
  const places = (count: number, from: number, size: number) =>
    Float64Array.from({ length: count }, (_, i) => from + (size * i) / Math.max(1, count - 1));
  const field = {
    xs: places(width, region.x, region.width),
    ys: places(height, region.y, region.height),
    values: values.subarray(0, width * height).map((weight) => weight - INSIDE),
  };
  const cell = Math.min(region.width / width, region.height / height);
  return contours(field)
    .map((ring) => ({ ring, area: Math.abs(ringArea(ring)) }))
    .filter(({ area }) => area >= LEAST_AREA * region.width * region.height)
    .toSorted((a, b) => b.area - a.area)
    .slice(0, RINGS_MAX)
    .map(({ ring }) => simplifyRing(ring, TOLERANCE * cell).map((value) => rounded(value, 10)));
}
