import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { Box, Detection, ModelOutput } from "../core/results.ts";
import { rounded } from "../core/tidy.ts";
import { ByteTrack } from "./track_bytetrack.ts";
import { isSound } from "./selection.ts";
import { TrackCamera } from "./track_camera.ts";
import { TrackClock } from "./track_clock.ts";
import type { TrackMethod } from "./track_method.ts";
import { OcSort } from "./track_ocsort.ts";

/** As exact as the detectors' boxes are told. */
const PIXEL_STEPS = 100;

const share = () => z.number().min(0).max(1);

/** Options that only one method has. */
const ONLY = {
  bytetrack: ["firstCost", "secondCost", "newCost", "regain", "duplicateIou"],
  ocsort: ["iou", "inertia", "directionFrames", "recover", "replay", "reconfirm"],
} as const;

/** Options of {@link Track}. What is not given is as the method's authors have it. */
export const trackSchema = z.strictObject({
  method: z.enum(["bytetrack", "ocsort"]).default("bytetrack").describe(
    "bytetrack also believes unsure detections where a track is expected; ocsort trusts observed motion, which suits sport",
  ),
  on: z.string().min(1).optional().describe(
    "The step whose detections are tracked; default the latest one that has any",
  ),
  classes: z.array(z.string().min(1)).min(1).optional().describe(
    "Only detections with these labels are tracked; default all",
  ),
  acrossClasses: z.boolean().default(false).describe(
    "Whether a track goes on when the model takes it for something of another class",
  ),
  fps: z.number().positive().max(1000).default(30).describe(
    "The frame rate for which the method's figures for motion and its noise are meant. Motion goes by the frames' own " +
      "times, so this need not be the stream's rate",
  ),
  high: share().default(0.6).describe(
    "Detections that score higher are sure: they are looked at first, and may begin a track",
  ),
  low: share().optional().describe(
    "Detections that score between low and high only carry tracks on; default 0.1 for bytetrack, none for ocsort. " +
      "The model must hand them out: set its minScore to as much",
  ),
  start: share().optional().describe(
    "What begins a track scores at least this; default high + 0.1 for bytetrack, high for ocsort",
  ),
  confirm: z.int().min(0).max(100).optional().describe(
    "Sightings in a row after the first before something has an identity; default 1 for bytetrack, 3 for ocsort",
  ),
  keepMs: z.number().positive().max(600_000).default(1000).describe(
    "How long something out of sight is looked for, milliseconds",
  ),
  publishAbove: share().optional().describe(
    "Detections that score lower and belong to no track are removed from the results: they were for the tracker only",
  ),
  boxes: z.enum(["detected", "filtered"]).default("detected").describe(
    "Whether a tracked detection keeps the detector's box or gets the motion filter's smoother one",
  ),
  cameraMotion: z.boolean().default(false).describe(
    "Whether pans and zooms of the camera are measured in the pictures and taken out of everybody's motion: for cameras " +
      "that move; about 2 ms a frame",
  ),
  firstCost: share().optional().describe(
    "bytetrack: the most that 1 − IoU × score may be between a track and a sure detection; default 0.9",
  ),
  secondCost: share().optional().describe("bytetrack: the most that 1 − IoU may be to an unsure one; default 0.5"),
  newCost: share().optional().describe("bytetrack: as firstCost, for what is not confirmed yet; default 0.7"),
  regain: z.boolean().optional().describe(
    "bytetrack: whether unsure detections also bring back what is out of sight; the paper has it false; default true",
  ),
  duplicateIou: share().optional().describe("bytetrack: two tracks that overlap more, one lost, are one; default 0.85"),
  iou: share().optional().describe("ocsort: the least IoU between a track and a detection; default 0.3"),
  inertia: share().optional().describe("ocsort: how much keeping the direction counts beside the IoU; default 0.2"),
  directionFrames: z.number().min(1).max(30).optional().describe(
    "ocsort: over how many intervals a direction is taken; default 3",
  ),
  recover: z.boolean().optional().describe(
    "ocsort: whether what was lost is also looked for where it was last seen; default true",
  ),
  replay: z.boolean().optional().describe(
    "ocsort: whether the filter goes over the time out of sight again when a track comes back; default true",
  ),
  reconfirm: z.boolean().optional().describe(
    "ocsort: whether a track that comes back has to be confirmed anew, as in the paper; default false",
  ),
}).superRefine((options, context) => {
  const other = options.method === "bytetrack" ? "ocsort" : "bytetrack";
  for (const key of ONLY[other]) {
    if (options[key] === undefined) continue;
    context.addIssue({
      code: "custom",
      path: [key],
      message: `${key} is an option of ${other}, not of ${options.method}`,
    });
  }
  if (options.low !== undefined && options.low > options.high) {
    context.addIssue({
      code: "custom",
      path: ["low"],
      message: `low must not be more than high, which is ${options.high}`,
    });
  }
}).meta({ examples: [{}, { method: "ocsort", keepMs: 2000, cameraMotion: true }] });

/** Parsed options of {@link Track}. */
export type TrackOptions = z.output<typeof trackSchema>;

/** What {@link Track} says of a frame. */
export type TrackOutput = {
  /** Identities in this frame. */
  active: number;
  /** Identities out of sight that are looked for. */
  lost: number;
  /** Identities in the stream's life. */
  total: number;
};

/** Gives detections identities that last over time: sets their `track` and answers how many there are. */
export class Track implements Analyzer {
  #method: TrackMethod;
  #clock: TrackClock;
  #camera: TrackCamera | undefined;

  constructor(private readonly options: TrackOptions) {
    this.#method = methodOf(options);
    this.#clock = new TrackClock(1000 / options.fps);
    if (options.cameraMotion) this.#camera = new TrackCamera();
  }

  push({ info, outputs, picture }: AnalyzerFrame): TrackOutput {
    const output = this.#input(outputs);
    const { classes, boxes, publishAbove } = this.options;
    const candidates = output.detections.filter((detection) =>
      isSound(detection) && detection.box[2] > 0 && detection.box[3] > 0 &&
      (!classes || classes.includes(detection.label))
    );
    const camera = picture && this.#camera?.push(picture);
    const tracked = this.#method.push(candidates, { ...this.#clock.push(info.ptsUs), ...(camera && { camera }) });
    for (const { identity, detection, box } of tracked) {
      candidates[detection].track = identity;
      if (boxes === "filtered") candidates[detection].box = box.map((side) => rounded(side, PIXEL_STEPS)) as Box;
    }
    if (publishAbove !== undefined) {
      output.detections = output.detections.filter(({ score, track }) => score >= publishAbove || track !== undefined);
    }
    return { active: tracked.length, lost: this.#method.lost, total: this.#method.total };
  }

  reset(): void {
    this.#method.reset();
    this.#clock.reset();
    this.#camera?.reset();
  }

  #input(outputs: AnalyzerFrame["outputs"]): ModelOutput & { detections: Detection[] } {
    const { on } = this.options;
    const candidates = on === undefined ? Object.values(outputs) : [outputs[on]];
    const found = candidates.findLast((output) => Array.isArray(output?.detections));
    if (found) return found as ModelOutput & { detections: Detection[] };
    throw new Error(
      on === undefined
        ? "Cannot track: no step before has detections"
        : `Cannot track: step ${on} before has no detections`,
    );
  }
}

function methodOf(options: TrackOptions): TrackMethod {
  const { high, low, start, confirm, keepMs, acrossClasses } = options;
  if (options.method === "bytetrack") {
    return new ByteTrack({
      high,
      low: low ?? Math.min(high, 0.1),
      start: start ?? Math.min(1, high + 0.1),
      firstCost: options.firstCost ?? 0.9,
      secondCost: options.secondCost ?? 0.5,
      newCost: options.newCost ?? 0.7,
      regain: options.regain ?? true,
      duplicateIou: options.duplicateIou ?? 0.85,
      confirm: confirm ?? 1,
      keepMs,
      acrossClasses,
    });
  }
  return new OcSort({
    high,
    low: low ?? high,
    start: start ?? high,
    iou: options.iou ?? 0.3,
    inertia: options.inertia ?? 0.2,
    directionFrames: options.directionFrames ?? 3,
    recover: options.recover ?? true,
    replay: options.replay ?? true,
    confirm: confirm ?? 3,
    reconfirm: options.reconfirm ?? false,
    keepMs,
    acrossClasses,
  });
}

/** The tracker as the registry of analyzers lists it. */
export const track = {
  kind: "track",
  describe: "gives detections identities that last over time",
  schema: trackSchema,
  create: (options: TrackOptions) => new Track(options),
};
