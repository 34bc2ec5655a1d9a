import { join } from "node:path";
import type { CapturedClip, CapturedFrame, CaptureKeep, CaptureStoreStatus } from "../core/captures.ts";
import {
  type CaptureEntry,
  captureId,
  findCaptures,
  folderOf,
  removeFile,
  timeOfId,
  writeWhole,
} from "./capture_files.ts";
import { clipDocument, frameDocument } from "./capture_document.ts";
import { Reservoir } from "./reservoir.ts";

/** How a {@link CaptureStore} is opened. */
export interface CaptureStoreOptions {
  directory: string;
  keep: CaptureKeep;
  /** Nobody else writes here: what an earlier process left unfinished can go at once. */
  exclusive: boolean;
  /** Unix milliseconds. */
  now?: () => number;
  /** Pictures that may wait to be written, and the memory that they may take. */
  capacity?: number;
  capacityBytes?: number;
  /** Something is kept: both its files are there. */
  onKept?(entry: CaptureEntry): void;
}

const CAPACITY = 32;
const CAPACITY_BYTES = 16 * 2 ** 20;
const DAY_MS = 86_400_000;
const SWEEP_MS = 600_000;
/** What another process left unfinished for so long will not be finished any more. */
const STALE_MS = 3_600_000;

type Waiting = { frame: CapturedFrame } | { clip: CapturedClip };

/**
 * Pictures and clips on disk, each with a document of what is known of it: `2026/01/31/<time>_<uuid>.jpg` and `.json`. The
 * document comes last and goes first, so that what has one is whole. Taking never blocks and never throws.
 */
export class CaptureStore implements AsyncDisposable {
  /** By age, oldest first. */
  #entries: CaptureEntry[] = [];
  #bytes = 0;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #writing?: Promise<void>;
  #counts = { kept: 0, dropped: 0, failed: 0, removed: 0 };
  #fault?: { message: string; atMs: number };
  #timer: ReturnType<typeof setInterval>;
  #closed = false;
  #now: () => number;

  /** Opens a folder. What is in it already is looked through meanwhile; see {@link scanned}. */
  static async open(options: CaptureStoreOptions): Promise<CaptureStore> {
    const { directory, exclusive } = options;
    await Deno.mkdir(directory, { recursive: true, mode: 0o750 });
    if (exclusive) await Deno.remove(join(directory, INCOMING), { recursive: true }).catch(() => {});
    return new CaptureStore(options, await Reservoir.open(directory));
  }

  private constructor(private readonly options: CaptureStoreOptions, readonly reservoir: Reservoir) {
    this.#now = options.now ?? Date.now;
    this.#timer = setInterval(() => this.#work(), SWEEP_MS);
    this.scanned = this.#scan();
    this.#work();
  }

  /** Resolves when it is known what was there before; nothing is written until then. */
  readonly scanned: Promise<void>;

  /** Where clips may be put that are to be kept here. */
  get incoming(): string {
    return join(this.options.directory, INCOMING);
  }

  /** From here on so much is kept. */
  set keep(keep: CaptureKeep) {
    this.options.keep = keep;
    this.#work();
  }

  /** Takes a picture, or counts it as dropped when there is no room; answers which. */
  keepFrame(frame: CapturedFrame): boolean {
    return this.#take({ frame }, frame.image.length);
  }

  /** Takes a clip over: its file will be moved. */
  keepClip(clip: CapturedClip): boolean {
    const taken = this.#take({ clip }, 0);
    if (!taken) void removeFile(clip.path).catch(() => {});
    return taken;
  }

  /** Everything that is kept, oldest first. */
  get entries(): readonly CaptureEntry[] {
    return this.#entries;
  }

  /** One of a name. */
  find(id: string): CaptureEntry | undefined {
    if (timeOfId(id) === undefined) return undefined;
    const index = this.#indexOf(id);
    return this.#entries[index]?.id === id ? this.#entries[index] : undefined;
  }

  /** The path of one of a capture's files. */
  path({ id }: Pick<CaptureEntry, "id">, extension: string): string {
    return join(this.options.directory, folderOf(id), `${id}.${extension}`);
  }

  /** What is known of a capture. */
  async document(entry: CaptureEntry): Promise<Record<string, unknown>> {
    return JSON.parse(await Deno.readTextFile(this.path(entry, "json")));
  }

  /** Removes a capture; one that is gone already is no error. */
  async remove(id: string): Promise<void> {
    const index = this.#indexOf(id);
    const entry = this.#entries[index];
    if (entry?.id !== id) return;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.sizeBytes;
    // Without its document it counts as gone, whatever happens next.
    await removeFile(this.path(entry, "json"));
    await removeFile(this.path(entry, entry.extension));
    // The last one of a day takes the folders along.
    let folder = folderOf(id);
    for (let level = 0; level < 3; level++, folder = join(folder, "..")) {
      if (!await Deno.remove(join(this.options.directory, folder)).then(() => true, () => false)) return;
    }
  }

  status(): CaptureStoreStatus {
    return {
      files: this.#entries.length,
      bytes: this.#bytes,
      ...this.#counts,
      waiting: this.#queue.length,
      ...(this.#fault && { fault: this.#fault }),
    };
  }

  /** Resolves when nothing waits to be written. */
  async drained(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.drained();
  }

  #take(item: Waiting, sizeBytes: number): boolean {
    const { capacity = CAPACITY, capacityBytes = CAPACITY_BYTES } = this.options;
    if (this.#closed || this.#queue.length >= capacity || this.#queueBytes + sizeBytes > capacityBytes) {
      this.#counts.dropped++;
      return false;
    }
    this.#queue.push(item);
    this.#queueBytes += sizeBytes;
    this.#work();
    return true;
  }

  /** One thing after the other: a slow disk makes the queue longer, and nothing else. */
  #work(): void {
    this.#writing ??= this.#run().finally(() => {
      this.#writing = undefined;
      // Something may have come just when the last one was done.
      if (this.#queue.length > 0) this.#work();
    });
  }

  async #scan(): Promise<void> {
    const { directory, exclusive } = this.options;
    const stale = async (path: string) => {
      const { mtime } = await Deno.stat(path);
      return exclusive || this.#now() - (mtime?.getTime() ?? 0) > STALE_MS;
    };
    try {
      const { entries, remains } = await findCaptures(directory);
      for (const path of remains) if (await stale(path).catch(() => false)) await removeFile(path).catch(() => {});
      this.#entries = entries;
      this.#bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    } catch (error) {
      this.#blame(error);
    }
  }

  async #run(): Promise<void> {
    await this.scanned;
    await this.#tidy();
    for (let item = this.#queue[0]; item; item = this.#queue[0]) {
      try {
        const entry = "frame" in item ? await this.#writeFrame(item.frame) : await this.#moveClip(item.clip);
        this.#entries.splice(this.#indexOf(entry.id), 0, entry);
        this.#bytes += entry.sizeBytes;
        this.#counts.kept++;
        this.#fault = undefined;
        if ("frame" in item && item.frame.reservoir) await this.#takePlace(item.frame, entry.id);
        this.options.onKept?.(entry);
      } catch (error) {
        this.#counts.failed++;
        this.#blame(error);
        if ("clip" in item) await removeFile(item.clip.path).catch(() => {});
      }
      this.#queue.shift();
      if ("frame" in item) this.#queueBytes -= item.frame.image.length;
      await this.#tidy();
    }
  }

  async #writeFrame(frame: CapturedFrame): Promise<CaptureEntry> {
    const id = captureId(frame.atMs);
    const entry = { id, atMs: timeOfId(id)!, extension: frame.type };
    const document = frameDocument(id, frame);
    const media = this.path(entry, frame.type);
    await this.#inFolder(id, () => writeWhole(media, frame.image));
    return await this.#complete({ ...entry, sizeBytes: frame.image.length }, document);
  }

  async #moveClip(clip: CapturedClip): Promise<CaptureEntry> {
    const id = captureId(clip.atMs);
    const entry = { id, atMs: timeOfId(id)!, extension: "mp4" };
    const { size } = await Deno.stat(clip.path);
    await this.#inFolder(id, () => Deno.rename(clip.path, this.path(entry, "mp4")));
    return await this.#complete({ ...entry, sizeBytes: size }, clipDocument(id, clip));
  }

  /** With its document a capture is whole; one that cannot have it is taken back. */
  async #complete(entry: CaptureEntry, document: unknown): Promise<CaptureEntry> {
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    try {
      await writeWhole(this.path(entry, "json"), bytes);
    } catch (error) {
      await removeFile(this.path(entry, entry.extension)).catch(() => {});
      throw error;
    }
    return { ...entry, sizeBytes: entry.sizeBytes + bytes.length };
  }

  async #takePlace({ reservoir, reasons }: CapturedFrame, id: string): Promise<void> {
    const before = await this.reservoir.take(reservoir!, id, reasons.length === 1);
    if (before === undefined) return;
    await this.remove(before);
    this.#counts.removed++;
  }

  /** Does something in a capture's folder, which may go with its last capture at any moment. */
  async #inFolder(id: string, work: () => Promise<void>): Promise<void> {
    const folder = join(this.options.directory, folderOf(id));
    await Deno.mkdir(folder, { recursive: true, mode: 0o750 });
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await Deno.mkdir(folder, { recursive: true, mode: 0o750 });
      await work();
    }
  }

  /** Removes what is too old, and the oldest of what is too much. */
  async #tidy(): Promise<void> {
    const { days = Infinity, bytes, files } = this.options.keep;
    const fromMs = this.#now() - days * DAY_MS;
    try {
      for (let [oldest] = this.#entries; oldest; [oldest] = this.#entries) {
        if (oldest.atMs >= fromMs && this.#bytes <= bytes && this.#entries.length <= files) return;
        await this.remove(oldest.id);
        this.#counts.removed++;
      }
    } catch (error) {
      this.#blame(error);
    }
  }

  #blame(error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error));
    this.#fault = { message: `Cannot keep captures in ${this.options.directory}: ${message}`, atMs: this.#now() };
  }

  /** Where an id is, or would be. */
  #indexOf(id: string): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where clips lie until they are taken over. */
const INCOMING = "incoming";
