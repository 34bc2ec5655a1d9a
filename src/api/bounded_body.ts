import { Problem } from "./problem.ts";

/** How much of a body is taken, and how long it may keep the server waiting. */
export interface BodyLimits {
  maxBytes: number;
  withinMs: number;
}

/** Reads a body piece by piece; throws a `Problem` when there is too much of it, or when it does not come. */
export class BodyReader {
  readonly #reader;
  #taken = 0;

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>, private readonly limits: BodyLimits) {
    this.#reader = body.getReader();
  }

  /** The next piece; undefined at the end. `withinMs` is what is left of the time when pieces share it. */
  async read(withinMs: number = this.limits.withinMs): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.cancel();
    }, Math.max(0, withinMs));
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
export async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  checkLength(request, limits);
  if (!request.body) return new Uint8Array();
  const reader = new BodyReader(request.body, limits);
  const endsAtMs = performance.now() + limits.withinMs;
  const parts: Uint8Array[] = [];
  for (let part = await reader.read(); part; part = await reader.read(endsAtMs - performance.now())) parts.push(part);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
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
