import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import { type EngagementLevel, engagementLevel } from "../core/engagement.ts";
import type { Box, Detection } from "../core/results.ts";
import { rounded } from "../core/tidy.ts";
import { type FaceAnswer, headAnswers } from "./engagement_answers.ts";
import { HeadAverage } from "./engagement_average.ts";
import { TrackClock } from "./track_clock.ts";

const SCORE_STEPS = 10_000;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;
/** Faces that are remembered, and told of in one frame; those seen last. */
const FACES = 64;

/** Options of {@link Engagement}. */
export const engagementSchema = z.strictObject({
  on: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(32)]).optional().describe(
    "The step whose heads are averaged, or several; default all that have any. Of several, a step with one head gives it " +
      "its own name",
  ),
  windowS: z.number().min(0.1).max(600).default(10).describe("Over so many seconds a face's answers are averaged"),
  keepS: z.number().min(0).max(600).default(2).describe("A face out of sight is told of for so many seconds"),
  categories: z.array(z.string().min(1).max(63)).min(2).max(32).optional().describe(
    "Names of the levels, from the lowest; default very low, low, high, very high where a head has four",
  ),
}).meta({ examples: [{ windowS: 10 }] });

/** Parsed options of {@link Engagement}. */
export type EngagementOptions = z.output<typeof engagementSchema>;

/** One head's answer on a face, averaged. */
export interface AveragedLevel extends EngagementLevel {
  /** The mean level between the lowest, 0, and the highest, 1: for a gauge. */
  value: number;
}

/** One face and what its heads say of it. */
export interface EngagedFace {
  /** Its identity; absent where nobody tracks, and of a whole picture. */
  track?: number;
  /** Where it is, or was cut out last; absent of a whole picture. */
  box?: Box;
  /** How long ago its heads answered last. */
  ageS: number;
  /** Answers in the average, and the time that they span. */
  samples: number;
  spanS: number;
  /** By head. */
  heads: Record<string, AveragedLevel>;
}

/** What {@link Engagement} says of a frame. */
export type EngagementOutput = {
  windowS: number;
  /** Those seen last come first. */
  faces: EngagedFace[];
  /** Faces in the stream's life. */
  total: number;
  /** What the model's maker wants said wherever this is shown. */
  notice?: string;
  /** What it lacks to do its work. */
  needs?: "heads" | "tracks";
};

interface Face {
  track?: number;
  label?: string;
  box?: Box;
  seenMs: number;
  answeredMs: number;
  average: HeadAverage;
}

/** One face, where nobody says which. */
const ONLY = -1;

/** Averages what heads say of each face over time. */
export class Engagement implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  /** By track, those seen last at the end. */
  #faces = new Map<number, Face>();
  #total = 0;
  #notice?: string;

  constructor(private readonly options: EngagementOptions) {}

  push({ info, outputs }: AnalyzerFrame): EngagementOutput {
    const { nowMs } = this.#clock.push(info.ptsUs);
    const { windowS, keepS } = this.options;
    const { faces, notice, needs } = headAnswers(outputs, this.options.on);
    this.#notice = notice ?? this.#notice;
    this.#follow(outputs, nowMs);
    for (const face of faces) this.#see(face, nowMs);
    for (const [key, { seenMs }] of this.#faces) {
      if (nowMs - seenMs > 1000 * Math.max(keepS, windowS)) this.#faces.delete(key);
    }
    const shown = [...this.#faces.values()].filter(({ seenMs }) => nowMs - seenMs <= 1000 * keepS);
    return {
      windowS,
      faces: shown.reverse().map((face) => this.#told(face, nowMs)),
      total: this.#total,
      ...(this.#notice !== undefined && { notice: this.#notice }),
      ...(needs && { needs }),
    };
  }

  reset(): void {
    this.#clock.reset();
    this.#faces.clear();
  }

  /** Faces that are in sight stay, and move, between the frames in which their heads are asked. */
  #follow(outputs: AnalyzerFrame["outputs"], nowMs: number): void {
    for (const { detections } of Object.values(outputs)) {
      if (!Array.isArray(detections)) continue;
      for (const { track, label, box } of detections as Detection[]) {
        const face = track === undefined ? undefined : this.#faces.get(track);
        if (face?.label !== undefined && face.label === label) Object.assign(face, { box, seenMs: nowMs });
      }
    }
  }

  #see({ track, label, box, probabilities }: FaceAnswer, nowMs: number): void {
    const key = track ?? ONLY;
    const known = this.#faces.get(key);
    if (!known) this.#total++;
    const face = known ?? { average: new HeadAverage(1000 * this.options.windowS), seenMs: nowMs, answeredMs: nowMs };
    face.average.push(nowMs, probabilities);
    this.#faces.delete(key);
    // The detection's own box, where it is known, is the tighter one.
    const place = known?.seenMs === nowMs ? known.box : box;
    this.#faces.set(key, {
      ...face,
      ...(track !== undefined && { track, label }),
      ...(place && { box: place }),
      seenMs: nowMs,
      answeredMs: nowMs,
    });
    if (this.#faces.size > FACES) this.#faces.delete(this.#faces.keys().next().value!);
  }

  #told({ track, box, answeredMs, average }: Face, nowMs: number): EngagedFace {
    const heads = Object.entries(average.read()).map(([name, probabilities]): [string, AveragedLevel] => {
      const mean = probabilities.reduce((sum, value, level) => sum + value * level, 0) / (probabilities.length - 1);
      const level = engagementLevel(probabilities, this.options.categories);
      return [name, { ...level, value: rounded(mean, SCORE_STEPS) }];
    });
    return {
      ...(track !== undefined && { track }),
      ...(box && { box }),
      ageS: rounded((nowMs - answeredMs) / 1000, 1000),
      samples: average.samples,
      spanS: rounded(average.spanMs / 1000, 1000),
      heads: Object.fromEntries(heads),
    };
  }
}

/** Engagement as the registry of analyzers lists it. */
export const engagement = {
  kind: "engagement",
  describe: "averages over time what heads say of each face: level, confidence, category",
  schema: engagementSchema,
  refersTo: ({ on }: EngagementOptions) =>
    Array.isArray(on) ? on.map((to, index) => ({ to, path: ["on", index] })) : [],
  create: (options: EngagementOptions) => new Engagement(options),
};
