import type { Box, ResultEnvelope } from "../core/results.ts";
import type { Point } from "./canvas.ts";

/** What analyzers have laid over a picture. */
export interface Shapes {
  /** Areas, with what is in them. */
  zones: { name: string; points: Point[] }[];
  /** Lines, with what has crossed them. */
  lines: { name: string; from: Point; to: Point }[];
  /** Parts of the picture in which something moves. */
  regions: Box[];
}

/** Reads the shapes out of a result; they are known by their looks, whatever their steps are called. */
export function shapesIn(outputs: ResultEnvelope["outputs"]): Shapes {
  const shapes: Shapes = { zones: [], lines: [], regions: [] };
  for (const output of Object.values(outputs)) {
    const { regions } = output as { regions?: unknown };
    if (Array.isArray(regions)) shapes.regions.push(...regions.filter((box): box is Box => isNumbers(box, 4)));
    for (const [name, value] of Object.entries(output as Record<string, unknown>)) {
      if (typeof value !== "object" || value === null) continue;
      const { points, count, from, to, ...rest } = value as Record<string, unknown>;
      if (Array.isArray(points) && points.every(isPoint)) {
        shapes.zones.push({ name: typeof count === "number" ? `${name}: ${count}` : name, points });
      } else if (isPoint(from) && isPoint(to)) {
        const counts = Object.entries(rest).filter(([, total]) => typeof total === "number");
        const told = counts.map(([direction, total]) => `${direction} ${total}`).join(", ");
        shapes.lines.push({ name: told ? `${name}: ${told}` : name, from, to });
      }
    }
  }
  return shapes;
}

function isPoint(value: unknown): value is Point {
  return isNumbers(value, 2);
}

function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}
