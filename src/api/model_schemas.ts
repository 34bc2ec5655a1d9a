import { z } from "zod";
import { MODEL_STATES } from "../core/services.ts";
import { distributionSchema } from "./schemas.ts";

const count = z.int().min(0);

const portSchema = z.object({
  name: z.string(),
  type: z.string().describe("its element type, or what it is when it is no tensor"),
  shape: z.array(z.union([z.int(), z.string()])).optional().describe("a text is an open dimension's name"),
});

const taskSchema = z.enum(["detect", "classify", "embed", "head", "tensor"]);
const labelsSchema = z.object({ count, first: z.array(z.string()) });
const inputSchema = z.looseObject({ width: count, height: count }).describe("how pictures are laid into its input");
const canarySchema = z.object({ version: z.string(), share: z.number().describe("of the frames, between 0 and 1") });
const shadowSchema = z.object({ version: z.string() });

const registrySchema = z.object({
  active: z.string().describe("the version that the bare name means"),
  previous: z.string().optional().describe("the version that was active before"),
  canary: canarySchema.optional().describe("a version that answers a share of the frames"),
  shadow: shadowSchema.optional().describe("a version that runs in spare time; it is compared and not published"),
  versions: z.array(z.object({
    version: z.string(),
    active: z.boolean(),
    sha256: z.string(),
    bytes: count,
    addedAt: z.iso.datetime(),
    from: z.string().describe("a file's name, or the zoo"),
    task: taskSchema.optional(),
    adapter: z.string().optional(),
    licence: z.string().optional(),
    users: z.array(z.string()).describe("the streams that use it"),
    runs: count.optional().describe("of the copies that run now, as are frames and failures; absent where none does"),
    frames: count.optional(),
    failures: count.optional(),
    inferMs: distributionSchema.optional(),
    comparison: z.object({
      compared: count.describe("frames that both versions have answered"),
      agreement: z.number().optional().describe(
        "how far the answers agree on average, 0 to 1: boxes by overlap and label, classes by the best one",
      ),
      skipped: count.describe("frames that it had no spare time for; they were published all the same"),
      failed: count,
    }).optional().describe("beside the active version, while it is a canary or a shadow"),
  })),
}).meta({ id: "ModelRegistry", description: "The versions of a model that was added" });

/** How a model is fed and read, as far as that is known. */
const usage = {
  input: inputSchema.optional(),
  inputs: z.array(portSchema).optional(),
  outputs: z.array(portSchema).optional(),
  labels: labelsSchema.optional(),
  minScore: z.number().optional(),
  iou: z.number().optional(),
  maxDetections: count.optional(),
};

/** A model for those who look at it. */
export const modelSchema = z.object({
  name: z.string().describe("what streams and /predict call it"),
  state: z.enum(MODEL_STATES).describe(
    "unloaded ones come with Weir or were added, and are loaded when they are first used; those on their way are loading",
  ),
  cause: z.string().optional().describe("why it is in that state, where there is a why"),
  declared: z.boolean().describe("kept loaded, because the configuration says so"),
  default: z.boolean().describe("what /predict takes where none is named"),
  builtIn: z.boolean(),
  users: z.array(z.string()).describe("the streams that use it"),
  task: z.enum([...taskSchema.options, "signal"]).optional().describe(
    "what it answers; into a model for signals no picture goes, and it is never loaded as one",
  ),
  adapter: z.string().optional().describe("what reads its outputs"),
  why: z.array(z.string()).optional().describe("what the adapter went by"),
  file: z.string().optional(),
  bytes: count.optional(),
  sha256: z.string().optional(),
  licence: z.string().optional(),
  version: z.string().optional(),
  ...usage,
  device: z.string().optional().describe("what was asked for"),
  provider: z.string().optional().describe("what it runs on"),
  threads: count.optional(),
  maxBatch: count.optional(),
  maxDelayMs: z.number().optional(),
  replicas: z.record(z.string(), count).optional().describe("copies by state"),
  runs: count.optional().describe("of the copies that run now, as are frames and failures"),
  frames: count.optional(),
  failures: count.optional(),
  queueDepth: count.optional().describe("frames that wait for its turn"),
  meanBatch: z.number().optional().describe("frames to a run"),
  states: z.object({
    held: count.describe("streams, and tracks in them, that it follows"),
    dropped: count.describe("that had to go because there were too many"),
  }).optional().describe("of a model that carries a state from frame to frame"),
  inferMs: distributionSchema.optional().describe("of the latest runs"),
  registry: registrySchema.optional(),
  download: z.object({
    bytes: count,
    of: count,
    cause: z.string().optional().describe("why it came to nothing"),
  }).optional().describe("while it is being fetched from the zoo"),
}).meta({ id: "Model", description: "What is not known of a model is absent" });

/** What a file is to Weir. */
export const inspectionSchema = z.object({
  usable: z.boolean().describe("whether it could be added as it is"),
  error: z.object({ code: z.string(), message: z.string() }).optional().describe("why it could not"),
  name: z.string().describe("what it could be called"),
  bytes: count,
  sha256: z.string(),
  knownAs: z.string().optional().describe("a version of the registry that is this very file: name@version"),
  task: taskSchema.optional(),
  adapter: z.string().optional(),
  why: z.array(z.string()).optional().describe("what the adapter went by"),
  toCheck: z.array(z.object({ field: z.enum(["labels", "input", "adapter"]), message: z.string() })).describe(
    "what the file leaves open: all that a person need look at",
  ),
  ...usage,
  licence: z.string().optional(),
}).meta({ id: "ModelInspection" });

/** A model of the zoo. */
export const zooSchema = z.object({
  name: z.string(),
  describe: z.string().describe("what it is good for"),
  task: z.string(),
  adapter: z.string(),
  licence: z.string(),
  restrictive: z.boolean().describe("its licence has to be accepted before it is fetched"),
  home: z.string().optional().describe("where its makers tell of it and of its licence"),
  note: z.string().optional(),
  bytes: count,
  sha256: z.string(),
  knownAs: z.string().optional().describe("what it is called here, where it was added already"),
}).meta({ id: "ZooModel" });

const score = z.number().min(0).max(1);

/** What is to change of a model. */
export const modelChangeSchema = z.strictObject({
  active: z.string().min(1).max(32).optional().describe("the version that the bare name is to mean, at once"),
  canary: z.strictObject({ version: z.string().min(1).max(32), share: z.number().gt(0).lt(1) }).nullable().optional()
    .describe("a version that is to answer a share of the frames; null ends it"),
  shadow: z.strictObject({ version: z.string().min(1).max(32) }).nullable().optional()
    .describe("a version that is to run in spare time and be compared; null ends it"),
  version: z.string().min(1).max(32).optional().describe(
    "of which version what follows is said; default the active one",
  ),
  minScore: score.optional(),
  iou: score.optional(),
  maxDetections: z.int().min(1).max(10_000).optional(),
  labels: z.array(z.string().max(255)).min(1).max(100_000).optional(),
}).refine((change) => Object.keys(change).some((key) => key !== "version"), "nothing to change")
  .meta({ examples: [{ active: "2" }, { canary: { version: "3", share: 0.1 } }] });

/** Which model of the zoo is to be fetched. */
export const zooRequestSchema = z.strictObject({
  zoo: z.string().min(1).max(63).describe("a name of GET /api/v1/zoo"),
  name: z.string().min(1).max(63).optional().describe("what it is to be called; default its name in the zoo"),
  version: z.string().min(1).max(32).optional(),
  acceptLicence: z.boolean().optional().describe("its licence was read and is accepted; restrictive ones ask for it"),
}).meta({ id: "ZooRequest", examples: [{ zoo: "yunet" }] });
