import { z } from "zod";
import type { AnalyzedModel, Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { DriftLevel, DriftReport } from "../core/drift.ts";
import type { AnalyzerOutput, ClassScore, Detection, ModelOutput } from "../core/results.ts";
import { DriftMonitor, type DriftReference, type DriftSample } from "../vision/drift_monitor.ts";
import { readingSamples } from "./drift_readings.ts";
import { selectedClasses, selectedDetections, selectionOptions, trackOf } from "./selection.ts";
import { TrackClock } from "./track_clock.ts";

/** Assumed between two frames whose times say nothing. */
const INTERVAL_MS = 40;
/** A track speaks for itself once it was seen so often: the first sights are of what is only half there. */
const SIGHTINGS = 3;
const TRACKS_MAX = 4096;
/** Things of one frame that speak, where nothing tells whether they are the same as in the frame before. */
const THINGS_MAX = 20;
/** Models whose references are kept: the one in force, and those that it may go back to. */
const MODELS_MAX = 4;
const LABEL_MAX = 100;

/** Options of {@link Drift}. */
export const driftSchema = z.strictObject({
  ...selectionOptions,
  reference: z.int().min(50).max(2000).default(500).describe("Samples of the reference: the first ones that come"),
  window: z.int().min(50).max(2000).default(500).describe("Latest samples that are held against it"),
  everySeconds: z.number().min(0.1).max(86_400).default(10).describe(
    "Where nothing is tracked, a frame so often speaks: frames next to each other say the same",
  ),
  checkSeconds: z.number().min(1).max(86_400).default(30).describe("How often it is looked how things stand"),
  alertAt: z.enum(["watch", "act", "never"]).default("act").describe(
    "When people are told: at a stability index of 0.1 or at 0.25, seen twice in a row; or never",
  ),
  brightness: z.boolean().default(true).describe("Whether it is looked how bright the pictures are"),
}).meta({ examples: [{ reference: 500, window: 500, alertAt: "act" }] });

/** Parsed options of {@link Drift}. */
export type DriftOptions = z.output<typeof driftSchema>;

const numbers = z.array(z.number()).max(2000);
const referenceSchema: z.ZodType<DriftReference> = z.object({
  score: numbers,
  class: z.array(z.string().max(LABEL_MAX)).max(2000),
  size: numbers,
  brightness: numbers,
  embedding: numbers,
  centre: numbers,
  // What was remembered before hearts were looked at has none.
  rate: numbers.default([]),
});
const memorySchema = z.object({
  v: z.literal(1),
  references: z.array(z.tuple([z.string().max(128), referenceSchema])).max(MODELS_MAX),
});

const LEVELS: readonly (DriftReport["state"])[] = ["watch", "act"];

/** Tells when what a model sees, or how it answers, is not what it was. One sample a track or scene, not one a frame. */
export class Drift implements Analyzer {
  #clock = new TrackClock(INTERVAL_MS);
  /** By the model's digest: another model is another yardstick. */
  #monitors = new Map<string, DriftMonitor>();
  #models: Readonly<Record<string, AnalyzedModel>> = {};
  #digest = "";
  #sightings = new Map<number, number>();
  #dueMs = 0;
  #checkMs = 0;
  #report: DriftReport = { state: "learning", reference: 0, current: 0, figures: {}, reasons: [] };
  #before: DriftReport["state"] = "learning";
  #told = false;
  #changed = false;

  constructor(private readonly options: DriftOptions) {}

  follow(models: Readonly<Record<string, AnalyzedModel>>): void {
    this.#models = models;
    const { on } = this.options;
    // What an analyzer says stands on the models before it.
    const model = (on === undefined ? undefined : models[on]) ?? Object.values(models).at(-1);
    this.#digest = model?.sha256 ?? "";
    this.#look();
  }

  push({ info, width, height, outputs, picture, alert }: AnalyzerFrame): AnalyzerOutput | undefined {
    const { nowMs } = this.#clock.push(info.ptsUs);
    const samples = this.#samples(outputs, { nowMs, area: width * height });
    if (samples.length > 0) {
      const brightness = this.options.brightness && picture ? meanOf(picture) : undefined;
      for (const sample of samples) {
        const whole = brightness === undefined ? sample : { ...sample, brightness };
        if (this.#monitor.push(whole)) this.#changed = true;
      }
    }
    if (nowMs < this.#checkMs) return undefined;
    this.#checkMs = nowMs + this.options.checkSeconds * 1000;
    const report = this.#look();
    const message = this.#news(report);
    if (message !== undefined) alert?.({ message });
    return { ...report, ...(this.#digest !== "" && { digest: this.#digest }) };
  }

  reset(): void {
    this.#clock.reset();
    // Numbers of tracks may begin anew.
    this.#sightings.clear();
  }

  recall(memory: unknown): void {
    const parsed = memorySchema.safeParse(memory);
    if (!parsed.success) return;
    for (const [digest, reference] of parsed.data.references) this.#monitorOf(digest).restore(reference);
    this.#look();
  }

  remember(): unknown {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const references = [...this.#monitors].flatMap(([digest, { reference }]) => reference ? [[digest, reference]] : []);
    return { v: 1, references };
  }

  order(order: string): void {
    if (order === "freeze") this.#monitor.freeze();
    else if (order === "relearn") this.#monitor.relearn();
    else throw new RangeError(`Cannot ${order}: drift can freeze and relearn`);
    this.#changed = true;
    this.#told = false;
    this.#look();
  }

  drift(): DriftReport {
    return this.#report;
  }

  get #monitor(): DriftMonitor {
    return this.#monitorOf(this.#digest);
  }

  #monitorOf(digest: string): DriftMonitor {
    let monitor = this.#monitors.get(digest);
    if (!monitor) {
      monitor = new DriftMonitor(this.options);
      // The one that was made first goes, unless it is in force.
      const [oldest] = [...this.#monitors.keys()].filter((key) => key !== this.#digest);
      if (this.#monitors.size >= MODELS_MAX && oldest !== undefined) this.#monitors.delete(oldest);
      this.#monitors.set(digest, monitor);
    }
    return monitor;
  }

  #look(): DriftReport {
    return this.#report = this.#monitor.check();
  }

  /** What people are to be told: that things have moved, once, when two looks in a row find so. */
  #news({ state, reasons }: DriftReport): string | undefined {
    const { alertAt } = this.options;
    const least = LEVELS.indexOf(alertAt as DriftLevel);
    const [before, now] = [LEVELS.indexOf(this.#before), LEVELS.indexOf(state)];
    this.#before = state;
    if (state === "steady") this.#told = false;
    if (alertAt === "never" || this.#told || before < least || now < least) return undefined;
    this.#told = true;
    return `It is not what it was: ${reasons.join("; ")}`;
  }

  #samples(outputs: AnalyzerFrame["outputs"], { nowMs, area }: { nowMs: number; area: number }): DriftSample[] {
    const { on } = this.options;
    const readings = on === undefined ? undefined : readingSamples(outputs, on);
    if (readings) return this.#now(nowMs, readings);
    const { things: detections, known } = selectedDetections(outputs, this.options);
    const tracked = detections.some((detection) => trackOf(detection) !== undefined);
    const vectors = vectorsIn(outputs);
    const sampleOf = (detection: Detection): DriftSample => {
      const track = trackOf(detection);
      const embedding = track === undefined ? undefined : vectors.get(track);
      return { ...sampleOfDetection(detection, area), ...(embedding && { embedding }) };
    };
    if (tracked) return detections.filter((detection) => this.#speaks(detection)).map(sampleOf);
    if (nowMs < this.#dueMs) return [];
    return this.#now(nowMs, known ? detections.slice(0, THINGS_MAX).map(sampleOf) : this.#ofWhole(outputs));
  }

  /** Samples of this frame, if it is time for one to speak. */
  #now(nowMs: number, samples: DriftSample[]): DriftSample[] {
    if (nowMs < this.#dueMs) return [];
    if (samples.length > 0) this.#dueMs = nowMs + this.options.everySeconds * 1000;
    return samples;
  }

  /** Whether a tracked thing is seen for the time at which it speaks. */
  #speaks(detection: Detection): boolean {
    const track = trackOf(detection);
    if (track === undefined) return false;
    const sightings = (this.#sightings.get(track) ?? 0) + 1;
    this.#sightings.delete(track);
    this.#sightings.set(track, sightings);
    if (this.#sightings.size > TRACKS_MAX) this.#sightings.delete(this.#sightings.keys().next().value!);
    return sightings === SIGHTINGS;
  }

  /** What is said of the picture as a whole. */
  #ofWhole(outputs: AnalyzerFrame["outputs"]): DriftSample[] {
    const { things: [best] } = selectedClasses(outputs, this.options);
    const embedding = Object.values(outputs).map((output) => soundVector((output as ModelOutput | null)?.embedding))
      .find((vector) => vector);
    if (!best && !embedding) return [];
    return [{ ...(best && sampleOfClass(best)), ...(embedding && { embedding }) }];
  }
}

function sampleOfDetection({ score, label, box }: Detection, area: number): DriftSample {
  const share = (box[2] * box[3]) / area;
  return {
    score,
    class: label.slice(0, LABEL_MAX),
    ...(Number.isFinite(share) && { size: Math.sqrt(Math.min(1, share)) }),
  };
}

function sampleOfClass({ score, label }: ClassScore): DriftSample {
  return { score, class: label.slice(0, LABEL_MAX) };
}

/** Vectors of what was cut out and is tracked. */
function vectorsIn(outputs: AnalyzerFrame["outputs"]): Map<number, number[]> {
  const vectors = new Map<number, number[]>();
  for (const output of Object.values(outputs)) {
    const crops = (output as ModelOutput | null)?.crops;
    if (!Array.isArray(crops)) continue;
    for (const crop of crops) {
      const vector = soundVector(crop?.embedding);
      if (vector && Number.isSafeInteger(crop.track)) vectors.set(crop.track!, vector);
    }
  }
  return vectors;
}

function soundVector(value: unknown): number[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite) ? value : undefined;
}

/** How bright a picture is on average. */
function meanOf(picture: NonNullable<AnalyzerFrame["picture"]>): number {
  const gray = picture.pixels({ format: "gray", width: 32, height: 18 });
  return gray.reduce((sum, value) => sum + value, 0) / gray.length;
}

/** Drift as the registry of analyzers lists it. */
export const drift = {
  kind: "drift",
  describe:
    "tells when scores, classes, sizes, brightness, feature vectors or heart rates are not what they were when it was set up",
  schema: driftSchema,
  create: (options: DriftOptions) => new Drift(options),
};
