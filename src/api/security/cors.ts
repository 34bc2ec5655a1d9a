import { Problem, problemResponse } from "../problem.ts";

const METHODS = "GET, HEAD, POST, PATCH, PUT, DELETE";
const REQUEST_HEADERS = "authorization, content-type, last-event-id, if-match, if-none-match, traceparent, tracestate";
const EXPOSED =
  "location, retry-after, etag, content-disposition, www-authenticate, weir-epoch, weir-seq, weir-pts, weir-stale";
const MAX_AGE_S = 600;

/** Which pages of other origins may call the server. */
export class Cors {
  #origins: ReadonlySet<string>;

  /** Throws for what is no origin, and for "*" where being on this machine is all that is asked of a caller. */
  constructor(origins: readonly string[], options: { open: boolean }) {
    this.#origins = new Set(origins.map((origin) => normalised(origin)));
    if (this.#origins.has("*") && options.open) {
      throw new TypeError(
        'Cannot take "*" into server.origins: without auth.tokens or auth.jwt every web page could rule this server',
      );
    }
  }

  /** The origin of a request from a page that is not the server's own; undefined for all other requests. */
  foreign(request: Request): string | undefined {
    const origin = request.headers.get("origin");
    if (origin === null || isOwn(request, origin)) return undefined;
    return origin;
  }

  /** Whether pages of an origin are let in. */
  allows(origin: string): boolean {
    return origin !== "null" && (this.#origins.has("*") || this.#origins.has(origin.toLowerCase()));
  }

  /** What an answer needs so that the page may read it. There is no `Allow-Credentials`: nothing here is in a cookie. */
  headers(origin: string | undefined): Record<string, string> {
    if (origin === undefined || !this.allows(origin)) return { vary: "Origin" };
    return {
      vary: "Origin",
      "access-control-allow-origin": origin,
      "access-control-expose-headers": EXPOSED,
    };
  }

  /** The answer to a browser that asks what a page of an origin may do. */
  preflight(request: Request, origin: string): Response {
    const { pathname } = new URL(request.url);
    const vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    if (!this.allows(origin)) return problemResponse(originProblem(origin, { vary }), pathname);
    const local = request.headers.get("access-control-request-private-network") === "true";
    return new Response(null, {
      status: 204,
      headers: {
        vary,
        "access-control-allow-origin": origin,
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": `${MAX_AGE_S}`,
        ...(local && { "access-control-allow-private-network": "true" }),
      },
    });
  }
}

/** What a page of an origin that is not let in is told. */
export function originProblem(origin: string, headers: Record<string, string> = {}): Problem {
  const shown = origin.slice(0, 200);
  return new Problem("origin", `Pages of ${shown} may not call this server; add it to server.origins to let them`, {
    headers,
  });
}

/** Whether a request is a browser's question before a request of another origin. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("origin") &&
    request.headers.has("access-control-request-method");
}

/** A page is our own when it came from the host that it calls; a proxy may have changed the scheme. */
function isOwn(request: Request, origin: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  // The browser knows better than a comparison.
  if (site === "cross-site" || site === "same-site") return false;
  const match = /^(https?):\/\/[^/?#@\s]+$/i.exec(origin);
  if (!match || !URL.canParse(origin)) return false;
  const host = request.headers.get("host") ?? new URL(request.url).host;
  const asked = `${match[1]}://${host}`;
  return URL.canParse(asked) && new URL(asked).host === new URL(origin).host;
}

function normalised(text: string): string {
  if (text === "*") return text;
  const fail = () =>
    new TypeError(`Cannot take ${text} into server.origins: an origin is like https://example.org:8443`);
  const origin = text.replace(/\/$/, "").toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s*]+$/.test(origin) || !URL.canParse(origin)) throw fail();
  // Browsers leave out the port that is a scheme's own.
  return /^https?:/.test(origin) ? new URL(origin).origin : origin;
}
