import { readFile } from "node:fs/promises";
import { isMap, isSeq, LineCounter, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { z } from "zod";
import { fromEnvironment } from "./environment.ts";
import { ConfigError, faultsOf } from "./issues.ts";
import { modelsSchema } from "./model_schema.ts";
import { predictSchema } from "./predict_schema.ts";
import { registrationSchema } from "./schema.ts";
import { similaritySchema } from "./similarity_schema.ts";
import {
  authSchema,
  captureSectionSchema,
  eventsSchema,
  inferenceSchema,
  limitsSchema,
  serverSchema,
  sourceRulesSchema,
  telemetrySchema,
  zooSchema,
} from "./server_schema.ts";
import { uploadsSchema } from "./uploads_schema.ts";

/** Everything a configuration file may say, section by section. */
export const configSchema = z.strictObject({
  server: serverSchema.prefault({}).describe("How the server listens"),
  auth: authSchema.prefault({}).describe("Who may do what"),
  limits: limitsSchema.prefault({}).describe("How much the server takes from outside"),
  sources: sourceRulesSchema.prefault({}).describe("Where frames may come from"),
  inference: inferenceSchema.prefault({}).describe("How models run"),
  predict: predictSchema.prefault({}).describe("What /predict offers besides the models"),
  similarity: similaritySchema.prefault({}).describe("Where several servers remember answers together"),
  zoo: zooSchema.prefault({}).describe("Where public models are fetched from by name"),
  events: eventsSchema.prefault({}).describe("The event log that subscribers resume from"),
  capture: captureSectionSchema.prefault({}).describe("What is kept of streams and images"),
  uploads: uploadsSchema.prefault({}).describe("Clips that are sent to the server"),
  telemetry: telemetrySchema.prefault({}).describe("What the server says of itself"),
  models: modelsSchema.default([]).describe("Models that are kept loaded"),
  streams: z.array(registrationSchema).default([]).describe("Streams that run from the start"),
}).superRefine(({ streams }, context) => {
  const seen = new Map<string, number>();
  streams.forEach(({ id }, index) => {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, index);
    else {context.addIssue({
        code: "custom",
        path: ["streams", index, "id"],
        message: `streams[${first}] is called ${id} already`,
      });}
  });
});

/** What a configuration says, complete. */
export type Config = z.infer<typeof configSchema>;

/** Sections and keys that count more than the file. */
export type ConfigOverrides = Record<string, Record<string, unknown>>;

/** What a configuration is made of besides its file. */
export interface LoadOptions {
  /** The environment; variables of ours count more than the file. */
  env?: Readonly<Record<string, string>>;
  /** Flags of the command line; they count most. */
  overrides?: ConfigOverrides;
}

/** Reads a configuration file, YAML or JSON, or none; environment and flags count more than it. */
export async function loadConfig(path: string | undefined, options: LoadOptions = {}): Promise<Config> {
  const lines = new LineCounter();
  const document = parseDocument(path === undefined ? "{}" : await read(path), { lineCounter: lines });
  const what = path === undefined ? "the configuration" : `the configuration ${path}`;
  const [syntax] = document.errors;
  if (syntax) throw new Error(`Cannot read ${what}: ${syntax.message}`, { cause: syntax });
  let value = withoutEmpty(document.toJS() ?? {});
  for (const layer of [fromEnvironment(options.env ?? {}), options.overrides ?? {}]) value = overlaid(value, layer);
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lineOf = (keys: readonly PropertyKey[]) => {
    const offset = offsetOf(document.contents, keys);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  const faults = parsed.error.issues.flatMap((issue) => {
    const line = lineOf("keys" in issue && Array.isArray(issue.keys) ? [...issue.path, issue.keys[0]] : issue.path);
    const told = faultsOf(new z.ZodError([issue]));
    return line === undefined ? told : told.map((fault) => ({ ...fault, message: `${fault.message} (line ${line})` }));
  });
  throw new ConfigError(`Cannot use ${what}`, faults);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read the configuration ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Sections in which everything is commented out are as good as absent. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

/** One layer over another, section by section and key by key. */
function overlaid(value: unknown, layer: ConfigOverrides): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const result: Record<string, unknown> = { ...value };
  for (const [section, keys] of Object.entries(layer)) {
    const below = result[section];
    // A section of the wrong type stays, so that it is told of.
    if (below === undefined || below === null || (typeof below === "object" && !Array.isArray(below))) {
      result[section] = { ...below as object, ...keys };
    }
  }
  return result;
}

/** Where in the text a key stands, or what is nearest above it. */
function offsetOf(node: unknown, keys: readonly PropertyKey[]): number | undefined {
  let at: number | undefined;
  let current = node;
  for (const key of keys) {
    if (isMap(current)) {
      const pair = (current as YAMLMap<{ value?: unknown; range?: number[] }>).items.find((item) =>
        item.key.value === key
      );
      if (!pair) return at;
      at = pair.key.range?.[0] ?? at;
      current = pair.value;
    } else if (isSeq(current)) {
      current = (current as YAMLSeq).items[Number(key)];
      at = (current as { range?: number[] } | undefined)?.range?.[0] ?? at;
    } else return at;
  }
  return at;
}
