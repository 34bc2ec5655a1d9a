import { randomUUID } from "node:crypto";
import { join } from "node:path";

/** A clip as it lies in its folder. */
export interface ClipFile {
  name: string;
  path: string;
  bytes: number;
  atMs: number;
}

/** What is on its way; nobody lists it, and no clip is called so. */
const PARTIAL = ".coming-";
/** What is left of a process that ended on the way; a whole clip takes less. */
const LEFT_OVER_MS = 24 * 3_600_000;
const NAME_MAX = 80;
/** So many clips may have one name before somebody means mischief. */
const NAMESAKES_MAX = 10_000;

/** The folder in which clips lie: names that are safe, nothing half, nothing that leads elsewhere. */
export class ClipFolder {
  /** Names that are about to be taken. */
  #taken = new Set<string>();

  constructor(readonly path: string) {}

  /** Makes the folder where it is missing, and clears away what earlier processes left half. */
  async open(): Promise<void> {
    await Deno.mkdir(this.path, { recursive: true });
    const since = Date.now() - LEFT_OVER_MS;
    for await (const { name, isFile } of Deno.readDir(this.path)) {
      if (!isFile || !name.startsWith(PARTIAL)) continue;
      const info = await Deno.stat(join(this.path, name)).catch(() => undefined);
      if ((info?.mtime?.getTime() ?? 0) < since) await Deno.remove(join(this.path, name)).catch(() => {});
    }
  }

  /** A place for what is on its way. */
  partial(): string {
    return join(this.path, `${PARTIAL}${randomUUID()}`);
  }

  /** Gives what has come whole a name of its own, as near to what its sender calls it as is safe. */
  async keep(partial: string, called: string): Promise<ClipFile> {
    const name = await this.#free(safeName(called));
    try {
      await Deno.rename(partial, join(this.path, name));
    } finally {
      this.#taken.delete(name);
    }
    return (await this.find(name))!;
  }

  /** The clip of that name; undefined for whatever is none. */
  async find(name: string): Promise<ClipFile | undefined> {
    if (name !== safeName(name)) return undefined;
    const path = join(this.path, name);
    const info = await Deno.lstat(path).catch(() => undefined);
    if (!info?.isFile) return undefined;
    return { name, path, bytes: info.size, atMs: info.mtime?.getTime() ?? 0 };
  }

  /** All clips, the newest first. */
  async list(): Promise<ClipFile[]> {
    const clips: ClipFile[] = [];
    for await (const { name, isFile } of Deno.readDir(this.path)) {
      const clip = isFile ? await this.find(name) : undefined;
      if (clip) clips.push(clip);
    }
    return clips.sort((a, b) => b.atMs - a.atMs || (a.name < b.name ? -1 : 1));
  }

  async #free(wanted: string): Promise<string> {
    const [, stem, ending] = /^(.*?)(\.[A-Za-z0-9]{1,8})?$/.exec(wanted)!;
    for (let n = 1; n < NAMESAKES_MAX; n++) {
      const name = n === 1 ? wanted : `${stem}-${n}${ending ?? ""}`;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      if (!await Deno.lstat(join(this.path, name)).catch(() => undefined)) return name;
      this.#taken.delete(name);
    }
    throw new Error(`there are too many clips called ${wanted}`);
  }
}

/** A file's name without what could lead elsewhere, hide it or hurt a shell. */
export function safeName(called: string): string {
  const last = called.split(/[/\\]/).at(-1)!;
  const plain = last.normalize("NFKC").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "");
  if (plain.length <= NAME_MAX) return plain || "clip";
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(plain)?.[0] ?? "";
  return plain.slice(0, NAME_MAX - ending.length) + ending;
}
