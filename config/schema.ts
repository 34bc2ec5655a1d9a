import { z } from "zod";
import { analyzers } from "../src/analyzers/registry.ts";
import type { FlowMode, PipelineStep, StreamPolicy, StreamRegistration } from "../src/core/stream.ts";
import { captureSchema } from "../src/capture/capture_schema.ts";
import { type ParsedSinkConfig, sinkName, sinks as sinkKinds } from "../src/sinks/registry.ts";
import { sourceNamed, sources } from "../streams/sources/registry.ts";
import { analyzerFaults } from "./analyzer_references.ts";
import { cascadeFaults, cascadeKeys } from "./cascade_schema.ts";
import { ConfigError, faultsOf } from "./issues.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LIVE_MAX_AGE_MS = 1000;
const LABELS_MAX = 32;

/** What people may call things. */
export const nameSchema = z.string().regex(
  NAME,
  "up to 63 letters, digits, dots, dashes and underscores; the first a letter or digit",
);

const modelStepSchema = z.strictObject({
  model: z.string().min(1).describe("A file, or the name of a model that was added (or name@version) or is built in"),
  name: nameSchema.optional().describe("The key of this step's output; default the model's task"),
  minScore: z.number().min(0).max(1).optional().describe("Detections and classes that score lower are left out"),
  iou: z.number().min(0).max(1).optional().describe("Boxes of one class that overlap more than this are one"),
  maxDetections: z.int().min(1).max(10_000).optional().describe("The best so many are kept"),
  publish: z.boolean().optional().describe(
    "false: what it answers is for later steps and stays out of the results (feature vectors are many numbers); default true",
  ),
  ...cascadeKeys,
});

const analyzerStepSchema = z.looseObject({
  analyzer: z.string().describe("An analyzer's kind; the other keys are its options"),
  name: nameSchema.optional().describe("The key of this step's output; default the analyzer's kind"),
}).superRefine(({ analyzer, name: _name, ...options }, context) => {
  if ("model" in options) {
    context.addIssue({ code: "custom", path: ["model"], message: "a step is either a model or an analyzer" });
    return;
  }
  const plugin = analyzers.find(({ kind }) => kind === analyzer);
  if (!plugin) {
    const known = analyzers.map(({ kind }) => kind).join(", ") || "none yet";
    context.addIssue({
      code: "custom",
      path: ["analyzer"],
      message: `no analyzer is called ${analyzer}; there are: ${known}`,
    });
    return;
  }
  for (const issue of plugin.schema.safeParse(options).error?.issues ?? []) context.addIssue({ ...issue } as never);
});

const KINDS = sources.map(({ kind }) => `"${kind}"`).join(", ");

/** Where frames come from: one shape for each kind of source. */
export const sourceSchema = z.discriminatedUnion(
  "kind",
  sources.map(({ schema }) => schema) as unknown as readonly [z.ZodObject<{ kind: z.ZodLiteral<string> }>],
  {
    error: (issue) =>
      issue.code !== "invalid_union"
        ? undefined
        : typeof (issue.input as { kind?: unknown } | null)?.kind === "string"
        ? `there is no such source; there are: ${KINDS}`
        : `a source needs a kind: ${KINDS}`,
  },
).meta({ id: "Source" }) as unknown as z.ZodType<StreamRegistration["source"]>;

/** Where a stream's events go: one shape for each kind of sink. */
export const sinkSchema = z.discriminatedUnion(
  "kind",
  sinkKinds.map(({ schema }) => schema) as unknown as readonly [z.ZodObject<{ kind: z.ZodLiteral<string> }>],
).meta({ id: "Sink" }) as unknown as z.ZodType<NonNullable<StreamRegistration["sinks"]>[number]>;

const sinksSchema = z.array(sinkSchema).max(8).superRefine((configs, context) => {
  // Names become directories, and not every disk tells letters apart by their case.
  const names = configs.map((config) => sinkName(config as ParsedSinkConfig).toLowerCase());
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return;
    const other = sinkName(configs[first] as ParsedSinkConfig);
    context.addIssue({
      code: "custom",
      path: [index, "name"],
      message: `another sink is called ${other}; give this one a name of its own, whatever the case of its letters`,
    });
  });
});

const flowModeSchema = z.enum(["latest", "block", "drop-oldest", "drop-newest"]);

const policySchema = z.strictObject({
  mode: flowModeSchema.optional().describe(
    "What happens to frames that come too fast; default latest for live sources, block for files",
  ),
  fps: z.number().positive().max(1000).optional().describe("At most so many frames a second reach the pipeline"),
  every: z.int().min(1).optional().describe("Every nth frame only"),
  keyframes: z.boolean().optional().describe("Only frames that decode alone"),
  maxAgeMs: z.number().positive().optional().describe(
    `Frames whose result would be older are dropped before they cost, milliseconds; default ${LIVE_MAX_AGE_MS} for live sources, none for files`,
  ),
  weight: z.number().positive().max(1000).default(1).describe("Share of the models' time against other streams"),
  capacity: z.int().min(1).max(256).default(8).describe("Places in the queue of drop-oldest and drop-newest"),
  stallMs: z.number().min(100).optional().describe(
    "No frame for so long and a live stream is stalled, milliseconds; twice that and it is connected anew",
  ),
  restarts: z.strictObject({
    count: z.int().min(0).describe("So many reconnects"),
    withinMs: z.number().positive().describe("in so many milliseconds"),
  }).optional().describe("Past this a stream is given up; without it a live stream never is"),
});

/** Steps, one after the other. */
export const pipelineSchema = z.array(z.union([modelStepSchema, analyzerStepSchema])).max(32).superRefine(
  (steps, context) => {
    const names = new Map<string, number>();
    steps.forEach(({ name }, index) => {
      if (name === undefined) return;
      const first = names.get(name);
      if (first === undefined) names.set(name, index);
      else {context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `step ${first} is called ${name} already`,
        });}
    });
    for (const fault of [...cascadeFaults(steps), ...analyzerFaults(steps)]) {
      context.addIssue({ code: "custom", ...fault });
    }
  },
);

const labelsSchema = z.record(z.string().min(1).max(63), z.string().max(255))
  .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`);

const EXAMPLE = {
  id: "pitch",
  source: { kind: "scene", scene: "pitch" },
  pipeline: [{ model: "weir-pitch" }, { analyzer: "track" }],
  policy: { fps: 5 },
  labels: { site: "north" },
};

/** A stream as it is registered, with defaults by the kind of its source. */
export const registrationSchema = z.strictObject({
  id: nameSchema.describe("The stream's name"),
  source: sourceSchema.describe("Where the frames come from"),
  pipeline: pipelineSchema.default([]).describe("Models and analyzers, in order"),
  policy: policySchema.prefault({}).describe("How the stream trades completeness against freshness"),
  sinks: sinksSchema.optional().describe("Where its events go besides the API"),
  capture: captureSchema.optional(),
  labels: labelsSchema.default({}).describe("Anything that helps to find the stream again"),
  // Said twice: the document shows what goes in, which is what this was before it is transformed.
}).meta({ examples: [EXAMPLE] }).transform((parsed): StreamRegistration => ({
  ...parsed,
  pipeline: parsed.pipeline as PipelineStep[],
  policy: completed(parsed.policy, parsed.source),
})).meta({ examples: [EXAMPLE] });

/** What of a registration may change; what is absent stays. */
export const patchSchema = z.strictObject({
  source: sourceSchema.optional().describe("Another place for the frames to come from; the stream connects anew"),
  pipeline: pipelineSchema.optional().describe("Other models and analyzers, all of them, in order"),
  policy: policySchema.optional().describe("Another policy, as a whole"),
  sinks: sinksSchema.optional().describe("Other sinks, all of them"),
  capture: captureSchema.nullable().optional().describe("Other rules for what is kept, all of them; null for none"),
  labels: labelsSchema.optional().describe("Other labels, all of them"),
}).refine(
  (patch) => Object.keys(patch).length > 0,
  "nothing to change: give source, pipeline, policy, sinks, capture or labels",
).meta({ examples: [{ labels: { site: "south" } }] });

/** A change to a registration, once it is checked. */
export type Patch = z.infer<typeof patchSchema>;

/** The registration with the change in it, complete again. */
export function patched(
  registration: StreamRegistration,
  { source, pipeline, policy, sinks, capture, labels }: Patch,
): StreamRegistration {
  const from = source ?? registration.source;
  const { capture: before, ...rest } = registration;
  const kept = capture === undefined ? before : capture ?? undefined;
  return {
    ...rest,
    source: from,
    ...(pipeline && { pipeline: pipeline as PipelineStep[] }),
    ...(policy && { policy: completed(policy, from) }),
    ...(sinks && { sinks }),
    ...(kept && { capture: kept }),
    ...(labels && { labels }),
  };
}

function completed(policy: z.infer<typeof policySchema>, source: StreamRegistration["source"]): StreamPolicy {
  const mode: FlowMode = policy.mode ?? sourceNamed(source.kind).policy?.(source) ?? "latest";
  const maxAgeMs = policy.maxAgeMs ?? (mode === "latest" ? LIVE_MAX_AGE_MS : undefined);
  return { ...policy, mode, ...(maxAgeMs !== undefined && { maxAgeMs }) };
}

/** Parses a registration; throws {@link ConfigError} with the path of each field that does not fit. */
export function parseRegistration(value: unknown): StreamRegistration {
  const parsed = registrationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError("This registration does not fit", faultsOf(parsed.error));
}
