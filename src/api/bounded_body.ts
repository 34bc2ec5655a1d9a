import { joinedBytes } from "../core/joined_bytes.ts";
import { takeBody } from "./http/incoming.ts";
import { Problem } from "./problem.ts";

/** How much of a body is taken, and how long it may keep the server waiting. */
export interface BodyLimits {
  maxBytes: number;
  withinMs: number;
}

/** A body that goes on arriving may do so no slower than this, `withinMs` aside: a byte now and then is not arriving. */
const LEAST_BYTES_A_MS = 1024 / 1000;

/** Reads a body piece by piece; throws a `Problem` when there is too much of it, or when it does not come. */
export class BodyReader {
  readonly #reader;
  #taken = 0;
  #startedAtMs = performance.now();

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>, private readonly limits: BodyLimits) {
    this.#reader = body.getReader();
  }

  /** The next piece; undefined at the end. `withinMs` is what is left of the time when pieces share it. */
  async read(withinMs: number = this.limits.withinMs): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.cancel();
    }, Math.max(0, Math.min(withinMs, this.#leftMs)));
    try {
      const { done, value } = await this.#reader.read();
      if (late) throw tooSlow(this.limits);
      if (done) return undefined;
      this.#taken += value.length;
      if (this.#taken > this.limits.maxBytes) throw tooLarge(this.limits);
      return value;
    } catch (error) {
      this.cancel();
      if (error instanceof Problem) throw error;
      throw new Problem("malformed", "The body broke off", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Until the whole has been slower than it may. */
  get #leftMs(): number {
    return this.#startedAtMs + this.limits.withinMs + this.#taken / LEAST_BYTES_A_MS - performance.now();
  }

  /** Takes no more. */
  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }
}

/** Refuses by what a request announces, before anything of it is read. */
export function checkLength(request: Request, limits: BodyLimits): void {
  if (Number(request.headers.get("content-length") ?? 0) > limits.maxBytes) throw tooLarge(limits);
}

/** The whole body; all of it shares the time. */
export async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  checkLength(request, limits);
  return await takenBytes(request, limits) ?? await streamedBytes(request, limits);
}

/** The whole of a body that comes right from its connection; undefined of any other. */
function takenBytes(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> | undefined {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const timer = setTimeout(() => {
    stop?.();
    reject(tooSlow(limits));
  }, limits.withinMs);
  const stop = takeBody(request, {
    take(part) {
      parts.push(part);
      size += part.length;
      if (size <= limits.maxBytes) return true;
      reject(tooLarge(limits));
      return false;
    },
    end: () => resolve(joined(parts, size)),
    broken: () => reject(new Problem("malformed", "The body broke off")),
  });
  if (stop) return promise.finally(() => clearTimeout(timer));
  clearTimeout(timer);
  return undefined;
}

async function streamedBytes(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  let late = false;
  // One for all pieces: each costs about as much as reading one does.
  const timer = setTimeout(() => {
    late = true;
    cancel();
  }, limits.withinMs);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw tooSlow(limits);
      if (done) return joined(parts, size);
      parts.push(value);
      size += value.length;
      if (size > limits.maxBytes) throw tooLarge(limits);
    }
  } catch (error) {
    cancel();
    if (error instanceof Problem) throw error;
    throw new Problem("malformed", "The body broke off", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  // Who gets it may move it to another thread, with all that its buffer holds.
  if (parts.length === 1 && size === parts[0].buffer.byteLength) return parts[0];
  return joinedBytes(parts);
}

// Clients and proxies that heed it send no further request after what is still under way.
const CLOSE = { connection: "close" };

function tooLarge({ maxBytes }: BodyLimits): Problem {
  return new Problem("too_large", `The body has more than the ${maxBytes} bytes that are taken here`, {
    headers: CLOSE,
  });
}

function tooSlow({ withinMs }: BodyLimits): Problem {
  return new Problem("too_slow", `The body kept the server waiting for ${withinMs / 1000} s`, { headers: CLOSE });
}
