import { z } from "zod";
import { manifestSchema } from "./manifest_schema.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,31}$/;

/** What a model of the registry may be called. */
export const modelNameSchema = z.string().regex(
  NAME,
  "up to 63 letters, digits, dots, dashes and underscores; the first a letter or digit",
);

/** What a version may be called. */
export const modelVersionSchema = z.string().regex(
  VERSION,
  "up to 32 letters, digits, dots, dashes, underscores and plus signs; the first a letter or digit",
);

const versionSchema = z.strictObject({
  version: modelVersionSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(1),
  addedAt: z.iso.datetime(),
  /** Where it came from, for people: a file's name, or the zoo. */
  from: z.string(),
  /** Everything that is needed to use the file, whatever later versions of Weir would recognise by themselves. */
  manifest: manifestSchema,
});

/** A model of the registry as it lies on the disk: one file for each name. */
export const registeredModelSchema = z.strictObject({
  v: z.literal(1),
  name: modelNameSchema,
  /** The version that the bare name means. */
  active: modelVersionSchema,
  /** The one before it, to go back to. */
  previous: modelVersionSchema.optional(),
  /** A version that answers a share of the frames. */
  canary: z.strictObject({ version: modelVersionSchema, share: z.number().gt(0).lt(1) }).optional(),
  /** A version that runs beside the active one in spare time; its answers are compared and not published. */
  shadow: z.strictObject({ version: modelVersionSchema }).optional(),
  versions: z.array(versionSchema).min(1),
}).refine(
  ({ active, versions }) => versions.some(({ version }) => version === active),
  "its active version is missing",
);

/** A model of the registry with all its versions. */
export type RegisteredModel = z.infer<typeof registeredModelSchema>;

/** One version of a model of the registry. */
export type ModelVersion = z.infer<typeof versionSchema>;

/** The name and, behind an `@`, the version that a reference holds. */
export function parseReference(reference: string): { name: string; version?: string } | undefined {
  const [name, version, ...rest] = reference.split("@");
  if (rest.length > 0 || !NAME.test(name) || (version !== undefined && !VERSION.test(version))) return undefined;
  return version === undefined ? { name } : { name, version };
}
