import { z } from "zod";
import { DROP_CAUSES } from "../core/drops.ts";
import { STREAM_STATES } from "../core/stream.ts";

// What the server answers, for the document and for clients that generate their types from it.

const count = z.int().min(0);
const ms = z.number().describe("milliseconds");

/** Percentiles of a duration over the recent past. */
export const distributionSchema = z.object({
  count,
  mean: ms,
  min: ms,
  p50: ms,
  p95: ms,
  p99: ms,
  max: ms,
}).meta({ id: "Distribution", description: "Percentiles over the recent past, milliseconds" });

/** Why something is as it is. */
export const causeSchema = z.object({
  code: z.string().describe("stable; clients may branch on it"),
  message: z.string().describe("for people; never holds credentials"),
}).meta({ id: "Cause" });

/** A stream's frame accounts. */
export const framesSchema = z.object({
  received: count.describe("video frames that came out of the demuxer, or images that arrived"),
  completed: count.describe("frames whose result was published"),
  dropped: z.object(Object.fromEntries(DROP_CAUSES.map((cause) => [cause, count]))).describe("frames by why they fell"),
  inFlight: count,
  decoded: count.describe("frames whose picture was decoded, whatever became of them"),
  unaccounted: z.int().describe("received − completed − dropped − inFlight; anything but zero is a bug"),
}).meta({ id: "Frames", description: "received = completed + dropped + inFlight, at every reading" });

/** What a source tells of itself. */
export const propertiesSchema = z.object({
  codec: z.string(),
  width: count,
  height: count,
  fps: z.number().optional(),
  durationMs: ms.optional(),
  frames: count.optional(),
  live: z.boolean(),
  intraOnly: z.boolean(),
  reordered: z.boolean().optional(),
  hardware: z.string().optional(),
}).meta({ id: "SourceProperties" });

/** How far what a step sees is from what it was. */
export const driftSchema = z.object({
  state: z.enum(["learning", "gathering", "steady", "watch", "act"]),
  reference: count.describe("samples of the reference, or gathered for it"),
  current: count.describe("samples that are held against it"),
  figures: z.record(z.string(), z.looseObject({ psi: z.number(), level: z.enum(["steady", "watch", "act"]) })),
  reasons: z.array(z.string()).describe("what has moved and how"),
}).meta({ id: "Drift" });

/** A stream as it stands. */
export const statusSchema = z.object({
  id: z.string(),
  atMs: z.number().describe("when this was read, Unix milliseconds; up to two seconds ago where its thread is busy"),
  state: z.enum(STREAM_STATES),
  cause: causeSchema.optional(),
  sinceMs: z.number().describe("since when it is in that state, Unix milliseconds"),
  epoch: count.describe("+1 at every connection"),
  restarts: count,
  nextAttemptMs: z.number().optional().describe("when the next attempt comes, Unix milliseconds"),
  frames: framesSchema,
  fpsIn: z.number(),
  fpsOut: z.number(),
  age: distributionSchema,
  timings: z.object({
    decodeMs: distributionSchema,
    queueMs: distributionSchema,
    prepareMs: distributionSchema,
    inferMs: distributionSchema,
    postMs: distributionSchema,
  }),
  memoryBoundBytes: count.describe("the most memory its frames can take"),
  properties: propertiesSchema.optional(),
  fault: z.object({ cause: z.enum(DROP_CAUSES), message: z.string(), atMs: z.number(), count }).optional(),
  cascades: z.record(
    z.string(),
    z.object({
      runs: count.describe("crops, or vectors, that it was asked about"),
      failed: count,
      skipped: count.describe("were due and had no place among the most that a frame may have"),
      cache: z.object({
        hits: count,
        adopted: count.describe("of those, answers that another server knew"),
        misses: count,
        unusable: count.describe("vectors without a direction"),
        entries: count.describe("answers remembered now"),
        evicted: count,
        checked: count.describe("hits that were run nevertheless"),
        agreed: count.describe("of those, how many said the same"),
        savedMs: ms.describe("what the runs that were not made would have taken"),
      }).optional().describe("answers that stand for those nearly the same"),
    }),
  ).optional().describe("by step, for those that run on what an earlier one found"),
  pictures: z.object({ encoded: count, failed: count, missed: count, fault: z.string().optional() }).optional()
    .describe("encoded for those who watch; could not be made; came too fast to be taken"),
  capture: z.object({
    seen: count.describe("results looked at"),
    taken: count,
    missed: count.describe("were due and had no room, or came faster than the rules let them"),
    failed: count,
    fault: z.string().optional(),
    clips: z.object({
      heldSeconds: z.number().describe("video that is held now"),
      heldBytes: count,
      boundBytes: count,
      written: count,
      missed: count.describe("alerts that got no clip"),
      failed: count,
      fault: z.string().optional(),
    }).optional(),
  }).optional().describe("pictures and clips taken to be kept"),
  drift: z.record(z.string(), driftSchema).optional().describe("by step of the kind drift"),
}).meta({ id: "StreamStatus" });

/** A stream for those who look at it. */
export const streamSchema = z.object({
  id: z.string(),
  registration: z.looseObject({}).describe("as it was registered, credentials masked"),
  address: z.string().describe("the source's address, credentials masked"),
  status: statusSchema.optional().describe("absent for a moment while its thread is being replaced"),
  origin: z.enum(["api", "config"]),
  kept: z.object({
    files: count,
    bytes: count,
    kept: count,
    dropped: count.describe("had no room in the queue"),
    failed: count.describe("could not be written"),
    removed: count.describe("gone for age or room"),
    waiting: count,
    fault: z.object({ message: z.string(), atMs: z.number() }).optional(),
    upload: z.looseObject({ state: z.string(), sent: count, dropped: count, waiting: count }).optional(),
  }).optional().describe("what is kept of it on disk"),
  sinks: z.array(z.looseObject({
    name: z.string(),
    kind: z.string(),
    to: z.string().describe("where it sends to, credentials masked"),
    state: z.string().describe("ok, failing or closed"),
  })).describe("how its sinks stand"),
}).meta({ id: "Stream" });

/** What a request would do, were it meant. */
export const streamTrialSchema = z.object({
  id: z.string(),
  effect: z.enum(["starts", "applies", "reconnects"])
    .describe("it would start; go on with what is new, its source connected all the while; or connect anew"),
  registration: z.looseObject({}).describe("as it would be registered, credentials masked"),
}).meta({ id: "StreamTrial" });

/** A stream changed its state. */
export const stateEventSchema = z.object({
  v: z.literal(1),
  type: z.literal("state"),
  stream: z.string(),
  state: z.enum(STREAM_STATES),
  previous: z.enum(STREAM_STATES),
  cause: causeSchema.optional(),
  at: z.iso.datetime(),
  epoch: count,
  restarts: count,
  nextAttemptMs: z.number().optional(),
}).meta({ id: "StateEvent" });

/** The one envelope of results. */
export const resultEventSchema = z.object({
  v: z.literal(1),
  type: z.literal("result"),
  stream: z.string(),
  epoch: count,
  seq: count.describe("the frame's number in its stream, rising across epochs; gaps are drops"),
  pts: z.number().describe("presentation time, seconds"),
  capturedAt: z.iso.datetime().optional(),
  ageMs: ms.optional().describe("from the frame's arrival to the result's publication"),
  frame: z.object({ width: count, height: count }),
  timings: z.object({ decodeMs: ms, queueMs: ms, prepareMs: ms, inferMs: ms, postMs: ms }).optional(),
  outputs: z.record(z.string(), z.looseObject({})).describe("by step name"),
}).meta({ id: "ResultEvent" });

/** What a test connection found. */
export const probeSchema = z.object({
  ok: z.boolean(),
  tookMs: ms,
  properties: propertiesSchema.optional(),
  picture: z.string().optional().describe("the first picture: a JPEG as a data URL"),
  cause: causeSchema.optional().describe("why it failed"),
}).meta({ id: "Probe" });
