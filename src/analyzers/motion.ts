import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import { Background } from "../vision/background.ts";
import type { Point } from "../vision/canvas.ts";
import { insidePolygon } from "../vision/polygon.ts";
import { type Region, regionsOf } from "../vision/regions.ts";
import { rounded } from "../core/tidy.ts";
import type { Box } from "../core/results.ts";
import { checkUnits, inPixels, polygonSchema, unitsSchema } from "./shapes.ts";
import { TrackClock } from "./track_clock.ts";

/** Told of one frame at most. */
const REGIONS_MAX = 16;
/** So much of the picture at once is not something that moves, but another picture: a light switched, a camera turned. */
const OTHER_PICTURE = 0.7;
const SHARE_STEPS = 10_000;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

const timeMs = (otherwise: number) => z.number().min(0).max(3_600_000).default(otherwise);

/** Options of {@link Motion}. */
export const motionSchema = z.strictObject({
  gate: z.boolean().default(true).describe(
    "Whether frames in which nothing moves are held back: they cost no inference and give no result",
  ),
  sensitivity: z.number().min(0).max(1).default(0.5).describe("From 0, only what is plain to see, to 1, the faintest"),
  minShare: z.number().min(0).max(1).default(0.002).describe("Less of the picture than this is not motion"),
  ignore: z.array(polygonSchema).max(32).default([]).describe("Areas where nothing counts: trees, a street, a clock"),
  units: unitsSchema,
  holdMs: timeMs(2000).describe("Frames pass for so long after the last motion, milliseconds"),
  idleEveryMs: z.number().min(100).max(3_600_000).default(5000).describe(
    "While nothing moves, one frame passes so often, milliseconds",
  ),
  adaptMs: z.number().min(100).max(3_600_000).default(10_000).describe(
    "How fast what stays becomes background, milliseconds",
  ),
  width: z.int().min(32).max(320).default(80).describe("Width of the small picture that is compared, pixels"),
}).superRefine(({ ignore, units }, context) => {
  ignore.forEach((points, index) => checkUnits(points, { units, path: ["ignore", index], context }));
}).meta({ examples: [{ sensitivity: 0.5, ignore: [[[0, 0], [1, 0], [1, 0.1], [0, 0.1]]] }] });

/** Parsed options of {@link Motion}. */
export type MotionOptions = z.output<typeof motionSchema>;

/** What {@link Motion} says of a frame that passes. */
export type MotionOutput = {
  moving: boolean;
  /** Of the picture, without what is ignored. */
  share: number;
  /** What moves, in source pixels, largest first. */
  regions: Box[];
  /** Frames held back so far. */
  held: number;
};

/** The small picture's size, and which of its pixels count. */
interface Grid {
  width: number;
  height: number;
  watched: Uint8Array;
  pixels: number;
  background: Background;
  of: { width: number; height: number };
}

/** Notices motion by comparing small gray pictures, and holds back frames in which there is none. */
export class Motion implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #grid: Grid | undefined;
  #movedMs = -Infinity;
  #passedMs = -Infinity;
  #held = 0;

  constructor(private readonly options: MotionOptions) {}

  push({ info, width, height, picture, hold }: AnalyzerFrame): MotionOutput | undefined {
    if (!picture) return undefined;
    const { nowMs, elapsedMs } = this.#clock.push(info.ptsUs);
    const grid = this.#gridFor(width, height);
    const gray = picture.pixels({ format: "gray", width: grid.width, height: grid.height });
    const mask = grid.background.push(gray, grid.watched, elapsedMs);
    const pixels = mask?.reduce((sum, changed) => sum + changed, 0) ?? 0;
    const share = grid.pixels === 0 ? 0 : pixels / grid.pixels;
    const moving = share > 0 && share >= this.options.minShare;
    if (moving) this.#movedMs = nowMs;
    if (share > OTHER_PICTURE) grid.background.accept(gray);
    const { gate, holdMs, idleEveryMs } = this.options;
    const due = nowMs - this.#movedMs <= holdMs || nowMs - this.#passedMs >= idleEveryMs;
    if (gate && !due) {
      this.#held++;
      hold?.();
      return undefined;
    }
    this.#passedMs = nowMs;
    const regions = moving && mask ? regionsOf(mask, grid.width, grid.height) : [];
    return {
      moving,
      share: rounded(share, SHARE_STEPS),
      regions: regions.slice(0, REGIONS_MAX).map((region) => inSource(region, grid)),
      held: this.#held,
    };
  }

  reset(): void {
    this.#clock.reset();
    this.#grid?.background.reset();
    this.#movedMs = this.#passedMs = -Infinity;
  }

  #gridFor(width: number, height: number): Grid {
    if (this.#grid?.of.width === width && this.#grid.of.height === height) return this.#grid;
    const { ignore, units, sensitivity, adaptMs } = this.options;
    const columns = Math.min(this.options.width, width);
    const rows = Math.max(1, Math.min(height, Math.round((columns * height) / width)));
    const masks = ignore.map((points) => inPixels(points, units, { width, height }));
    const watched = new Uint8Array(columns * rows);
    for (let index = 0; index < watched.length; index++) {
      const [x, y] = [index % columns, Math.floor(index / columns)];
      const centre: Point = [((x + 0.5) * width) / columns, ((y + 0.5) * height) / rows];
      watched[index] = masks.some((points) => insidePolygon(centre, points)) ? 0 : 1;
    }
    return this.#grid = {
      width: columns,
      height: rows,
      watched,
      pixels: watched.reduce((sum, one) => sum + one, 0),
      background: new Background(columns, rows, { threshold: 40 * 0.1 ** sensitivity, adaptMs }),
      of: { width, height },
    };
  }
}

function inSource({ box: [x, y, width, height] }: Region, grid: Grid): Box {
  const [scaleX, scaleY] = [grid.of.width / grid.width, grid.of.height / grid.height];
  return [x * scaleX, y * scaleY, width * scaleX, height * scaleY].map(Math.round) as Box;
}

/** Motion as the registry of analyzers lists it. */
export const motion = {
  kind: "motion",
  describe: "notices motion, and before a model holds back frames without any: a still picture costs no inference",
  schema: motionSchema,
  create: (options: MotionOptions) => new Motion(options),
};
