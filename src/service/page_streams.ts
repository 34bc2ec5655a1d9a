import { resolve } from "node:path";
import type { StreamService, StreamView } from "../core/services.ts";
import type { StreamRegistration } from "../core/stream.ts";
import type { UploadService } from "../core/uploads.ts";

/** What looking after pages' streams stands on. */
export interface PageStreamsOptions {
  streams: Pick<StreamService, "list" | "remove">;
  uploads: Pick<UploadService, "list" | "remove">;
  /** How many read a stream at this moment. */
  readers(id: string): number;
  /** How long one may go unread. */
  unreadMs: number;
  onFault(message: string): void;
}

/** By this label a page of the console marks what the server plays for it alone. */
const LABEL = "page", PAGE = "vitals";
/** Looked at so often while one is unread, and at most so often. */
const LOOKS = 4, MOST_OFTEN_MS = 1000, LEAST_OFTEN_MS = 60_000;

/**
 * Streams that the console's page of vitals has the server play for it. A tab that closes cannot be relied on to tidy up:
 * the clip that was sent for such a stream goes when the stream does, and the stream when nobody has read it for a while.
 */
export class PageStreams implements AsyncDisposable {
  #unreadSinceMs = new Map<string, number>();
  /** Clips of streams that are no more. */
  #left = new Set<string>();
  #timer: ReturnType<typeof setInterval>;
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: PageStreamsOptions) {
    const everyMs = Math.min(LEAST_OFTEN_MS, Math.max(MOST_OFTEN_MS, options.unreadMs / LOOKS));
    this.#timer = setInterval(() => void this.look(performance.now()), everyMs);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Removes those that have been unread for too long by now, and the clips of those that are gone; one look at a time. */
  look(nowMs: number): Promise<void> {
    return this.#looking = this.#looking.then(() => this.#look(nowMs)).catch((error) => {
      const message = error instanceof Error ? error.message : String(error);
      this.options.onFault(`Cannot tidy up after a page: ${message}`);
    });
  }

  /** A stream was removed, by whomever: the next look takes the clip that a page sent for it, unless another plays it. */
  removed({ source, labels }: StreamRegistration): void {
    if (labels[LABEL] !== PAGE || source.kind !== "file" || typeof source.path !== "string") return;
    this.#left.add(resolve(source.path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(nowMs: number): Promise<void> {
    const { streams, uploads, readers, unreadMs } = this.options;
    const unread = (await streams.list()).filter(isPages).filter(({ id }) => readers(id) === 0);
    this.#unreadSinceMs = new Map(unread.map(({ id }) => [id, this.#unreadSinceMs.get(id) ?? nowMs]));
    for (const { id } of unread) {
      if (nowMs - this.#unreadSinceMs.get(id)! >= unreadMs) await unlessGone(streams.remove(id));
    }
    if (this.#left.size === 0) return;
    const left = this.#left;
    this.#left = new Set();
    for (const { name, source, users } of await uploads.list()) {
      if (left.has(source.path) && users.length === 0) await unlessGone(uploads.remove(name));
    }
  }
}

/** The page itself may have been faster. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "not_found") throw error;
  }
}

/** What the page made: nothing that is declared in the configuration, or goes anywhere else. */
function isPages({ registration: { labels, sinks = [], capture }, origin }: StreamView): boolean {
  return origin === "api" && labels[LABEL] === PAGE && sinks.length === 0 && capture === undefined;
}
