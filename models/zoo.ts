import { z } from "zod";
import { didYouMean } from "../src/core/suggest.ts";
import { givenLabels } from "./labels.ts";
import { manifestSchema } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";
import { modelNameSchema } from "./registered_model.ts";

const entrySchema = z.strictObject({
  describe: z.string().describe("what it is good for, in a line"),
  task: z.string(),
  adapter: z.string(),
  licence: z.string().describe("an SPDX expression where there is one"),
  home: z.url({ protocol: /^https?$/ }).optional().describe("where its makers tell of it and of its licence"),
  url: z.url({ protocol: /^https?$/ }),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  manifest: manifestSchema.refine((manifest) => typeof manifest.labels !== "string" || givenLabels(manifest), {
    path: ["labels"],
    error: "is a list of names, or the name of one that Weir knows",
  }).optional().describe("what is not recognised in the file"),
  note: z.string().optional(),
});

const zooSchema = z.strictObject({ v: z.literal(1), models: z.record(modelNameSchema, entrySchema) });

/** A public model that can be fetched by name. */
export type ZooModel = z.infer<typeof entrySchema> & { name: string };

/** Whoever keeps to these may do with a model as he likes, as long as he names its makers. */
const PERMISSIVE = new Set([
  ...["MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unlicense", "0BSD"],
  ...["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "PDDL-1.0"],
]);

/** Whether a licence asks for more than being named, or does not say: people are to read it first. */
export function isRestrictive(licence: string): boolean {
  return !licence.split(/\s+(?:AND|OR)\s+/).every((one) => PERMISSIVE.has(one.replaceAll(/[()]/g, "")));
}

/** The models of the zoo that comes with Weir, or of a list of one's own in the same form. */
export async function readZoo(file?: string): Promise<ZooModel[]> {
  const where = file ?? new URL("./zoo.json", import.meta.url);
  try {
    const { models } = zooSchema.parse(JSON.parse(await Deno.readTextFile(where)));
    return Object.entries(models).map(([name, entry]) => ({ name, ...entry }));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const why = issue ? `${issue.path.join(".")}: ${issue.message}` : (error as Error).message;
    throw new ModelError("manifest", `Cannot read the list of models ${file ?? "of the zoo"}: ${why}`, {
      cause: error,
    });
  }
}

/** The model of the zoo of that name; throws with what was probably meant. */
export function zooModel(zoo: readonly ZooModel[], name: string): ZooModel {
  const found = zoo.find((model) => model.name === name);
  if (found) return found;
  const names = zoo.map((model) => model.name);
  throw new ModelError("not_found", `There is no model called ${name} in the zoo${didYouMean(name, names)}`);
}

/** Where a model is fetched from: its own address, or that of a mirror, which has files under their own names. */
export function addressOf({ url }: Pick<ZooModel, "url">, mirror?: string): string {
  if (mirror === undefined) return url;
  const base = mirror.endsWith("/") ? mirror : `${mirror}/`;
  return new URL(new URL(url).pathname.split("/").at(-1)!, base).href;
}
