import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { DownloadView } from "../core/model_registry.ts";

/** What one download does. */
export type Fetching = (options: { signal: AbortSignal; onProgress(bytes: number): void }) => Promise<void>;

interface Download {
  bytes: number;
  of: number;
  abort: AbortController;
  done: Promise<void>;
  /** Why it came to nothing. */
  cause?: string;
}

/** Downloads under way at once. */
const DOWNLOADS_MAX = 4;
/** Of downloads that came to nothing the latest are remembered, until somebody tries again. */
const FAILED_MAX = 32;
const RETRY_MS = 10_000;

/** The models that are being fetched, by the names that they will have. */
export class ModelDownloads implements AsyncDisposable {
  #downloads = new Map<string, Download>();
  #closed = false;

  /** How far each is, and why it failed where it did. */
  get views(): ReadonlyMap<string, DownloadView> {
    return this.#downloads;
  }

  /** Begins to fetch; one that failed before is forgotten. */
  start(name: string, of: number, fetching: Fetching): void {
    const under = this.#downloads.get(name);
    if (under && under.cause === undefined) throw new ServiceError("conflict", `${name} is being fetched already`);
    if (this.#closed) throw new ServiceError("unavailable", "The server stops");
    const running = [...this.#downloads.values()].filter(({ cause }) => cause === undefined).length;
    if (running >= DOWNLOADS_MAX) {
      throw new ServiceError("unavailable", `${running} models are being fetched already`, { retryAfterMs: RETRY_MS });
    }
    const abort = new AbortController();
    const download: Download = { bytes: 0, of, abort, done: Promise.resolve() };
    this.#downloads.delete(name);
    this.#downloads.set(name, download);
    const onProgress = (bytes: number) => download.bytes = bytes;
    download.done = fetching({ signal: abort.signal, onProgress }).then(
      () => this.#forget(name, download),
      (error) => {
        if (abort.signal.aborted) return this.#forget(name, download);
        download.cause = redactUrls(error instanceof Error ? error.message : String(error));
        const failed = [...this.#downloads].filter(([, { cause }]) => cause !== undefined);
        for (const [old, one] of failed.slice(0, -FAILED_MAX)) this.#forget(old, one);
      },
    );
  }

  /** Ends a download, or forgets that one failed; answers whether there was one. */
  async cancel(name: string): Promise<boolean> {
    const download = this.#downloads.get(name);
    if (!download) return false;
    download.abort.abort(new Error("It is not wanted any more"));
    await download.done;
    this.#forget(name, download);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#downloads.keys()].map((name) => this.cancel(name)));
  }

  #forget(name: string, download: Download): void {
    if (this.#downloads.get(name) === download) this.#downloads.delete(name);
  }
}
