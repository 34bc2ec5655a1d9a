import { z } from "zod";
import type { Box } from "../core/results.ts";
import type { Point } from "../vision/canvas.ts";
import { polygonFault } from "../vision/polygon.ts";

/** Coordinates past this are of no picture. */
const PIXELS_MAX = 16_384;

/** What people may call a zone or a line: it can stand in a path such as `zones.gate.count`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 _-]{0,62}$/;
const SHAPES_MAX = 32;

/** Shapes by name; `reserved` names mean something else in the output. */
export function namedShapes<T extends z.ZodType>(what: string, shape: T, reserved: readonly string[]) {
  const rule =
    `a ${what}'s name has up to 63 letters, digits, spaces, dashes and underscores; the first a letter or digit`;
  return z.record(z.string().regex(NAME), shape, {
    error: ({ code }) => code === "invalid_key" ? rule : undefined,
  }).superRefine((shapes, context) => {
    const names = Object.keys(shapes);
    const tell = (message: string, path: string[] = []) => context.addIssue({ code: "custom", path, message });
    if (names.length < 1) tell(`give at least one ${what}`);
    if (names.length > SHAPES_MAX) tell(`give at most ${SHAPES_MAX} ${what}s`);
    for (const name of names) if (reserved.includes(name)) tell(`a ${what} cannot be called ${name}`, [name]);
  });
}

/** How coordinates count. */
export const unitsSchema = z.enum(["fractions", "pixels"]).default("fractions").describe(
  "Whether coordinates run from 0 to 1 over the picture, or are pixels of the source",
);

/** How coordinates count. */
export type Units = z.output<typeof unitsSchema>;

/** A place in the picture. */
export const pointSchema = z.tuple([z.number(), z.number()]).describe("[x, y] from the top left");

/** An area that does not cross itself. */
export const polygonSchema = z.array(pointSchema).min(3).max(64).superRefine((points, context) => {
  const fault = polygonFault(points);
  if (fault) context.addIssue({ code: "custom", message: `not an area: ${fault}` });
}).describe("The corners, in order");

/** Tells which of these points lie outside of what their units allow. */
export function checkUnits(
  points: readonly Point[],
  { units, path, context }: { units: Units; path: PropertyKey[]; context: z.core.$RefinementCtx },
): void {
  const most = units === "fractions" ? 1 : PIXELS_MAX;
  points.forEach((point, index) => {
    if (point.every((value) => value >= 0 && value <= most)) return;
    const hint = units === "fractions" ? "; for pixels say units: pixels" : "";
    context.addIssue({ code: "custom", path: [...path, index], message: `both must be from 0 to ${most}${hint}` });
  });
}

/** Points in source pixels, a tenth exact. */
export function inPixels(points: readonly Point[], units: Units, size: { width: number; height: number }): Point[] {
  if (units === "pixels") return points.map(([x, y]) => [x, y]);
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return points.map(([x, y]) => [tenth(x * size.width), tenth(y * size.height)]);
}

/** Which point of a box says where the thing is. */
export const anchorSchema = z.enum(["bottom", "centre"]).default("bottom").describe(
  "The point of a box that says where the thing is: the middle of its lower edge, where people stand, or its centre",
);

/** A box's anchor, kept inside the picture: whoever is cut off by its edge still stands in it. */
export function anchorOf(
  [x, y, width, height]: Readonly<Box>,
  anchor: "bottom" | "centre",
  size: { width: number; height: number },
): Point {
  const at = (value: number, most: number) => Math.min(Math.max(value, 0.01), most - 0.01);
  return [at(x + width / 2, size.width), at(anchor === "bottom" ? y + height : y + height / 2, size.height)];
}
