import type { ResultEnvelope } from "../../core/results.ts";

/** Where things have been: shares of the most, in steps of 1/255, row by row from the top left. */
export interface HeatMap {
  columns: number;
  rows: number;
  grid: readonly number[];
}

/** The heat map in a result, if it has one: it comes now and then. */
export function heatOf(outputs: ResultEnvelope["outputs"]): HeatMap | undefined {
  for (const output of Object.values(outputs) as Record<string, unknown>[]) {
    const { columns, rows, grid } = output;
    if (typeof columns !== "number" || typeof rows !== "number" || !Array.isArray(grid)) continue;
    if (columns > 0 && rows > 0 && grid.length === columns * rows) return { columns, rows, grid };
  }
  return undefined;
}

/** From cold to hot, readable in grey as well: dark violet over red to light yellow. */
const STOPS = [[48, 18, 96], [178, 36, 92], [240, 112, 32], [255, 240, 140]] as const;
/** Of the hottest cell; the picture must be seen below. */
const COVER = 190;
const small = new WeakMap<HeatMap, OffscreenCanvas>();

/** Lays a heat map over the whole picture, cells running into each other. */
export function drawHeat(context: CanvasRenderingContext2D, map: HeatMap): void {
  const cells = small.get(map) ?? painted(map);
  small.set(map, cells);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(cells, 0, 0, context.canvas.width, context.canvas.height);
}

function painted({ columns, rows, grid }: HeatMap): OffscreenCanvas {
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  grid.forEach((value, index) => {
    const share = Math.min(1, Math.max(0, value / 255));
    image.data.set([...heatColour(share), Math.round(COVER * share ** 0.6)], index * 4);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The colour of a share of the most. */
export function heatColour(share: number): [red: number, green: number, blue: number] {
  const at = share * (STOPS.length - 1);
  const [from, to] = [STOPS[Math.floor(at)], STOPS[Math.min(STOPS.length - 1, Math.floor(at) + 1)]];
  const between = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * (at % 1));
  return [between(0), between(1), between(2)];
}
