import { fileURLToPath } from "node:url";
import { z } from "zod";

const entrySchema = z.object({
  file: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  licence: z.string(),
  task: z.string(),
  use: z.string().optional(),
  card: z.string(),
});

/** A model that comes with Weir. */
export interface BuiltinModel {
  name: string;
  /** Path of the ONNX file. */
  file: string;
  sha256: string;
  licence: string;
  /** What it answers; `signal` is no picture's business. */
  task: string;
  /** What it is for, where that is not to run on pictures. */
  use?: string;
  /** Path of its card. */
  card: string;
}

/** The models that come with Weir. */
export async function listBuiltinModels(): Promise<BuiltinModel[]> {
  const folder = new URL("./builtin/", import.meta.url);
  let text: string;
  try {
    text = await Deno.readTextFile(new URL("manifest.json", folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const entries = z.record(z.string(), entrySchema).parse(JSON.parse(text));
  return Object.entries(entries).map(([name, entry]) => ({
    name,
    ...entry,
    file: fileURLToPath(new URL(entry.file, folder)),
    card: fileURLToPath(new URL(entry.card, folder)),
  }));
}
