import { z } from "zod";
import type { Analyzer, AnalyzerFrame } from "../core/analyzer.ts";
import type { FacePulse } from "../core/face_pulse.ts";
import type { Box, Detection } from "../core/results.ts";
import { boxIou } from "../vision/box_iou.ts";
import { PulseNetwork } from "../vision/pulse/pulse_network.ts";
import { PULSE_METHODS } from "../vision/pulse/pulse_methods.ts";
import { PulseFace } from "./pulse_face.ts";
import type { PixelRegion } from "./pulse_region.ts";
import { waveOf, type WaveOwner } from "./pulse_waves.ts";
import type { StepReference } from "./step_references.ts";
import { selectedDetections, selectionOptions, trackOf } from "./selection.ts";

const fraction = () => z.number().min(0).max(1);

const WAYS = ["auto", ...PULSE_METHODS, "network", "red", "blue"] as const;

/** Options of {@link Pulse}. */
export const pulseSchema = z.strictObject({
  ...selectionOptions,
  of: selectionOptions.of.unwrap().default("face").describe(
    "The label of the detections whose pulse is read, or several; step.label means that of that step",
  ),
  region: z.union([
    z.literal("frame"),
    z.strictObject({ x: fraction(), y: fraction(), width: fraction(), height: fraction() })
      .refine(({ x, y, width, height }) => width > 0 && height > 0 && x + width <= 1 && y + height <= 1, {
        message: "the region must have a size and lie inside the picture",
      }),
  ]).optional().describe(
    'Instead of a face: a fixed part of the picture, in fractions of it; or "frame", for a finger on the lens',
  ),
  skin: z.boolean().optional().describe(
    'Whether only pixels with the chroma of skin count; default true, but false for the region "frame"',
  ),
  method: z.union([z.enum(WAYS), z.string().min(1).max(63)]).default("auto").describe(
    "How colours become a pulse; auto takes the method whose answer is the most trustworthy at the moment, and asks the " +
      "network weir-pulse, which wants 30 s, where none is. red, green and blue are that channel alone, for a finger on the " +
      "lens. Any other name is that of an earlier step whose model answers the pulse wave, one number a frame, of each " +
      "face's crop",
  ),
  windowS: z.number().min(5).max(60).default(10).describe("How much of the past a rate is made of, seconds"),
  longWindowS: z.number().min(5).max(120).default(30).describe(
    "How much where the shorter window does not give a rate to be trusted, seconds",
  ),
  everyS: z.number().min(0.2).max(60).default(1).describe("How often a result comes, seconds"),
  minConfidence: fraction().default(0.7).describe("Below this confidence no rate is given"),
  waveS: z.number().min(0).max(10).default(4).describe("How much of the pulse wave comes with a result, seconds"),
  colours: z.boolean().default(false).describe("Whether every frame's mean colours come with a result"),
  spectrum: z.boolean().default(false).describe("Whether the spectrum comes with a result"),
  mask: z.boolean().default(false).describe("Whether the outline of what counts as skin comes with a result"),
}).meta({ examples: [{}, { of: "face", method: "pos" }, { region: "frame", windowS: 30 }] });

/** Parsed options of {@link Pulse}. */
export type PulseOptions = z.output<typeof pulseSchema>;

/** What {@link Pulse} says once a second: of the largest face first, of all in `faces`. */
export type PulseOutput = Omit<FacePulse, "wave" | "spectrum" | "colours" | "mask"> & {
  notice: "not a medical device";
  faces: FacePulse[];
};

const WEIGHTS = new URL("../../models/builtin/weir-pulse.f32", import.meta.url);
/** Faces whose traces are kept. */
const FACES_MAX = 8;
/** A face that the detector misses is where it was for so long; one gone for longer is forgotten. */
const HOLD_S = 0.3, FORGET_S = 10;
/** Boxes of one face overlap from frame to frame. */
const LEAST_IOU = 0.25;

/** Reads heart rates from the colour of skin, with a confidence for each; gives none where it cannot be trusted. */
export class Pulse implements Analyzer {
  #faces: PulseFace[] = [];
  #fixed?: PulseFace;
  #dueAt?: number;
  #network?: PulseNetwork;

  constructor(private readonly options: PulseOptions) {
    if (options.region) this.#fixed = new PulseFace(this.#faceOptions());
  }

  push({ info, width, height, outputs, picture }: AnalyzerFrame): PulseOutput | undefined {
    if (!picture) return undefined;
    const time = info.ptsUs / 1e6;
    if (this.#fixed) {
      this.#fixed.seenAt = time;
      const region = fixedRegion(this.options.region!, width, height);
      this.#fixed.pushFixed(picture, region, time, this.#waveOf(outputs, {}));
    } else {
      const detections = this.#detections(outputs);
      if (detections) this.#match(detections, time);
      for (const face of this.#faces) {
        // Between two detections a face is where it was.
        if (face.box && time - face.seenAt <= Math.max(HOLD_S, detections ? 0 : 1.5)) {
          face.push(picture, face.box, time, this.#waveOf(outputs, face));
        }
      }
    }
    // The time of a stream may begin anywhere, and jumps where a file begins again.
    if (this.#dueAt === undefined || this.#dueAt - time > this.options.everyS) this.#dueAt = time + this.options.everyS;
    if (time < this.#dueAt) return undefined;
    this.#dueAt = Math.max(this.#dueAt + this.options.everyS, time);
    return this.#read(time);
  }

  reset(): void {
    for (const face of this.#faces) face.reset();
    this.#faces = [];
    this.#fixed?.reset();
    this.#dueAt = undefined;
  }

  #read(time: number): PulseOutput {
    const known = this.#fixed ? [this.#fixed] : this.#faces;
    const gone = ({ reasons }: FacePulse) => Number(reasons.includes("noFace"));
    // One that has just gone is told of, too, but no longer before those that are here.
    const faces = known.toSorted((a, b) => area(b.box) - area(a.box)).map((face) => face.read(time))
      .toSorted((a, b) => gone(a) - gone(b));
    const first: FacePulse = faces[0] ?? { confidence: 0, reasons: ["noFace"], windowS: 0 };
    const { wave: _wave, spectrum: _spectrum, colours: _colours, mask: _mask, ...main } = first;
    return { notice: "not a medical device", ...main, faces };
  }

  #waveOf(outputs: AnalyzerFrame["outputs"], owner: WaveOwner): number | undefined {
    const { method } = this.options;
    return isWay(method) ? undefined : waveOf(outputs, method, owner);
  }

  /** The faces of this frame; undefined when nobody looked for any. */
  #detections(outputs: AnalyzerFrame["outputs"]): Detection[] | undefined {
    const { things, known } = selectedDetections(outputs, this.options);
    return known ? things.filter(({ box }) => box[2] > 0 && box[3] > 0) : undefined;
  }

  /** Each detection goes to its track's trace, or to that of the face it overlaps most. */
  #match(detections: readonly Detection[], time: number): void {
    this.#faces = this.#faces.filter(({ seenAt }) => time - seenAt <= FORGET_S && time >= seenAt);
    const taken = new Set<PulseFace>();
    for (const detection of detections.toSorted((a, b) => area(b.box) - area(a.box)).slice(0, FACES_MAX)) {
      const { box } = detection, track = trackOf(detection);
      const free = this.#faces.filter((face) => !taken.has(face));
      // A tracker may take its time: what was seen before it gave an identity belongs to it.
      let face = track === undefined ? nearest(free, box) : free.find((candidate) => candidate.track === track) ??
        nearest(free.filter((candidate) => candidate.track === undefined), box);
      if (!face) {
        if (this.#faces.length >= FACES_MAX) {
          const oldest = free.toSorted((a, b) => a.seenAt - b.seenAt)[0];
          if (!oldest) continue;
          this.#faces.splice(this.#faces.indexOf(oldest), 1);
        }
        this.#faces.push(face = new PulseFace(this.#faceOptions(), track));
      }
      taken.add(face);
      face.track ??= track;
      face.box = [...box];
      face.seenAt = time;
    }
  }

  #faceOptions() {
    const { method, windowS, longWindowS, minConfidence, waveS, spectrum, colours, mask, region, skin } = this.options;
    return {
      ...(isWay(method) ? { method } : { method: "auto" as const, wave: method }),
      windowS,
      longWindowS,
      minConfidence,
      waveS,
      spectrum,
      colours,
      mask,
      skin: skin ?? region !== "frame",
      network: () => this.#network ??= new PulseNetwork(Deno.readFileSync(WEIGHTS)),
    };
  }
}

function isWay(method: string): method is typeof WAYS[number] {
  return (WAYS as readonly string[]).includes(method);
}

function fixedRegion(region: NonNullable<PulseOptions["region"]>, width: number, height: number): PixelRegion {
  const { x, y, width: wide, height: high } = region === "frame" ? { x: 0, y: 0, width: 1, height: 1 } : region;
  const even = (value: number) => Math.floor(value / 2) * 2;
  const left = Math.min(even(x * width), Math.max(0, width - 2)),
    top = Math.min(even(y * height), Math.max(0, height - 2));
  return {
    x: left,
    y: top,
    width: Math.min(width - left, Math.max(2, even(wide * width))),
    height: Math.min(height - top, Math.max(2, even(high * height))),
  };
}

function nearest(faces: readonly PulseFace[], box: Box): PulseFace | undefined {
  let best: PulseFace | undefined, most = LEAST_IOU;
  for (const face of faces) {
    const overlap = face.box ? boxIou(face.box, box) : 0;
    if (overlap > most) [best, most] = [face, overlap];
  }
  return best;
}

function area(box: Box | undefined): number {
  return box ? box[2] * box[3] : 0;
}

/** The pulse as the registry of analyzers lists it. */
export const pulse = {
  kind: "pulse",
  describe: "heart rates from the colour of skin, each with its confidence; not a medical device",
  schema: pulseSchema,
  create: (options: PulseOptions) => new Pulse(options),
  refersTo: ({ method }: PulseOptions): StepReference[] => isWay(method) ? [] : [{ to: method, path: ["method"] }],
};
