import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { ClassScore } from "../core/results.ts";
import { rounded } from "../core/tidy.ts";
import { BallotSmoother, ExponentialSmoother } from "./classify_smoothers.ts";
import { selectedClasses, selectionOptions } from "./selection.ts";
import { TrackClock } from "./track_clock.ts";

const SCORE_STEPS = 10_000;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

/** Options of {@link Classify}. */
export const classifySchema = z.strictObject({
  ...selectionOptions,
  top: z.int().min(1).max(100).default(5).describe("So many classes are told, best first"),
  smoothing: z.enum(["exponential", "vote", "none"]).default("exponential").describe(
    "exponential: scores fade into each other; vote: each frame's best class has a vote in a window; none: each frame speaks for itself",
  ),
  overMs: z.number().min(1).max(600_000).default(1000).describe(
    "Time constant of exponential, length of the window of vote, milliseconds",
  ),
  minScore: z.number().min(0).max(1).default(0).describe(
    "A class that scores less is not the answer: then there is none",
  ),
  holdMs: z.number().min(0).max(600_000).default(0).describe(
    "Another class must lead for so long before it becomes the answer, milliseconds",
  ),
}).meta({ examples: [{ top: 3, smoothing: "exponential", overMs: 1000 }] });

/** Parsed options of {@link Classify}. */
export type ClassifyOptions = z.output<typeof classifySchema>;

/** A way to make one list of scores out of those of many frames. */
export interface Smoother {
  /** Folds a frame's classes in and answers the scores as they now are, in any order. */
  push(classes: readonly ClassScore[], step: { nowMs: number; elapsedMs: number }): ClassScore[];
  reset(): void;
}

/** Says what a picture shows, steadily: the best classes, smoothed over time, and when the answer changes. */
export class Classify implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #smoother: Smoother;
  #label: string | undefined;
  #sinceMs = 0;
  /** Who leads instead, and since when. */
  #rival: { label: string | undefined; sinceMs: number } | undefined;
  /** How often the answer has changed. */
  #changes = 0;

  constructor(private readonly options: ClassifyOptions) {
    this.#smoother = smootherOf(options);
  }

  push({ info, outputs }: AnalyzerFrame): Record<string, unknown> {
    const step = this.#clock.push(info.ptsUs);
    const { things, known } = selectedClasses(outputs, this.options);
    const ranked = this.#smoother.push(things, step).sort((a, b) => b.score - a.score || a.classId - b.classId);
    const [best] = ranked;
    const leader = best && best.score >= this.options.minScore ? best.label : undefined;
    const changed = this.#follow(leader, step.nowMs);
    const score = ranked.find(({ label }) => label === this.#label)?.score;
    return {
      ...(this.#label !== undefined && { label: this.#label, score: rounded(score ?? 0, SCORE_STEPS) }),
      sinceS: Math.round(step.nowMs - this.#sinceMs) / 1000,
      changes: this.#changes,
      ...(changed && { changed }),
      // Not under `classes`: later steps that look for a model's classes mean the model's.
      top: ranked.slice(0, this.options.top).map((scored) => ({
        ...scored,
        score: rounded(scored.score, SCORE_STEPS),
      })),
      ...(!known && { needs: "classes" }),
    };
  }

  reset(): void {
    this.#clock.reset();
    this.#smoother.reset();
    this.#label = this.#rival = undefined;
  }

  /** Lets the answer follow who leads; answers the change, if this is one. */
  #follow(leader: string | undefined, nowMs: number): { from?: string; to?: string } | undefined {
    if (leader === this.#label) {
      this.#rival = undefined;
      return undefined;
    }
    if (this.#rival?.label !== leader || !this.#rival) this.#rival = { label: leader, sinceMs: nowMs };
    const first = this.#label === undefined;
    if (!first && nowMs - this.#rival.sinceMs < this.options.holdMs) return undefined;
    const change = { ...(!first && { from: this.#label }), ...(leader !== undefined && { to: leader }) };
    this.#label = leader;
    this.#sinceMs = nowMs;
    this.#rival = undefined;
    this.#changes++;
    return change;
  }
}

function smootherOf({ smoothing, overMs }: ClassifyOptions): Smoother {
  switch (smoothing) {
    case "exponential":
      return new ExponentialSmoother(overMs);
    case "vote":
      return new BallotSmoother(overMs);
    case "none":
      return { push: (classes) => [...classes], reset() {} };
  }
}

/** Classification over time as the registry of analyzers lists it. */
export const classify = {
  kind: "classify",
  describe: "says what the picture shows, steadily: the best classes smoothed over time, and every change of the best",
  schema: classifySchema,
  create: (options: ClassifyOptions) => new Classify(options),
};
