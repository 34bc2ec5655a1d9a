import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import { selectedDetections, selectionOptions } from "./selection.ts";
import { anchorOf, anchorSchema } from "./shapes.ts";
import { TrackClock } from "./track_clock.ts";

/** Levels that a grid is told in. */
const LEVELS = 255;
/** After a longer gap nobody knows where things were meanwhile. */
const GAP_MAX_MS = 1000;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

/** Options of {@link Heatmap}. */
export const heatmapSchema = z.strictObject({
  ...selectionOptions,
  anchor: anchorSchema,
  columns: z.int().min(2).max(64).default(32).describe("Cells across; rows follow from the picture's shape"),
  everyS: z.number().min(0.5).max(3600).default(5).describe("The map is told so often, seconds; in between nothing is"),
  halfLifeS: z.number().min(1).max(31_536_000).optional().describe(
    "What was so long ago counts half, seconds; default everything counts for ever",
  ),
}).meta({ examples: [{ of: "player", everyS: 10, halfLifeS: 600 }] });

/** Parsed options of {@link Heatmap}. */
export type HeatmapOptions = z.output<typeof heatmapSchema>;

/** What {@link Heatmap} says, now and then. */
export type HeatmapOutput = {
  columns: number;
  rows: number;
  /** Seconds that things were in the cell where they were most. */
  maxS: number;
  /** Seconds of all things together. */
  totalS: number;
  /** Row by row from the top left, as shares of `maxS` in steps of 1/255. */
  grid: number[];
  needs?: "detections";
};

/** Adds up where things were and for how long. */
export class Heatmap implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #rows = 0;
  #seconds = new Float64Array(0);
  #toldMs = -Infinity;

  constructor(private readonly options: HeatmapOptions) {}

  push({ info, width, height, outputs }: AnalyzerFrame): HeatmapOutput | undefined {
    const { columns, anchor, everyS, halfLifeS } = this.options;
    const { nowMs, elapsedMs } = this.#clock.push(info.ptsUs);
    const { things, known } = selectedDetections(outputs, this.options);
    if (this.#rows === 0) {
      this.#rows = Math.min(columns * 2, Math.max(1, Math.round((columns * height) / width)));
      this.#seconds = new Float64Array(columns * this.#rows);
    }
    const seconds = this.#seconds;
    if (halfLifeS !== undefined && elapsedMs > 0) {
      const keep = 0.5 ** (elapsedMs / 1000 / halfLifeS);
      for (let cell = 0; cell < seconds.length; cell++) seconds[cell] *= keep;
    }
    // Each thing counts for the time since the frame before, so that a faster stream is not hotter.
    const spentS = Math.min(elapsedMs, GAP_MAX_MS) / 1000;
    for (const { box } of things) {
      const [x, y] = anchorOf(box, anchor, { width, height });
      seconds[Math.floor((y / height) * this.#rows) * columns + Math.floor((x / width) * columns)] += spentS;
    }
    if (nowMs - this.#toldMs < everyS * 1000) return undefined;
    this.#toldMs = nowMs;
    return { ...this.#told(), ...(!known && { needs: "detections" }) };
  }

  reset(): void {
    this.#clock.reset();
  }

  #told(): HeatmapOutput {
    let most = 0;
    let total = 0;
    for (const value of this.#seconds) {
      most = Math.max(most, value);
      total += value;
    }
    const tenth = (value: number) => Math.round(value * 10) / 10;
    return {
      columns: this.options.columns,
      rows: this.#rows,
      maxS: tenth(most),
      totalS: tenth(total),
      grid: Array.from(this.#seconds, (value) => most === 0 ? 0 : Math.round((LEVELS * value) / most)),
    };
  }
}

/** The heat map as the registry of analyzers lists it. */
export const heatmap = {
  kind: "heatmap",
  describe: "adds up where things were and for how long, on a grid that is told now and then",
  schema: heatmapSchema,
  create: (options: HeatmapOptions) => new Heatmap(options),
};
