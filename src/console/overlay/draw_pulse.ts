import type { Box, ResultEnvelope } from "../../core/results.ts";
import { OVERLAY_COLOURS } from "./colours.ts";
import { drawMask } from "./draw_figures.ts";
import { drawPlate, overlap, plateWidth, type Rect } from "./plates.ts";

/** Where a pulse was read, and what it came to. */
export interface PulsePlace {
  /** Source pixels. */
  region: Box;
  /** What of the region counted; absent where all of it did, or nothing. */
  mask?: number[][];
  /** Beats a minute, where they are to be trusted. */
  bpm?: number;
}

const SURE = OVERLAY_COLOURS[6], UNSURE = OVERLAY_COLOURS[0];
/** The face below is to be seen. */
const COVER = 0.25;

/** The places of the pulses in a result; undefined when it does not tell of any: it comes now and then. */
export function pulsesOf(outputs: ResultEnvelope["outputs"]): PulsePlace[] | undefined {
  for (const { faces, reasons } of Object.values(outputs) as { faces?: unknown; reasons?: unknown }[]) {
    if (!Array.isArray(faces) || !Array.isArray(reasons)) continue;
    return (faces as (PulsePlace & { reasons?: string[] })[]).flatMap(({ region, mask, bpm, reasons }) => {
      if (!Array.isArray(region)) return [];
      const seen = !reasons?.includes("noFace");
      return [{ region, ...(mask && seen && { mask }), ...(typeof bpm === "number" && { bpm }) }];
    });
  }
  return undefined;
}

/** Lays over the picture what pulses were read from. */
export function drawPulses(
  context: CanvasRenderingContext2D,
  places: readonly PulsePlace[],
  { scale, line }: { scale: number; line: number },
): void {
  for (const { region: [x, y, width, height], mask, bpm } of places) {
    const colour = bpm === undefined ? UNSURE : SURE;
    if (mask) drawMask(context, { mask }, { colour, scale, cover: COVER });
    context.setLineDash([3 * line, 3 * line]);
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x * scale, y * scale, width * scale, height * scale);
    context.setLineDash([]);
  }
}

/** Writes each rate below where it was read; answers the room that the words take. */
export function drawPulseNames(
  context: CanvasRenderingContext2D,
  places: readonly PulsePlace[],
  { scale, density }: { scale: number; density: number },
): Rect[] {
  const taken: Rect[] = [];
  for (const { region: [x, y, width, height], bpm } of places) {
    if (bpm === undefined) continue;
    const text = `${Math.round(bpm)} BPM`;
    const wide = plateWidth(context, text, density);
    const at = { x: (x + width / 2) * scale - wide / 2, y: (y + height) * scale - 20 * density };
    if (taken.some((other) => overlap(other, { ...at, width: wide, height: 18 * density }))) continue;
    taken.push(drawPlate(context, text, SURE, at, density));
  }
  return taken;
}
