import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { EncodedPicture, PictureRequest, PictureService, StreamService } from "../core/services.ts";
import type { StreamStatus } from "../core/stream.ts";
import type { Weir } from "../app.ts";

/** How long a picture is waited for before an old one will do. */
const SOON_MS = 2000;
/** So often it is looked whether a stream that gave way to another source is there again. */
const LOOK_MS = 200;

/** The pictures of a server's streams. */
export class Pictures implements PictureService {
  /** `streams` knows all that are registered, those that do not run, too. */
  constructor(private readonly weir: Weir, private readonly streams: Pick<StreamService, "get">) {}

  async picture(id: string, request: PictureRequest, signal: AbortSignal): Promise<EncodedPicture> {
    const { weir } = this;
    const soon = new AbortController();
    const timer = setTimeout(() => soon.abort(), SOON_MS);
    try {
      return await weir.pictures.next(id, request, AbortSignal.any([signal, soon.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServiceError) throw error;
      const latest = weir.pictures.latest(id, request);
      if (latest) return { ...latest, stale: true };
      throw await this.#nothing(id, error);
    } finally {
      clearTimeout(timer);
    }
  }

  watch(
    id: string,
    request: PictureRequest & { fps: number },
    next: (picture: EncodedPicture) => void,
    ended?: () => void,
  ): Disposable {
    const { weir, streams } = this;
    if (!weir.list().includes(id)) {
      throw new ServiceError("not_found", `There are no pictures of ${id}: it does not run`);
    }
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current: Disposable;
    const begin = () => {
      current = weir.pictures.watch(id, request, { next, ended: () => void look() });
    };
    // A stream that gets another source is taken down and put up again: who watches it need not notice.
    const look = async () => {
      const registered = await streams.get(id).then(() => true, () => false);
      if (over) return;
      if (!registered) {
        over = true;
        ended?.();
      } else if (!weir.list().includes(id) || !beginAgain()) timer = setTimeout(look, LOOK_MS);
    };
    const beginAgain = () => {
      try {
        begin();
        return true;
      } catch {
        // Others were quicker, and all forms are taken.
        return false;
      }
    };
    begin();
    return {
      [Symbol.dispose]: () => {
        over = true;
        clearTimeout(timer);
        current[Symbol.dispose]();
      },
    };
  }

  /** Why there is neither a new picture nor an old one. */
  async #nothing(id: string, cause: unknown): Promise<ServiceError> {
    const status = await this.#status(id);
    if (status?.state === "running" && status.pictures?.fault) {
      return new ServiceError("unavailable", `Cannot make a picture of ${id}: ${status.pictures.fault}`, { cause });
    }
    const retryAfterMs = status?.nextAttemptMs === undefined ? undefined : Math.max(0, status.nextAttemptMs - nowMs());
    const message = `There is no picture of ${id} yet: ${inWords(status)}`;
    return new ServiceError("unavailable", message, { cause, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }

  /** Undefined for a moment while its thread is being replaced; throws for a stream that is not registered. */
  async #status(id: string): Promise<StreamStatus | undefined> {
    const { weir, streams } = this;
    if (weir.list().includes(id)) return await weir.status(id).catch(() => undefined);
    return (await streams.get(id)).status;
  }
}

function inWords(status: StreamStatus | undefined): string {
  if (!status) return "its thread is being replaced";
  const { state, cause, frames } = status;
  if (cause) return `it is ${state} (${redactUrls(cause.message)})`;
  if (state === "running" && frames.completed === 0) return "it is running, but no frame has given a result so far";
  return state === "running"
    ? `it is running, but no frame gave a result within ${SOON_MS / 1000} s`
    : `it is ${state}`;
}
