import { z } from "zod";
import { analyzers } from "../src/analyzers/registry.ts";
import type { FlowMode, PipelineStep, StreamRegistration } from "../src/core/stream.ts";
import { sourceNamed, sources } from "../streams/sources/registry.ts";
import { ConfigError, faultsOf } from "./issues.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LIVE_MAX_AGE_MS = 1000;
const LABELS_MAX = 32;

const nameSchema = z.string().regex(
  NAME,
  "up to 63 letters, digits, dots, dashes and underscores; the first a letter or digit",
);

const modelStepSchema = z.strictObject({
  model: z.string().min(1).describe("A built-in model's name, or the path of an ONNX file"),
  name: nameSchema.optional().describe("The key of this step's output; default the model's task"),
  minScore: z.number().min(0).max(1).optional().describe("Detections and classes that score lower are left out"),
  iou: z.number().min(0).max(1).optional().describe("Boxes of one class that overlap more than this are one"),
  maxDetections: z.int().min(1).max(10_000).optional().describe("The best so many are kept"),
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

/** A stream as it is registered, with defaults by the kind of its source. */
export const registrationSchema = z.strictObject({
  id: nameSchema.describe("The stream's name"),
  source: sourceSchema().describe("Where the frames come from"),
  pipeline: z.array(z.union([modelStepSchema, analyzerStepSchema])).max(32).default([]).describe(
    "Models and analyzers, in order",
  ),
  policy: policySchema.prefault({}).describe("How the stream trades completeness against freshness"),
  labels: z.record(z.string().min(1).max(63), z.string().max(255)).default({})
    .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`)
    .describe("Anything that helps to find the stream again"),
}).superRefine(({ pipeline }, context) => {
  const names = new Map<string, number>();
  pipeline.forEach((step, index) => {
    const { name } = step;
    if (name === undefined) return;
    const first = names.get(name);
    if (first === undefined) names.set(name, index);
    else {context.addIssue({
        code: "custom",
        path: ["pipeline", index, "name"],
        message: `step ${first} is called ${name} already`,
      });}
  });
}).transform((parsed): StreamRegistration => {
  const { policy } = parsed;
  const mode: FlowMode = policy.mode ?? sourceNamed(parsed.source.kind).policy?.(parsed.source) ?? "latest";
  const maxAgeMs = policy.maxAgeMs ?? (mode === "latest" ? LIVE_MAX_AGE_MS : undefined);
  return {
    ...parsed,
    pipeline: parsed.pipeline as PipelineStep[],
    policy: { ...policy, mode, ...(maxAgeMs !== undefined && { maxAgeMs }) },
  };
});

/** Parses a registration; throws {@link ConfigError} with the path of each field that does not fit. */
export function parseRegistration(value: unknown): StreamRegistration {
  const parsed = registrationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError("This registration does not fit", faultsOf(parsed.error));
}

function sourceSchema() {
  const kinds = sources.map(({ kind }) => kind) as [string, ...string[]];
  return z.looseObject({ kind: z.enum(kinds) }).transform((config, context) => {
    const parsed = sourceNamed(config.kind).schema.safeParse(config);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) {
      context.issues.push({ code: "custom", path: [...path], message, input: config });
    }
    return z.NEVER;
  });
}
