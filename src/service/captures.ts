import { join } from "node:path";
import { z } from "zod";
import { CaptureStore } from "../capture/capture_store.ts";
import { timeOfId, writeWhole } from "../capture/capture_files.ts";
import { Uploader, type UploadKeys } from "../capture/uploader.ts";
import { keepSchema } from "../capture/capture_schema.ts";
import {
  CAPTURE_MEDIA,
  type CapturedClip,
  type CapturedFrame,
  type CaptureKeep,
  type CapturePage,
  type CaptureQuery,
  type CaptureRules,
  type CaptureService,
  type CaptureStoreStatus,
  type UploadRules,
} from "../core/captures.ts";
import { ServiceError } from "../core/service_error.ts";
import type { KeepingPlace } from "../../streams/keeping.ts";
import type { Weir } from "../app.ts";
import { capturePage } from "./capture_page.ts";

/** What keeping stands on. */
export interface CapturesOptions {
  weir: Pick<Weir, "captures$" | "thumbnail">;
  /** Each stream has a folder in it. */
  directory: string;
  /** Checks a host against the server's rules and answers the address to connect to. */
  address(host: string): Promise<string>;
  /** Keys of the stores that get copies; without them nothing is uploaded. */
  keys?: UploadKeys;
  onFault(error: unknown): void;
}

interface Album {
  store: CaptureStore;
  uploader?: Uploader;
  upload?: UploadRules;
}

const NOTHING = { files: 0, bytes: 0, kept: 0, dropped: 0, failed: 0, removed: 0, waiting: 0 };
/** How much is kept is remembered beside what is kept: it goes on being kept when its stream is gone. */
const KEEP = "keep.json";
/** They are made in the threads that cameras are decoded in: more at once would be felt there. */
const THUMBNAILS_MOST = 32;
const THUMBNAIL_MS = 20_000;

/** What is kept of a server's streams, and of those that are no more. */
export class Captures implements CaptureService, AsyncDisposable {
  #albums = new Map<string, Album>();
  #opening = new Map<string, Promise<Album>>();
  /** Why a stream's folder cannot be opened. */
  #faults = new Map<string, { message: string; atMs: number }>();
  /** Under way. */
  #thumbnails = 0;
  #subscription;

  constructor(private readonly options: CapturesOptions) {
    this.#subscription = options.weir.captures$.subscribe((capture) => this.push(capture));
  }

  /** Opens what was kept before. */
  async restore(): Promise<void> {
    const { directory, onFault } = this.options;
    try {
      for await (const { name, isDirectory } of Deno.readDir(directory)) {
        if (isDirectory) await this.#album(name).catch(onFault);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Where what is kept of a stream goes. */
  place(id: string): KeepingPlace {
    const { directory } = this.options;
    const mark = () => this.#albums.get(id)?.store.reservoir.mark;
    return {
      incoming: join(directory, id, "incoming"),
      // Read anew whenever the stream moves to another thread.
      get sample() {
        return mark();
      },
    };
  }

  /**
   * Makes a stream's keeping what its registration says. What is there stays, whatever it says. A disk that refuses is told
   * in the status, and no reason for a stream not to run.
   */
  async follow(id: string, rules: CaptureRules | undefined): Promise<void> {
    this.#faults.delete(id);
    if (!rules && !this.#albums.has(id)) return;
    try {
      const album = await this.#album(id);
      await this.#upload(id, album, rules?.upload);
      if (!rules) return;
      album.store.keep = rules.keep;
      const bytes = new TextEncoder().encode(JSON.stringify(rules.keep));
      await writeWhole(join(this.options.directory, id, KEEP), bytes);
    } catch (error) {
      const { message } = error as Error;
      this.#faults.set(id, { message: `Cannot keep captures of ${id}: ${message}`, atMs: Date.now() });
      this.options.onFault(error);
    }
  }

  /** Keeps a picture or a clip, if there is room. */
  push(capture: CapturedFrame | CapturedClip): void {
    const keep = ({ store }: Album) => "path" in capture ? store.keepClip(capture) : store.keepFrame(capture);
    const album = this.#albums.get(capture.stream);
    if (album) keep(album);
    else void this.#album(capture.stream).then(keep, this.options.onFault);
  }

  /** How a stream's keeping goes; undefined where nothing ever was. */
  status(id: string): CaptureStoreStatus | undefined {
    const { store, uploader } = this.#albums.get(id) ?? {};
    const fault = this.#faults.get(id);
    if (!store) return fault && { ...NOTHING, fault };
    const upload = uploader?.status();
    return { ...fault && { fault }, ...store.status(), ...(upload && { upload: { ...upload } }) };
  }

  async list(query: CaptureQuery): Promise<CapturePage> {
    await this.#scanned();
    const stores = [...this.#albums].map(([stream, { store }]) => ({ stream, store }));
    return await capturePage(stores, query);
  }

  async describe(id: string): Promise<Record<string, unknown>> {
    const { store, entry } = await this.#find(id);
    return await store.document(entry).catch((cause) => {
      throw new ServiceError("not_found", `There is no capture ${id} any more`, { cause });
    });
  }

  async media(id: string): Promise<{ path: string; type: string; bytes: number; atMs: number }> {
    const { store, entry } = await this.#find(id);
    const path = store.path(entry, entry.extension);
    const info = await Deno.stat(path).catch((cause) => {
      throw new ServiceError("not_found", `There is no capture ${id} any more`, { cause });
    });
    return { path, type: CAPTURE_MEDIA[entry.extension], bytes: info.size, atMs: entry.atMs };
  }

  async thumbnail(id: string, width: number): Promise<Uint8Array<ArrayBuffer>> {
    const { path, type } = await this.media(id);
    if (this.#thumbnails >= THUMBNAILS_MOST) {
      throw new ServiceError("overloaded", `${THUMBNAILS_MOST} captures are being made small already`, {
        retryAfterMs: 500,
      });
    }
    this.#thumbnails++;
    try {
      const kind = type.startsWith("video/") ? "video" : "image";
      const answer = await this.options.weir.thumbnail({ path, kind, width }, { timeoutMs: THUMBNAIL_MS });
      if ("jpeg" in answer) return answer.jpeg;
      throw new ServiceError("undecodable", `Cannot show capture ${id} small: it cannot be decoded`);
    } finally {
      this.#thumbnails--;
    }
  }

  async remove(id: string): Promise<void> {
    await (await this.#find(id)).store.remove(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription.unsubscribe();
    await Promise.allSettled(this.#opening.values());
    const albums = [...this.#albums.values()];
    this.#albums.clear();
    await Promise.all(albums.map(async ({ store, uploader }) => {
      await store[Symbol.asyncDispose]();
      await uploader?.[Symbol.asyncDispose]();
    }));
  }

  /** Of many captures it takes a while until it is known what there is. */
  async #scanned(): Promise<void> {
    await Promise.all([...this.#albums.values()].map(({ store }) => store.scanned));
  }

  async #find(id: string) {
    await this.#scanned();
    const found = timeOfId(id) === undefined ? [] : [...this.#albums.values()].flatMap(({ store }) => {
      const entry = store.find(id);
      return entry ? [{ store, entry }] : [];
    });
    if (found.length === 0) throw new ServiceError("not_found", `There is no capture called ${id}`);
    return found[0];
  }

  #album(id: string): Promise<Album> {
    const known = this.#albums.get(id);
    if (known) return Promise.resolve(known);
    const opening = this.#opening.get(id) ?? this.#open(id).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  async #open(id: string): Promise<Album> {
    const directory = join(this.options.directory, id);
    const store = await CaptureStore.open({
      directory,
      keep: await keepIn(directory),
      exclusive: true,
      onKept: (entry) => this.#albums.get(id)?.uploader?.push(entry),
    });
    const album: Album = { store };
    this.#albums.set(id, album);
    return album;
  }

  async #upload(id: string, album: Album, upload: UploadRules | undefined): Promise<void> {
    if (JSON.stringify(upload) === JSON.stringify(album.upload)) return;
    const before = album.uploader;
    delete album.uploader;
    album.upload = upload;
    await before?.[Symbol.asyncDispose]();
    if (!upload) return;
    const { directory, address, keys } = this.options;
    const { store } = album;
    album.uploader = new Uploader({
      rules: upload,
      keys,
      stream: id,
      directory: join(directory, id),
      store,
      address,
    });
  }
}

async function keepIn(directory: string): Promise<CaptureKeep> {
  try {
    return keepSchema.parse(JSON.parse(await Deno.readTextFile(join(directory, KEEP))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError || error instanceof z.ZodError) {
      return keepSchema.parse({});
    }
    throw error;
  }
}
