import { resolve } from "node:path";
import { ServiceError } from "../core/service_error.ts";
import type { ProbeService, StreamService } from "../core/services.ts";
import type { ClipUpload, Uploaded, UploadService, UploadView } from "../core/uploads.ts";
import { type ClipFile, ClipFolder, safeName } from "./clip_folder.ts";

/** What taking clips stands on. */
export interface UploadsOptions {
  /** An absolute path. */
  directory: string;
  limits: { clipBytes: number; keepBytes: number; keepHours: number };
  probes: ProbeService;
  streams: Pick<StreamService, "list">;
  onFault(message: string): void;
}

/** So many may be on their way at once. */
const AT_ONCE = 4;
/** Whoever has sent a clip has so long to register a stream that plays it. */
const GRACE_MS = 10 * 60_000;
const SWEEP_MS = 10 * 60_000;
const RETRY_MS = 5000;

/** Clips that people send, kept until nobody plays them and they are old, or there are too many. */
export class Uploads implements UploadService, AsyncDisposable {
  #folder: ClipFolder;
  #opened?: Promise<void>;
  #coming = 0;
  /** Bytes that are on their way, or have come and are still looked at. */
  #comingBytes = 0;
  #sweeping: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setInterval>;

  constructor(private readonly options: UploadsOptions) {
    this.#folder = new ClipFolder(options.directory);
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_MS);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  async receive(called: string): Promise<ClipUpload> {
    if (this.#coming >= AT_ONCE) {
      const message = `${AT_ONCE} clips are on their way already; more are not taken at once`;
      throw new ServiceError("overloaded", message, { retryAfterMs: 5000 });
    }
    this.#coming++;
    try {
      await this.#open();
      await this.#sweep();
      return this.#upload(called);
    } catch (error) {
      this.#coming--;
      throw error;
    }
  }

  async list(): Promise<UploadView[]> {
    await this.#open();
    const users = await this.#users();
    return (await this.#folder.list()).map((clip) => viewOf(clip, users));
  }

  async get(name: string): Promise<UploadView> {
    return viewOf(await this.#find(name), await this.#users());
  }

  async remove(name: string): Promise<void> {
    const clip = await this.#find(name);
    const users = (await this.#users()).get(clip.path) ?? [];
    if (users.length > 0) {
      throw new ServiceError("conflict", `${clip.name} is played by ${users.join(", ")}: remove these streams first`);
    }
    await Deno.remove(clip.path).catch((error) => Promise.reject(this.#cannot(`remove ${clip.name}`, error)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  #upload(called: string): ClipUpload {
    const path = this.#folder.partial(), shown = safeName(called);
    let file: Deno.FsFile | undefined, bytes = 0, over = false, kept = false;
    const close = () => {
      file?.close();
      file = undefined;
    };
    return {
      write: async (piece) => {
        const { clipBytes } = this.options.limits;
        if (bytes + piece.length > clipBytes) {
          throw new ServiceError(
            "too_large",
            `${shown} has more than the ${clipBytes} bytes that are taken (uploads.clipBytes)`,
          );
        }
        bytes += piece.length;
        this.#comingBytes += piece.length;
        try {
          file ??= await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
          for (let sent = 0; sent < piece.length;) sent += await file.write(piece.subarray(sent));
        } catch (error) {
          throw this.#cannot(`keep ${shown}`, error);
        }
      },
      finish: async (signal) => {
        if (bytes === 0) throw unfit(shown, "it is empty");
        await file?.sync().catch((error) => Promise.reject(this.#cannot(`keep ${shown}`, error)));
        close();
        const video = await this.#video(path, shown, signal);
        await this.#makeRoom(shown);
        const clip = await this.#folder.keep(path, called).catch((error) =>
          Promise.reject(this.#cannot(`keep ${shown}`, error))
        );
        kept = true;
        return { ...viewOf(clip, new Map()), video };
      },
      [Symbol.asyncDispose]: async () => {
        if (over) return;
        over = true;
        close();
        this.#coming--;
        this.#comingBytes -= bytes;
        if (!kept) await Deno.remove(path).catch(() => {});
      },
    };
  }

  /** What FFmpeg finds in it, whatever its name or its sender say that it is. */
  async #video(path: string, shown: string, signal: AbortSignal): Promise<Uploaded["video"]> {
    const result = await this.options.probes.probe({ kind: "file", path }, signal);
    if (signal.aborted) throw signal.reason;
    if (!result.ok) {
      const { code, message } = result.cause, why = message.replaceAll(path, shown);
      // Whoever has too much to do to look has found nothing wrong with it.
      if (code === "failed" || code === "timeout") {
        throw new ServiceError("unavailable", `Cannot look at ${shown} now: ${why}`, { retryAfterMs: RETRY_MS });
      }
      throw unfit(shown, why);
    }
    const { codec, width, height, fps, durationMs } = result.properties;
    return { codec, width, height, ...(fps !== undefined && { fps }), ...(durationMs !== undefined && { durationMs }) };
  }

  /** Lets older clips go until another one has room among them. */
  async #makeRoom(shown: string): Promise<void> {
    await this.#sweep();
    const { keepBytes } = this.options.limits;
    const kept = (await this.#folder.list()).reduce((sum, { bytes }) => sum + bytes, 0);
    if (kept + this.#comingBytes <= keepBytes) return;
    const message = `There is no room for ${shown}: the clips that are played, or are new, take ${kept} of the ` +
      `${keepBytes} bytes there are (uploads.keepBytes); remove some`;
    throw new ServiceError("too_large", message);
  }

  /** Removes what is old or too much, unless a stream plays it or it has only just come; one at a time. */
  #sweep(): Promise<void> {
    const swept = this.#sweeping.then(async () => {
      const { keepBytes, keepHours } = this.options.limits;
      const users = await this.#users(), now = Date.now();
      const clips = await this.#folder.list();
      let bytes = clips.reduce((sum, clip) => sum + clip.bytes, this.#comingBytes);
      for (const clip of clips.reverse()) {
        const age = now - clip.atMs;
        if (users.has(clip.path) || age < GRACE_MS) continue;
        if (age < keepHours * 3_600_000 && bytes <= keepBytes) continue;
        await Deno.remove(clip.path);
        bytes -= clip.bytes;
      }
    });
    this.#sweeping = swept.catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) this.options.onFault(`Cannot tidy uploads: ${error.message}`);
    });
    return this.#sweeping;
  }

  /** The streams that play each file. */
  async #users(): Promise<Map<string, string[]>> {
    const users = new Map<string, string[]>();
    for (const { id, registration: { source } } of await this.options.streams.list()) {
      if (source.kind !== "file" || typeof source.path !== "string") continue;
      const path = resolve(source.path);
      users.set(path, [...users.get(path) ?? [], id]);
    }
    return users;
  }

  async #find(name: string): Promise<ClipFile> {
    await this.#open();
    const clip = await this.#folder.find(name);
    if (clip) return clip;
    throw new ServiceError("not_found", `There is no clip called ${JSON.stringify(name.slice(0, 100))}`);
  }

  /** The folder is made when it is first needed: most servers get no clips. */
  async #open(): Promise<void> {
    this.#opened ??= this.#folder.open();
    try {
      await this.#opened;
    } catch (error) {
      this.#opened = undefined;
      throw this.#cannot("keep clips", error);
    }
  }

  #cannot(what: string, error: unknown): ServiceError {
    if (error instanceof ServiceError) return error;
    const message = error instanceof Error ? error.message : String(error);
    const why = /ENOSPC|No space left|os error 28|os error 112|quota/i.test(message)
      ? "the disk is full"
      : /EROFS|read-only|EACCES|permission denied/i.test(message)
      ? "its folder cannot be written to; name another one as uploads.directory"
      : message.replaceAll(this.options.directory, "its folder");
    return new ServiceError("unavailable", `Cannot ${what}: ${why}`, { cause: error });
  }
}

function viewOf({ name, path, bytes, atMs }: ClipFile, users: ReadonlyMap<string, string[]>): UploadView {
  return {
    name,
    bytes,
    uploadedAt: new Date(atMs).toISOString(),
    source: { kind: "file", path },
    users: users.get(path) ?? [],
  };
}

function unfit(shown: string, why: string): ServiceError {
  const message = `is no video that can be played: ${why}`;
  return new ServiceError("invalid", `${shown} ${message}`, { faults: [{ path: "file", message }] });
}
