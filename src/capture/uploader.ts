import { basename, join } from "node:path";
import { CAPTURE_MEDIA, type UploadRules } from "../core/captures.ts";
import { Outbox } from "../sinks/outbox.ts";
import { SendError } from "../sinks/send_error.ts";
import type { SinkStatus } from "../sinks/sink.ts";
import { tellError } from "../sinks/tell_error.ts";
import { type CaptureEntry, folderOf, timeOfId, writeWhole } from "./capture_files.ts";
import type { CaptureStore } from "./capture_store.ts";
import { S3Client, type S3ClientOptions } from "./s3_client.ts";
import type { S3Keys } from "./s3_signature.ts";

export type { S3Keys as UploadKeys };

/** What an {@link Uploader} stands on. */
export interface UploaderOptions extends Pick<S3ClientOptions, "address" | "now" | "timeoutMs" | "partBytes"> {
  rules: UploadRules;
  /** Without them nothing can be sent, and the status says so. */
  keys?: S3Keys;
  stream: string;
  /** Holds what waits to be sent: that is the spool. */
  store: CaptureStore;
  /** Where it is remembered how far everything has been sent. */
  directory: string;
  retry?: { initialMs: number; maxMs: number };
  flushMs?: number;
}

/** Names that may wait: as many as a store may hold captures. */
const CAPACITY = 1_000_000;
const CAPACITY_BYTES = 32 * 2 ** 20;
const RETRY = { initialMs: 1000, maxMs: 300_000 };
const FLUSH_MS = 3000;
const REACHED = "uploaded.json";
const TYPES: Readonly<Record<string, string>> = { ...CAPTURE_MEDIA, json: "application/json" };

/**
 * Copies what is kept to an S3-compatible store, oldest first, for as long as that takes. What waits lies where it is
 * kept, so there is never more of it than may be kept, and a process that dies goes on where it was.
 */
export class Uploader implements AsyncDisposable {
  #outbox: Outbox<string>;
  #client?: S3Client;
  #reached = "";
  #begun = false;
  #beginning: Promise<void>;

  /** Begins with what is kept from here on, or, where it was at work before, with what it had not sent yet. */
  constructor(private readonly options: UploaderOptions) {
    const { rules, keys, now = Date.now, retry = RETRY, flushMs = FLUSH_MS } = options;
    if (keys) this.#client = new S3Client({ ...options, keys });
    this.#outbox = new Outbox<string>({
      capacity: CAPACITY,
      capacityBytes: CAPACITY_BYTES,
      sizeBytes: (id) => id.length * 2,
      retry,
      send: ([id], signal) => this.#send(id, signal),
      tell: (error) =>
        `Cannot upload to ${rules.bucket} at ${rules.endpoint}: ${
          tellError(error, [keys?.secretAccessKey, keys?.sessionToken])
        }`,
      now,
      flushMs,
    });
    this.#beginning = this.#begin().catch(() => {});
  }

  /** Something is kept, and is to be copied. */
  push({ id }: Pick<CaptureEntry, "id">): void {
    // What comes before that is among what is found then.
    if (this.#begun) this.#outbox.push(id);
  }

  status(): SinkStatus {
    return this.#outbox.status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#beginning;
    await this.#outbox[Symbol.asyncDispose]();
    this.#client?.[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    const { store, directory } = this.options;
    const { id } = parsed(await Deno.readTextFile(join(directory, REACHED)).catch(() => "{}"));
    await store.scanned;
    this.#begun = true;
    if (id === undefined) return await this.#reach(store.entries.at(-1)?.id ?? "0");
    this.#reached = id;
    for (const entry of store.entries) if (entry.id > id) this.push(entry);
  }

  async #send(id: string, signal: AbortSignal): Promise<void> {
    const { store, rules: { prefix, move }, stream } = this.options;
    if (!this.#client) {
      throw new SendError("away", "there are no keys; set capture.accessKeyId and capture.secretAccessKey");
    }
    const entry = store.find(id);
    if (!entry) throw new SendError("refused", "it is not kept any more");
    // As on disk, the document comes last: what has one is whole.
    for (const extension of [entry.extension, "json"]) {
      const path = store.path(entry, extension);
      const key = `${prefix}${stream}/${folderOf(id).replaceAll("\\", "/")}/${basename(path)}`;
      try {
        await this.#client.put(key, path, TYPES[extension], signal);
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) throw new SendError("refused", "it is not kept any more");
        throw error;
      }
    }
    await this.#reach(id);
    if (move) await store.remove(id);
  }

  async #reach(id: string): Promise<void> {
    if (id <= this.#reached) return;
    this.#reached = id;
    await Deno.mkdir(this.options.directory, { recursive: true });
    await writeWhole(join(this.options.directory, REACHED), new TextEncoder().encode(JSON.stringify({ id })));
  }
}

function parsed(text: string): { id?: string } {
  try {
    const { id } = JSON.parse(text);
    return typeof id === "string" && (id === "0" || timeOfId(id) !== undefined) ? { id } : {};
  } catch {
    return {};
  }
}
