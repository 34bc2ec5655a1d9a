import { basename, dirname, join } from "node:path";

/** A file of lines, and what becomes of it when it is large or old. */
export interface JsonlFileOptions {
  path: string;
  maxBytes: number;
  maxAgeMs?: number;
  /** Earlier files that are kept, at most. */
  keep: number;
  /** Disk that earlier files may take. */
  keepBytes?: number;
  gzip: boolean;
  now: () => number;
}

/**
 * Lines appended to a file. When it is large or old enough it is renamed to `<path>.<time>` (and `.gz`), and the oldest of
 * these go. A write that fails leaves no half line behind.
 */
export class JsonlFile implements AsyncDisposable {
  #sizeBytes: number | undefined;
  #begunAtMs = 0;
  #tidying: Promise<void> | undefined;

  constructor(private readonly options: JsonlFileOptions) {}

  /** Appends lines: all or, if it throws, none. */
  async append(lines: readonly string[]): Promise<void> {
    const { path, maxBytes, maxAgeMs = Infinity, now } = this.options;
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    this.#sizeBytes ??= await this.#open();
    const full = this.#sizeBytes + bytes.length > maxBytes || now() - this.#begunAtMs >= maxAgeMs;
    if (this.#sizeBytes > 0 && full) await this.#rotate();
    if (this.#sizeBytes === 0) this.#begunAtMs = now();
    try {
      // Opened each time: who moves or removes the file in between gets a new one, not silence.
      using file = await Deno.open(path, { append: true, create: true, mode: 0o640 });
      const { size } = await file.stat();
      this.#sizeBytes = size;
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (error) {
        await file.truncate(size).catch(() => {});
        throw error;
      }
      this.#sizeBytes = size + bytes.length;
    } catch (error) {
      this.#sizeBytes = undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tidying;
  }

  /** How large the file is already. */
  async #open(): Promise<number> {
    const { path, now } = this.options;
    await Deno.mkdir(dirname(path), { recursive: true });
    try {
      const { size, birthtime, mtime } = await Deno.stat(path);
      this.#begunAtMs = (birthtime ?? mtime)?.getTime() ?? now();
      await this.#mend(size);
      return size;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return 0;
    }
  }

  /** Ends a line that a crash has cut off, so that it spoils no other. */
  async #mend(size: number): Promise<void> {
    if (size === 0) return;
    using file = await Deno.open(this.options.path, { read: true, write: true });
    const last = new Uint8Array(1);
    await file.seek(size - 1, Deno.SeekMode.Start);
    await file.read(last);
    if (last[0] !== 0x0a) await file.write(Uint8Array.of(0x0a));
  }

  async #rotate(): Promise<void> {
    const { path, now } = this.options;
    // Two within a millisecond must not replace each other, and names sort by age.
    await this.#tidying;
    let atMs = now();
    const taken = new Set((await this.#earlier()).map(({ name }) => name.replace(/\.gz$/, "")));
    while (taken.has(basename(this.#earlierPath(atMs)))) atMs++;
    const earlier = this.#earlierPath(atMs);
    try {
      await Deno.rename(path, earlier);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#sizeBytes = 0;
    this.#tidying = this.#tidy(earlier);
  }

  /** Compresses and removes earlier files. What fails here is tried again with the next file, and costs no event. */
  async #tidy(earlier: string): Promise<void> {
    const { keep, keepBytes = Infinity, gzip, path } = this.options;
    if (gzip && keep > 0) await compress(earlier).catch(() => {});
    let sizeBytes = 0;
    const files = await this.#earlier().catch(() => []);
    for (const [index, file] of files.reverse().entries()) {
      sizeBytes += file.sizeBytes;
      if (index < keep && sizeBytes <= keepBytes) continue;
      await Deno.remove(join(dirname(path), file.name)).catch(() => {});
    }
  }

  /** Earlier files, oldest first. */
  async #earlier(): Promise<{ name: string; sizeBytes: number }[]> {
    const { path } = this.options;
    const files: { name: string; sizeBytes: number }[] = [];
    for await (const { name, isFile } of Deno.readDir(dirname(path))) {
      if (!isFile || !name.startsWith(`${basename(path)}.`)) continue;
      if (!/^\d{8}T\d{9}Z(?:\.gz)?$/.test(name.slice(basename(path).length + 1))) continue;
      files.push({ name, sizeBytes: (await Deno.stat(join(dirname(path), name))).size });
    }
    return files.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  #earlierPath(atMs: number): string {
    return `${this.options.path}.${new Date(atMs).toISOString().replace(/[-:.]/g, "")}`;
  }
}

async function compress(path: string): Promise<void> {
  const unfinished = `${path}.gz.part`;
  try {
    using source = await Deno.open(path, { read: true });
    using target = await Deno.open(unfinished, { write: true, create: true, truncate: true, mode: 0o640 });
    await source.readable.pipeThrough(new CompressionStream("gzip")).pipeTo(target.writable);
    await Deno.rename(unfinished, `${path}.gz`);
  } catch (error) {
    await Deno.remove(unfinished).catch(() => {});
    throw error;
  }
  await Deno.remove(path);
}
