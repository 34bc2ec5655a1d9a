import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { Analyzer } from "../core/analyzer.ts";
import { type AnalyzerPlugin, analyzers } from "./registry.ts";

/** What the module of a plugin exports by default: an analyzer that does not come with Weir. */
export interface PluginModule {
  /** What pipelines call it. */
  kind: string;
  describe: string;
  /** Its options as a JSON schema of an object; without one it takes any. */
  options?: Record<string, unknown>;
  create(options: Record<string, unknown>): Analyzer;
}

/** What of a plugin can be told in another thread. */
export type PluginDeclaration = Omit<PluginModule, "create">;

const moduleSchema = z.object({
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "up to 32 small letters, digits and dashes; the first a letter"),
  describe: z.string().min(1).max(500),
  options: z.record(z.string(), z.unknown()).optional(),
  create: z.custom<PluginModule["create"]>((value) => typeof value === "function", "a function that makes one"),
});

/** Reads a plugin's module; that runs it. */
export async function readPlugin(file: string): Promise<PluginModule> {
  const fail = (reason: string, cause?: unknown) =>
    new Error(`Cannot take ${file} for a plugin: ${reason}`, cause ? { cause } : {});
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  const parsed = moduleSchema.safeParse(module.default);
  if (!parsed.success) {
    throw fail(`its default export is no { kind, describe, options?, create }: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** Adds a plugin to the analyzers of this thread; where only its declaration is known, none can be made. */
export function registerPlugin({ kind, describe, options, create }: PluginDeclaration & Partial<PluginModule>): void {
  if (analyzers.some((known) => known.kind === kind)) {
    throw new Error(`Cannot take on the plugin ${kind}: there is an analyzer of that name already`);
  }
  analyzers.push({
    kind,
    describe,
    schema: schemaOf(kind, options),
    create: (create ?? unmakeable) as AnalyzerPlugin["create"],
  });
}

function unmakeable(): never {
  throw new Error("Cannot make a plugin's analyzer in a thread that has only been told of it");
}

/** Unknown keys are a mistake here as everywhere, unless the plugin says what they are. */
function schemaOf(kind: string, options: Record<string, unknown> | undefined): z.ZodType {
  if (!options) return z.record(z.string(), z.unknown());
  try {
    return z.fromJSONSchema({ additionalProperties: false, ...options, type: "object" });
  } catch (error) {
    throw new Error(`Cannot take on the plugin ${kind}: its options are no JSON schema: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
