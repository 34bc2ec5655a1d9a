import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import { rounded } from "../core/tidy.ts";
import { resolved, selectedClasses, selectedDetections, selectionOptions } from "./selection.ts";
import { Steady } from "./steady.ts";
import { TrackClock } from "./track_clock.ts";

const SCORE_STEPS = 10_000;
/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;

const score = (otherwise: number) => z.number().min(0).max(1).default(otherwise);
const holdMs = (otherwise: number) => z.number().min(0).max(600_000).default(otherwise);

/** Options of {@link Presence}. */
export const presenceSchema = z.strictObject({
  ...selectionOptions,
  of: selectionOptions.of.unwrap().default("person").describe(
    "The label that is looked for, or several that count as one; step.label means that of that step",
  ),
  as: z.string().regex(/^[a-z0-9_]{1,63}$/, "up to 63 small letters, digits and underscores").optional().describe(
    "What it is called in the output: has_<as>, <as>, no_<as>; default the first label",
  ),
  threshold: score(0.5).describe("A score from here on means that it is there"),
  offThreshold: z.number().min(0).max(1).optional().describe(
    "A score below this means that it is gone; default 0.7 of the threshold",
  ),
  onMs: holdMs(0).describe("It must be seen for so long before it counts as there, milliseconds"),
  offMs: holdMs(1000).describe("It must be unseen for so long before it counts as gone, milliseconds"),
}).superRefine(({ threshold, offThreshold }, context) => {
  if (offThreshold === undefined || offThreshold <= threshold) return;
  context.addIssue({
    code: "custom",
    path: ["offThreshold"],
    message: `offThreshold must not be more than threshold, which is ${threshold}`,
  });
}).meta({ examples: [{ of: "person" }] });

/** Parsed options of {@link Presence}. */
export type PresenceOptions = z.output<typeof presenceSchema>;

/** Says whether something is there: `has_person`, with the scores `person` and `no_person`. */
export class Presence implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  #steady: Steady;
  /** How often it has come. */
  #appearances = 0;
  #called: string | undefined;

  constructor(private readonly options: PresenceOptions) {
    const { threshold, offThreshold, onMs, offMs } = options;
    this.#steady = new Steady({ on: threshold, off: offThreshold ?? 0.7 * threshold, onMs, offMs });
    this.#called = options.as;
  }

  push({ info, outputs }: AnalyzerFrame): Record<string, unknown> {
    const { nowMs } = this.#clock.push(info.ptsUs);
    const detections = selectedDetections(outputs, this.options);
    const classes = selectedClasses(outputs, this.options);
    // A detector's best box says how sure it is; classes exclude each other, so that theirs add up.
    const best = Math.max(
      0,
      ...detections.things.map(({ score }) => score),
      classes.things.reduce((sum, { score }) => sum + Math.max(0, score), 0),
    );
    const there = rounded(Math.min(1, best), SCORE_STEPS);
    const changed = this.#steady.push(there, nowMs);
    if (changed && this.#steady.is) this.#appearances++;
    const name = this.#called ??= calledAfter([this.options.of].flat()[0], outputs);
    return {
      [`has_${name}`]: this.#steady.is,
      [name]: there,
      [`no_${name}`]: rounded(1 - there, SCORE_STEPS),
      sinceS: Math.round(nowMs - this.#steady.sinceMs!) / 1000,
      appearances: this.#appearances,
      ...(changed && { changed: this.#steady.is ? "appeared" : "gone" }),
      ...(!detections.known && !classes.known && { needs: "detections" }),
    };
  }

  reset(): void {
    this.#clock.reset();
    this.#steady.reset();
  }
}

/** A label as a key that can stand in a path. */
function calledAfter(selector: string, outputs: AnalyzerFrame["outputs"]): string {
  const { label } = resolved(selector, (name) => Object.hasOwn(outputs, name));
  return label.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "") || "it";
}

/** Presence as the registry of analyzers lists it. */
export const presence = {
  kind: "presence",
  describe: "says whether something is there, by detections or classes: has_person, person, no_person",
  schema: presenceSchema,
  create: (options: PresenceOptions) => new Presence(options),
};
