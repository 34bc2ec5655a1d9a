import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { ServiceError } from "../core/service_error.ts";
import type { MediaEntry, MediaPage, MediaQuery, MediaService } from "../core/services.ts";

/** What the list of media stands on. */
export interface MediaOptions {
  /** The directory below which files may be played; without it there is nothing to list. */
  mediaRoot?: string | undefined;
}

/** Names that say of a file that it may be a video; what it is, a test connection finds out. */
const PLAYABLE =
  /\.(?:mp4|m4v|mov|mkv|webm|avi|ts|m2ts|mts|mpe?g|flv|wmv|asf|ogv|mxf|3gp|nut|ivf|y4m|h264|264|h265|hevc|mjpe?g|gif)$/i;
/** A folder with more is read so far and no further. */
const ENTRIES_MOST = 20_000;

interface Found {
  name: string;
  kind: MediaEntry["kind"];
}

/** Folders and videos below the media root. Links are followed as the rules of file sources follow them. */
export class Media implements MediaService {
  constructor(private readonly options: MediaOptions) {}

  async list({ path, after, limit }: MediaQuery): Promise<MediaPage> {
    const { mediaRoot } = this.options;
    if (mediaRoot === undefined) return { configured: false, path: "", entries: [], more: false };
    const root = await realPath(resolve(mediaRoot));
    if (root === undefined) {
      throw new ServiceError("unavailable", `The media root ${mediaRoot} (sources.mediaRoot) cannot be read`);
    }
    const folder = await folderBelow(root, path);
    const found = await foundIn(folder, root);
    const from = after === undefined ? 0 : found.findIndex(({ name, kind }) => isAfter({ name, kind }, after));
    const shown = from < 0 ? [] : found.slice(from, from + limit);
    return {
      configured: true,
      path: relative(root, folder).split(sep).join("/"),
      entries: await Promise.all(shown.map((entry) => described(entry, folder, root))),
      more: from >= 0 && from + limit < found.length,
    };
  }
}

/** The place that a path below the root leads to in the end; throws where that is none, or elsewhere. */
async function folderBelow(root: string, path: string): Promise<string> {
  const refuse = (code: "not_found" | "forbidden" | "invalid", why: string) =>
    new ServiceError(code, `Cannot list ${JSON.stringify(path)}: ${why}`);
  if (path.includes("\0")) throw refuse("invalid", "a path holds no NUL");
  if (isAbsolute(path)) throw refuse("forbidden", "paths are counted from the media root");
  // Links are followed before "..", which taking the path apart beforehand would not show.
  const real = await realPath(`${root}${sep}${path}`);
  // Of what lies elsewhere nothing is told, not even whether it is there.
  if (real === undefined || !isBelow(root, real)) throw refuse("not_found", "there is no such folder");
  if (!(await Deno.stat(real)).isDirectory) throw refuse("invalid", "it is no folder");
  return real;
}

/** What there is to be shown of a folder: folders first, then videos, each by name. */
async function foundIn(folder: string, root: string): Promise<Found[]> {
  const found: Found[] = [];
  let seen = 0;
  for await (const { name, isFile, isDirectory, isSymlink } of Deno.readDir(folder)) {
    if (++seen > ENTRIES_MOST) break;
    if (name.startsWith(".")) continue;
    const kind = isSymlink
      ? await kindOfLink(join(folder, name), root)
      : isDirectory
      ? "folder"
      : isFile
      ? "file"
      : undefined;
    if (kind === "folder" || (kind === "file" && PLAYABLE.test(name))) found.push({ name, kind });
  }
  return found.sort(inOrder);
}

/** What a link leads to, if that is below the root. */
async function kindOfLink(path: string, root: string): Promise<Found["kind"] | undefined> {
  const real = await realPath(path);
  if (real === undefined || !isBelow(root, real)) return undefined;
  const { isDirectory, isFile } = await Deno.stat(real);
  return isDirectory ? "folder" : isFile ? "file" : undefined;
}

async function described({ name, kind }: Found, folder: string, root: string): Promise<MediaEntry> {
  const path = join(folder, name);
  const below = relative(root, path).split(sep).join("/");
  if (kind === "folder") return { kind, name, path: below };
  // It may be gone by now.
  const info = await Deno.stat(path).catch(() => undefined);
  return {
    kind,
    name,
    path: below,
    source: { kind: "file", path },
    ...(info && { bytes: info.size }),
    ...(info?.mtime && { modifiedAt: info.mtime.toISOString() }),
  };
}

/** Folders before files, numbers in names by their value. */
function inOrder(a: Found, b: Found): number {
  if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
  return a.name.localeCompare(b.name, "en", { numeric: true }) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Whether an entry comes after the one that a page ended with, which may be gone since. */
function isAfter(entry: Found, after: string): boolean {
  const [kind, name] = [after.endsWith("/") ? "folder" as const : "file" as const, after.replace(/\/$/, "")];
  return inOrder(entry, { kind, name }) > 0;
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch {
    return undefined;
  }
}
