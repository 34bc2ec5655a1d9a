import { join } from "node:path";
import { CAPTURE_MEDIA } from "../core/captures.ts";

/** One thing that is kept: a picture or a video, and what is known of it, in two files of one name. */
export interface CaptureEntry {
  /** `20260131T120000123Z_<uuid>`: sorts by time. */
  id: string;
  atMs: number;
  /** Ending of the picture or video. */
  extension: string;
  /** Of both files. */
  sizeBytes: number;
}

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A name that no other has. */
export function captureId(atMs: number): string {
  return `${new Date(atMs).toISOString().replace(/[-:.]/g, "")}_${crypto.randomUUID()}`;
}

/** When something of this name was kept, Unix milliseconds; undefined for what is no such name. */
export function timeOfId(id: string): number | undefined {
  const parts = ID.exec(id)?.slice(1, 8);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second, ms] = parts;
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** The folder of a day, below the root: `2026/01/31`. */
export function folderOf(id: string): string {
  return join(id.slice(0, 4), id.slice(4, 6), id.slice(6, 8));
}

/** What lies in a folder of captures: whole pairs, and what a process that was killed left behind. */
export interface FoundCaptures {
  /** By age, oldest first. */
  entries: CaptureEntry[];
  /** Paths of halves and unfinished files. */
  remains: string[];
}

/** Looks through a folder of captures. What is no capture is left alone, and not gone into. */
export async function findCaptures(root: string): Promise<FoundCaptures> {
  const found: FoundCaptures = { entries: [], remains: [] };
  for (const year of await folders(root, /^\d{4}$/)) {
    for (const month of await folders(year, /^\d\d$/)) {
      for (const day of await folders(month, /^\d\d$/)) await findInDay(day, found);
    }
  }
  found.entries.sort((a, b) => a.id < b.id ? -1 : 1);
  return found;
}

async function findInDay(day: string, { entries, remains }: FoundCaptures): Promise<void> {
  const pairs = new Map<string, Set<string>>();
  for await (const { name, isFile } of Deno.readDir(day)) {
    const dot = name.indexOf(".");
    const [id, extension] = [name.slice(0, dot), name.slice(dot + 1)];
    if (!isFile || timeOfId(id) === undefined) continue;
    if (extension.endsWith(".part")) remains.push(join(day, name));
    else if (extension === "json" || Object.hasOwn(CAPTURE_MEDIA, extension)) {
      const pair = pairs.get(id) ?? new Set();
      pairs.set(id, pair.add(extension));
    }
  }
  for (const [id, extensions] of pairs) {
    const media = [...extensions].find((extension) => extension !== "json");
    if (!media || !extensions.has("json")) {
      for (const extension of extensions) remains.push(join(day, `${id}.${extension}`));
      continue;
    }
    const sizes = await Promise.all([media, "json"].map((extension) => sizeOf(join(day, `${id}.${extension}`))));
    // Somebody else may be tidying up.
    if (sizes.includes(undefined)) continue;
    entries.push({ id, atMs: timeOfId(id)!, extension: media, sizeBytes: sizes[0]! + sizes[1]! });
  }
}

async function folders(path: string, pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory && pattern.test(name)) found.push(join(path, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Writes a file that is there as a whole or not at all, whatever happens meanwhile. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    {
      using file = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o640 });
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      // A name must not survive a loss of power that its contents do not.
      await file.syncData();
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
}

/** Removes a file that may be gone already. */
export async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
