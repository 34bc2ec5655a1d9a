import type { Box, ResultEnvelope } from "../../core/results.ts";
import { OVERLAY_COLOURS } from "./colours.ts";
import { drawPlate, overlap, plateWidth, type Rect } from "./plates.ts";

/** A place in the picture, source pixels. */
export type Place = readonly [x: number, y: number];

/** A zone or a line with what was counted there. */
export interface Area {
  name: string;
  kind: "zone" | "line";
  points: readonly Place[];
  /** What is written beside it. */
  text: string;
}

/** The colours of zones and lines, also where they are drawn by hand. */
export const AREA_COLOURS = { zone: OVERLAY_COLOURS[0], line: OVERLAY_COLOURS[1], mask: OVERLAY_COLOURS[2] } as const;

/** The zones and lines that a result tells of. */
export function areasOf(outputs: ResultEnvelope["outputs"]): Area[] {
  return Object.values(outputs).flatMap((output) =>
    Object.entries(output).flatMap(([name, reading]): Area[] => {
      if (typeof reading !== "object" || reading === null) return [];
      const { points, count, from, to, labels: _labels, ...directions } = reading as Record<string, unknown>;
      if (Array.isArray(points) && points.every(isPlace) && typeof count === "number") {
        return [{ name, kind: "zone", points, text: `${name}: ${count}` }];
      }
      if (!isPlace(from) || !isPlace(to)) return [];
      const counts = Object.entries(directions).filter(([, value]) => typeof value === "number")
        .map(([direction, value]) => `${value} ${direction}`);
      return [{ name, kind: "line", points: [from, to], text: `${name}: ${counts.join(", ")}` }];
    })
  );
}

/** Draws zones and lines, and frames what moves. */
export function drawAreas(
  context: CanvasRenderingContext2D,
  outputs: ResultEnvelope["outputs"],
  { scale, line }: { scale: number; line: number },
): void {
  for (const area of areasOf(outputs)) {
    const colour = AREA_COLOURS[area.kind];
    const path = area.points.map(([x, y]) => [x * scale, y * scale] as const);
    trace(context, path, area.kind === "zone");
    if (area.kind === "zone") {
      context.globalAlpha = 0.12;
      context.fillStyle = colour;
      context.fill();
      context.globalAlpha = 1;
    }
    stroke(context, colour, line);
    if (area.kind === "line") drawArrow(context, path, { colour, size: 5 * line });
  }
  context.setLineDash([4 * line, 3 * line]);
  for (const [x, y, width, height] of regionsOf(outputs)) {
    context.strokeStyle = AREA_COLOURS.mask;
    context.lineWidth = line;
    context.strokeRect(x * scale, y * scale, width * scale, height * scale);
  }
  context.setLineDash([]);
}

/** Writes beside zones and lines what was counted there; answers the room that the words take. */
export function drawAreaNames(
  context: CanvasRenderingContext2D,
  outputs: ResultEnvelope["outputs"],
  { scale, density }: { scale: number; density: number },
): Rect[] {
  const { width: most, height: lowest } = context.canvas;
  const plates: Rect[] = [];
  for (const { kind, points, text } of areasOf(outputs)) {
    const [width, height] = [plateWidth(context, text, density), 18 * density];
    const spots = spotsOf(points, kind === "zone").map(([x, y]) => ({
      x: Math.max(0, Math.min(x * scale - width / 2, most - width)),
      y: Math.max(0, Math.min(y * scale - height / 2, lowest - height)),
      width,
      height,
    }));
    const free = spots.find((spot) => !plates.some((plate) => overlap(plate, spot))) ?? spots[0];
    plates.push(drawPlate(context, text, AREA_COLOURS[kind], free, density));
  }
  return plates;
}

/** Where a name can stand: in the middle of the sides, from the highest on, then at the corners. */
function spotsOf(points: readonly Place[], closed: boolean): Place[] {
  const sides = points.flatMap(([x, y], index): Place[] => {
    const next = points[(index + 1) % points.length];
    return closed || index + 1 < points.length ? [[(x + next[0]) / 2, (y + next[1]) / 2]] : [];
  });
  const [from, ...rest] = closed ? sides.toSorted((a, b) => a[1] - b[1]) : [points[0], ...sides];
  return [from, ...rest, ...points];
}

/** Where something moves. */
function regionsOf(outputs: ResultEnvelope["outputs"]): Box[] {
  return Object.values(outputs).flatMap((output) =>
    "moving" in output && Array.isArray(output.regions)
      ? output.regions.filter((box): box is Box => Array.isArray(box) && box.length === 4)
      : []
  );
}

/** Where the first direction leads: to the left hand of one who goes along the line. */
function drawArrow(
  context: CanvasRenderingContext2D,
  [[x1, y1], [x2, y2]]: readonly Place[],
  { colour, size }: { colour: string; size: number },
): void {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [alongX, alongY] = [(x2 - x1) / length, (y2 - y1) / length];
  const [leftX, leftY] = [alongY, -alongX];
  const [midX, midY] = [(x1 + x2) / 2, (y1 + y2) / 2];
  context.beginPath();
  context.moveTo(midX - alongX * size, midY - alongY * size);
  context.lineTo(midX + leftX * size * 1.6, midY + leftY * size * 1.6);
  context.lineTo(midX + alongX * size, midY + alongY * size);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

function trace(context: CanvasRenderingContext2D, path: readonly Place[], closed: boolean): void {
  context.beginPath();
  path.forEach(([x, y], index) => index === 0 ? context.moveTo(x, y) : context.lineTo(x, y));
  if (closed) context.closePath();
}

function stroke(context: CanvasRenderingContext2D, colour: string, line: number): void {
  // A dark edge keeps it readable on every ground.
  context.strokeStyle = "rgb(14 17 22 / 45%)";
  context.lineWidth = line * 2;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.stroke();
}

function isPlace(value: unknown): value is Place {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part));
}
