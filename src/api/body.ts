import { z } from "zod";
import { faultsOf } from "./faults.ts";
import { parseJson } from "./json.ts";
import { Problem } from "./problem.ts";
import type { RawBody, Route } from "./route.ts";

/** How much of a body is taken, and how long it may take. */
export interface BodyLimits {
  maxBytes: number;
  /** Until a JSON body is there as a whole. */
  withinMs: number;
}

/** A body as its route takes it. */
export interface ReadBody {
  body: unknown;
  /** The request to hand on: with a raw body that fails past its bound. */
  request: Request;
  /** What the raw body failed with, so that whoever wrapped the error does not hide it. */
  overflow?(): Problem | undefined;
}

/** What a route without a body takes: nothing, or the `{}` that some clients send with every POST. */
const nothingSchema = z.strictObject({}).optional();

/** Reads a body as its route takes it; throws a `Problem` for one that does not fit. */
export async function readBody(request: Request, route: Route, limits: BodyLimits): Promise<ReadBody> {
  if (request.method === "GET" || request.method === "HEAD") {
    // The runtime hides such a body; whoever sends one means something that does not happen.
    if (Number(request.headers.get("content-length") ?? 0) > 0 || request.headers.has("transfer-encoding")) {
      throw new Problem("malformed", `A ${request.method} request takes no body; parameters go into the query`);
    }
    return { body: undefined, request };
  }
  const { body: wanted } = route;
  if (wanted && "media" in wanted) return rawBody(request, wanted);
  const bytes = await readBytes(request, limits);
  const value = bytes.length === 0 ? undefined : (checkJsonMedia(request), parseJson(bytes));
  const parsed = await (wanted ?? nothingSchema).safeParseAsync(value);
  if (parsed.success) return { body: parsed.data, request };
  const detail = !wanted
    ? "No body is taken here"
    : value === undefined
    ? "A body is needed here: JSON with the content type application/json"
    : "The body does not fit";
  throw new Problem("invalid", detail, { faults: faultsOf(parsed.error, value) });
}

function checkJsonMedia(request: Request): void {
  const { essence, charset } = mediaOf(request);
  const json = essence === "application/json" || essence.endsWith("+json");
  if (json && (charset === undefined || charset === "utf-8" || charset === "utf8")) return;
  throw unsupported(request, ["application/json"]);
}

function rawBody(request: Request, { media, maxBytes }: RawBody): ReadBody {
  const { essence } = mediaOf(request);
  const fits = media.some((one) =>
    one === "*/*" || one === essence || one.endsWith("/*") && essence.startsWith(one.slice(0, -1))
  );
  if (!fits) throw unsupported(request, media);
  checkEncoding(request);
  checkLength(request, maxBytes);
  if (!request.body) return { body: undefined, request };
  let taken = 0;
  let overflow: Problem | undefined;
  const bounded = request.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        taken += chunk.length;
        if (taken <= maxBytes) return controller.enqueue(chunk);
        overflow = tooLarge(maxBytes);
        controller.error(overflow);
      },
    }),
  );
  // Made from its parts: a copy of the request would follow the runtime's signal, which aborts at a good end, too.
  const { url, method, headers } = request;
  const handed = new Request(url, { method, headers, body: bounded });
  return { body: handed.body, request: handed, overflow: () => overflow };
}

async function readBytes(request: Request, { maxBytes, withinMs }: BodyLimits): Promise<Uint8Array> {
  checkLength(request, maxBytes);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, withinMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) {
        throw new Problem("too_slow", `The body was not there after ${withinMs / 1000} s`, {
          headers: { connection: "close" },
        });
      }
      if (done) break;
      size += value.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof Problem) throw error;
    throw new Problem("malformed", "The body broke off", { cause: error });
  } finally {
    clearTimeout(timer);
  }
  if (size > 0) checkEncoding(request);
  const bytes = new Uint8Array(size);
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
}

function checkLength(request: Request, maxBytes: number): void {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function checkEncoding(request: Request): void {
  const encoding = request.headers.get("content-encoding");
  if (encoding === null || encoding === "identity") return;
  throw new Problem("unsupported_media_type", "A body is taken as it is only, without content encoding", {
    headers: { "accept-encoding": "identity" },
  });
}

function tooLarge(maxBytes: number): Problem {
  // What is still under way would otherwise be read as the next request's beginning, or to its end for nothing.
  return new Problem("too_large", `The body has more than the ${maxBytes} bytes that are taken here`, {
    headers: { connection: "close" },
  });
}

function unsupported(request: Request, media: readonly string[]): Problem {
  const headers: Record<string, string> = {
    [request.method === "PATCH" ? "accept-patch" : "accept"]: media.join(", "),
  };
  return new Problem("unsupported_media_type", `The body's content type must be ${media.join(" or ")}`, { headers });
}

function mediaOf(request: Request): { essence: string; charset?: string } {
  const [essence, ...parameters] = (request.headers.get("content-type") ?? "").split(";").map((part) => part.trim());
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter))?.slice(8).replaceAll('"', "");
  return { essence: essence.toLowerCase(), charset: charset?.toLowerCase() };
}
