import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelError } from "./model_error.ts";

/** Names of classes that lie beside a model. */
export interface LabelsBeside {
  file: string;
  labels: string[];
  /** The file is called as the model is; else it may be about another one in the same folder. */
  own: boolean;
}

const MOST_BYTES = 4 << 20;
/** What training leaves beside a model, by the name of the model and by itself. */
const OWN = [".labels.txt", ".names", ".txt"];
const SHARED = ["labels.txt", "classes.txt", "obj.names", "config.json"];

/**
 * Reads names of classes: one to a line, with or without numbers or WordNet's before them; or the `id2label` of a JSON file, as those
 * who publish transformers have it.
 */
export async function readLabels(file: string): Promise<string[]> {
  const fail = (why: string, cause?: unknown) =>
    new ModelError("manifest", `Cannot read labels from ${file}: ${why}`, { cause });
  let text: string;
  try {
    if ((await stat(file)).size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    text = (await readFile(file, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  if (file.endsWith(".json")) {
    const labels = inJson(text);
    if (!labels) throw fail("it has neither a list of names nor an id2label");
    return labels;
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw fail("it names nothing");
  return numbered(lines) ?? synsets(lines) ?? lines;
}

/** What a file beside a model names its classes; undefined where there is none. */
export async function labelsBeside(model: string): Promise<LabelsBeside | undefined> {
  const folder = dirname(model);
  const base = join(folder, basename(model).replace(/\.[^.]*$/, ""));
  const own = OWN.map((ending) => `${base}${ending}`).find((file) => existsSync(file));
  if (own !== undefined) return { file: own, labels: await readLabels(own), own: true };
  for (const file of SHARED.map((name) => join(folder, name)).filter((file) => existsSync(file))) {
    // It may be about anything: what cannot be read is about something else.
    const labels = await readLabels(file).catch(() => undefined);
    if (labels) return { file, labels, own: false };
  }
}

/** `0 background`, `1: person`: the names by their numbers, which must rise from line to line. */
function numbered(lines: readonly string[]): string[] | undefined {
  const labels: string[] = [];
  for (const line of lines) {
    const [, digits, name] = /^(\d{1,6})(?:\s*[:,]\s*|\s+)(\S.*)$/.exec(line) ?? [];
    if (digits === undefined || Number(digits) < labels.length) return undefined;
    while (labels.length < Number(digits)) labels.push(`class ${labels.length}`);
    labels.push(name);
  }
  return labels;
}

/** `n01440764 tench, Tinca tinca`, as ImageNet's makers list its classes. */
function synsets(lines: readonly string[]): string[] | undefined {
  const names = lines.map((line) => /^n\d{8}\s+(\S.*)$/.exec(line)?.[1]);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function inJson(text: string): string[] | undefined {
  try {
    const value = JSON.parse(text);
    const names = Array.isArray(value) ? value : value?.id2label ?? value?.labels;
    if (Array.isArray(names)) return names.length > 0 ? names.map(String) : undefined;
    const entries = Object.entries(names ?? {}).sort(([a], [b]) => Number(a) - Number(b));
    return entries.length > 0 ? numbered(entries.map(([id, name]) => `${id} ${name}`)) : undefined;
  } catch {
    return undefined;
  }
}
