import type { IncomingMessage, ServerResponse } from "node:http";
import { Problem } from "../problem.ts";

/** More headers than this are nobody's who means well; the parser itself would drop those past a bound in silence. */
export const HEADERS_MAX = 128;
/** Methods that a `Request` cannot have. */
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);

// Nobody who sends such heads is waited for.
const CLOSE = { connection: "close" };

/** With an answer to a method that nothing here has. */
export const ALLOW = { allow: "GET, POST, PATCH, PUT, DELETE, HEAD, OPTIONS" };

/** What of a request the listener adds. */
export interface IncomingOptions {
  secure: boolean;
  /** Asked to go on when the body is wanted, by those who wait for that. */
  waiting?: ServerResponse;
}

/** A request as the parser found it, as the API takes it; throws a `Problem` for what can be none. */
export function requestOf(incoming: IncomingMessage, { secure, waiting }: IncomingOptions): Request {
  const { method = "GET", rawHeaders } = incoming;
  if (rawHeaders.length > 2 * HEADERS_MAX) {
    throw new Problem("headers_too_large", `There are more than ${HEADERS_MAX} headers`, { headers: CLOSE });
  }
  if (FORBIDDEN.has(method)) {
    throw new Problem("method_not_allowed", `${method} is nothing that can be done here`, { headers: ALLOW });
  }
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at], rawHeaders[at + 1]);
  // The oldest clients name no host, and need none.
  const host = headers.get("host") ?? (incoming.httpVersion === "1.1" ? "" : "localhost");
  const url = addressOf(incoming.url ?? "/", host, secure);
  if (url === undefined) throw new Problem("malformed", "The Host header is no host", { headers: CLOSE });
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(incoming, waiting);
  const request = new Request(url, { method, headers, body });
  if (body) unread.set(request, { incoming, waiting });
  return request;
}

/** Requests whose bodies come from here. */
const unread = new WeakMap<Request, { incoming: IncomingMessage; waiting: ServerResponse | undefined }>();

/** Who takes a body in, piece by piece. */
export interface BodyTaker {
  /** Answers whether more is wanted. */
  take(part: Uint8Array<ArrayBuffer>): boolean;
  /** All of it has come. */
  end(): void;
  /** The client broke off. */
  broken(): void;
}

/**
 * Has a body that nobody has begun to read go past the request's stream, whose promises for every piece cost more than
 * the pieces; answers how to take no more, or undefined where the request has none like that.
 */
export function takeBody(request: Request, taker: BodyTaker): (() => void) | undefined {
  const body = unread.get(request);
  if (!body || request.bodyUsed) return undefined;
  unread.delete(request);
  const { incoming, waiting } = body;
  const stop = () => {
    incoming.off("data", take).off("end", end).off("error", broken).off("close", broken);
    if (!incoming.complete) incoming.pause();
  };
  const take = (part: Uint8Array<ArrayBuffer>) => {
    if (!taker.take(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))) stop();
  };
  const end = () => {
    stop();
    taker.end();
  };
  const broken = () => {
    stop();
    taker.broken();
  };
  if (incoming.destroyed) {
    taker.broken();
    return stop;
  }
  waiting?.writeContinue();
  incoming.on("data", take).once("end", end).once("error", broken).once("close", broken);
  return stop;
}

/** The whole address; undefined when there is no host in it, or more than a host in its place. */
function addressOf(target: string, host: string, secure: boolean): string | undefined {
  const scheme = secure ? "https" : "http";
  // A proxy's way to ask; what it names counts more than the header.
  if (/^https?:\/\//i.test(target)) return URL.canParse(target) ? target : undefined;
  if (host === "" || /[\s/?#@\\]/.test(host)) return undefined;
  const url = `${scheme}://${host}${target.startsWith("/") ? "" : "/"}${target}`;
  return URL.canParse(url) ? url : undefined;
}

/** A request's body, which is read no faster than it is asked for. */
function bodyOf(incoming: IncomingMessage, waiting?: ServerResponse): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  const { "content-length": length, "transfer-encoding": encoding } = incoming.headers;
  if (encoding === undefined && (length === undefined || Number(length) === 0)) return null;
  let begun = false;
  let over = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (begun) return void incoming.resume();
      begun = true;
      waiting?.writeContinue();
      incoming.on("data", (part: Uint8Array<ArrayBuffer>) => {
        if (over) return;
        controller.enqueue(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
        incoming.pause();
      });
      const end = (act: () => void) => () => {
        if (over) return;
        over = true;
        act();
      };
      incoming.once("end", end(() => controller.close()));
      incoming.once("error", end(() => controller.error(new Error("The client broke off"))));
      incoming.once("close", end(() => controller.error(new Error("The client broke off"))));
    },
    cancel() {
      over = true;
    },
  }, { highWaterMark: 0 });
}
