import { z } from "zod";
import { type BodyLimits, BodyReader, checkLength, readBytes } from "./bounded_body.ts";
import { faultsOf } from "./faults.ts";
import { parseJson } from "./json.ts";
import { Problem } from "./problem.ts";
import type { RawBody, Route, WholeBody } from "./route.ts";

/** A body as its route takes it. */
export interface ReadBody {
  body: unknown;
  /** The request to hand on: with a raw body that fails past its bound. */
  request: Request;
  /** What the raw body failed with, so that whoever wrapped the error does not hide it. */
  fault?(): unknown;
  /** Lets go of what nobody has read of a raw body. */
  release?(): void;
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
  if (wanted && "media" in wanted) return rawBody(request, wanted, limits.withinMs);
  const bytes = await readBytes(request, limits);
  const value = bytes.length === 0 ? undefined : jsonOf(request, bytes);
  const parsed = await (wanted ?? nothingSchema).safeParseAsync(value);
  if (parsed.success) return { body: parsed.data, request };
  const detail = !wanted
    ? "No body is taken here"
    : value === undefined
    ? "A body is needed here: JSON with the content type application/json"
    : "The body does not fit";
  throw new Problem("invalid", detail, { faults: faultsOf(parsed.error, value) });
}

function jsonOf(request: Request, bytes: Uint8Array): unknown {
  const { essence, charset = "utf-8" } = mediaOf(request);
  const json = essence === "application/json" || essence.endsWith("+json");
  if (!json || !/^utf-?8$/.test(charset)) throw unsupported(request, ["application/json"]);
  checkEncoding(request);
  return parseJson(bytes);
}

/** A large upload takes its time: it may only not fall silent. */
function rawBody(request: Request, { media, maxBytes, wholeWithinMs }: RawBody, withinMs: number): ReadBody {
  const { essence } = mediaOf(request);
  const fits = media.some((one) =>
    one === "*/*" || one === essence || one.endsWith("/*") && essence.startsWith(one.slice(0, -1))
  );
  if (!fits) throw unsupported(request, media);
  checkEncoding(request);
  checkLength(request, { maxBytes, withinMs });
  if (wholeWithinMs !== undefined) return wholeBody(request, { maxBytes, withinMs: wholeWithinMs });
  if (!request.body) return { body: undefined, request };
  const reader = new BodyReader(request.body, { maxBytes, withinMs });
  let fault: unknown;
  const bounded = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const part = await reader.read();
        if (part) controller.enqueue(part);
        else controller.close();
      } catch (error) {
        fault = error;
        controller.error(error);
      }
    },
    cancel: () => reader.cancel(),
  }, { highWaterMark: 0 });
  // Made from its parts: a copy of the request would follow the runtime's signal, which aborts at a good end, too.
  const { url, method, headers } = request;
  const handed = new Request(url, { method, headers, body: bounded });
  return { body: handed.body, request: handed, fault: () => fault, release: () => reader.cancel() };
}

/** Without a stream and a request around it, which would cost more than reading it does. */
function wholeBody(request: Request, limits: BodyLimits): ReadBody {
  let read = false;
  const body: WholeBody = () => {
    read = true;
    return readBytes(request, limits);
  };
  const release = () => {
    if (!read) request.body?.cancel().catch(() => {});
  };
  return { body, request, release };
}

function checkEncoding(request: Request): void {
  const encoding = request.headers.get("content-encoding");
  if (encoding === null || encoding === "identity") return;
  throw new Problem("unsupported_media_type", "A body is taken as it is only, without content encoding", {
    headers: { "accept-encoding": "identity" },
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
