import { join } from "node:path";
import { z } from "zod";
import { type CaptureEntry, findCaptures, folderOf } from "./capture_files.ts";

/** One picture of a dataset, with what was found in it. */
export interface Sample {
  id: string;
  atMs: number;
  stream: string;
  /** Where the picture is. */
  path: string;
  /** Its name in a dataset: no other has it. */
  file: string;
  width: number;
  height: number;
  objects: SampleObject[];
}

/** One thing in a picture, inside of it. */
export interface SampleObject {
  label: string;
  /** `[x, y, width, height]` in pixels. */
  box: [number, number, number, number];
  score: number;
  track?: number;
  /** Outlines, each flat `[x0, y0, x1, y1, …]`. */
  outlines?: number[][];
}

/** What is read of the captures below a folder. */
export interface DatasetOptions {
  /** The step whose findings count; default the only one that finds anything. */
  step?: string;
  labels?: readonly string[];
  minScore?: number;
}

/** The pictures below a folder, and the labels of what was found in them. */
export interface Dataset {
  /** By time. */
  samples: Sample[];
  /** By name. */
  labels: string[];
  /** Captures that could not be read, and why, for one of them. */
  unreadable: { count: number; reason?: string };
}

const detectionSchema = z.looseObject({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  label: z.string(),
  score: z.number(),
  track: z.number().optional(),
  mask: z.array(z.array(z.number())).optional(),
});

const documentSchema = z.looseObject({
  kind: z.literal("frame"),
  stream: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  result: z.looseObject({
    outputs: z.record(z.string(), z.looseObject({ detections: z.array(detectionSchema).optional() })),
  }),
});

type Document = z.infer<typeof documentSchema>;

/** Reads the captures in a folder, or in those of several streams below it. Clips are left out. */
export async function readDataset(directory: string, options: DatasetOptions = {}): Promise<Dataset> {
  const found: { entry: CaptureEntry; path: string; document: Document }[] = [];
  const unreadable: Dataset["unreadable"] = { count: 0 };
  for (const root of [directory, ...await streamFolders(directory)]) {
    for (const entry of (await findCaptures(root)).entries) {
      if (entry.extension === "mp4") continue;
      const path = join(root, folderOf(entry.id), entry.id);
      try {
        const document = documentSchema.parse(JSON.parse(await Deno.readTextFile(`${path}.json`)));
        found.push({ entry, path: `${path}.${entry.extension}`, document });
      } catch (error) {
        unreadable.count++;
        unreadable.reason ??= `${path}.json: ${error instanceof z.ZodError ? z.prettifyError(error) : error}`;
      }
    }
  }
  found.sort((a, b) => a.entry.id < b.entry.id ? -1 : 1);
  const step = options.step ?? onlyStep(found.map(({ document }) => document));
  const samples = found.map(({ entry, path, document }): Sample => {
    const { stream, width, height } = document;
    const objects = step === undefined ? [] : objectsOf(document, step, options);
    return {
      id: entry.id,
      atMs: entry.atMs,
      stream,
      path,
      file: `${entry.id}.${entry.extension}`,
      width,
      height,
      objects,
    };
  });
  const labels = new Set(options.labels ?? samples.flatMap(({ objects }) => objects.map(({ label }) => label)));
  return { samples, labels: [...labels].sort(), unreadable };
}

/** Folders of streams: whatever is no year. */
async function streamFolders(directory: string): Promise<string[]> {
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory && !/^\d{4}$/.test(name)) folders.push(join(directory, name));
  }
  return folders.sort();
}

/** The step that finds things; undefined where none does. */
function onlyStep(documents: readonly Document[]): string | undefined {
  const steps = new Set(
    documents.flatMap(({ result: { outputs } }) =>
      Object.entries(outputs).filter(([, { detections }]) => detections).map(([name]) => name)
    ),
  );
  if (steps.size > 1) {
    throw new TypeError(`Several steps found things, so say which counts: ${[...steps].sort().join(", ")}`);
  }
  return [...steps][0];
}

function objectsOf({ width, height, result }: Document, step: string, options: DatasetOptions): SampleObject[] {
  const { labels, minScore = 0 } = options;
  const detections = Object.hasOwn(result.outputs, step) ? result.outputs[step].detections ?? [] : [];
  return detections.flatMap(({ box: [x, y, w, h], label, score, track, mask }) => {
    if (score < minScore || (labels && !labels.includes(label))) return [];
    // What reaches beyond the picture is not there for whoever learns from it.
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    const [right, bottom] = [Math.min(width, x + w), Math.min(height, y + h)];
    if (!(right > left && bottom > top)) return [];
    // Holes have no place in a list of outlines: they run the other way.
    const outlines = mask?.filter((ring) => ring.length >= 6 && areaOf(ring) > 0);
    const object: SampleObject = { label, box: [left, top, right - left, bottom - top], score };
    return [{ ...object, ...(track !== undefined && { track }), ...(outlines?.length && { outlines }) }];
  });
}

/** By the shoelace, signed. */
export function areaOf(ring: readonly number[]): number {
  let twice = 0;
  for (let n = 0; n < ring.length; n += 2) {
    const next = (n + 2) % ring.length;
    twice += ring[n] * ring[next + 1] - ring[next] * ring[n + 1];
  }
  return twice / 2;
}

/** The samples in two parts: of each stream the latest share is for validating, so that no neighbours are in both. */
export function splitDataset(samples: readonly Sample[], share: number): { train: Sample[]; val: Sample[] } {
  const counts = new Map<string, number>();
  for (const { stream } of samples) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  const seen = new Map<string, number>();
  const parts = { train: [] as Sample[], val: [] as Sample[] };
  for (const sample of samples) {
    const { stream } = sample;
    const index = seen.get(stream) ?? 0;
    seen.set(stream, index + 1);
    const count = counts.get(stream)!;
    parts[index >= count - Math.round(count * share) ? "val" : "train"].push(sample);
  }
  return parts;
}
