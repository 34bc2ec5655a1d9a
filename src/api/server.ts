import { readBody } from "./body.ts";
import { atTime, Ending } from "./ending.ts";
import { finish, type FinishOptions } from "./finish.ts";
import type { Admission, Guard } from "./guard.ts";
import { type Answered, type Api, type Connection, Live, Upgrade } from "./http/exchange.ts";
import { handshakeFault } from "./http/web_sockets.ts";
import { Matcher } from "./match.ts";
import { Problem, problemOf, problemResponse } from "./problem.ts";
import { parseQuery } from "./query.ts";
import { faultsOf } from "./faults.ts";
import type { Call, Route } from "./route.ts";
import { textAnswer } from "./text_answer.ts";

/** What an API is made of. */
export interface ApiOptions {
  routes: readonly Route[];
  guard: Guard;
  /** Aborts when the server stops; calls under way see it. */
  signal: AbortSignal;
  /** Most bytes of a JSON body. Default 1 MiB. */
  bodyBytes?: number;
  /** How long a JSON body may take to arrive, and any other may fall silent. Default 30 s. */
  bodyWithinMs?: number;
  /** Told of every request once its answer begins. `route` is the path with its parameters in braces, or `unmatched`. */
  onRequest?(info: { route: string; method: string; status: number; seconds: number; traceparent?: string }): void;
  /** A request began, or its answer has ended. */
  onActive?(delta: 1 | -1): void;
  /** Something went wrong that nobody foresaw; the client learns nothing but the request's id. */
  onFault?(error: unknown, request: { id: string; method: string; path: string }): void;
}

const BODY_BYTES = 1 << 20;
const BODY_WITHIN_MS = 30_000;
const URL_LENGTH = 16_384;
/** A token is the largest that anybody means to send, and takes a quarter of it. */
const HEADER_BYTES = 32_768;
const REQUEST_ID = /^[\w.:-]{1,64}$/;
const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);

/** What is known of a request while it is being answered. */
interface Passage {
  id: string;
  method: string;
  path: string;
  route?: Route;
  admission?: Admission;
  /** Aborts `call.signal`. */
  gone: AbortController;
  /** Called off when the call has ended by itself. */
  expiry?: () => void;
}

/** The server's one handler: matches, asks the guard, checks what came in, lets the route answer, and sees to the rest. */
export function createApi(options: ApiOptions): Api {
  const { guard, signal, onRequest, onActive, onFault } = options;
  const matcher = new Matcher(options.routes);
  const limits = { maxBytes: options.bodyBytes ?? BODY_BYTES, withinMs: options.bodyWithinMs ?? BODY_WITHIN_MS };

  return {
    async answer(request, connection) {
      const startedAtMs = performance.now();
      const given = request.headers.get("x-request-id");
      const id = given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
      const passage: Passage = { id, method: request.method, path: "", gone: new AbortController() };
      const leave = watch(passage.gone, connection.left, signal);
      onActive?.(1);
      let answered: Answered;
      try {
        answered = await answer(passage, request, connection);
      } catch (error) {
        answered = failed(passage, error);
      }
      const { headers } = passage.admission ?? {};
      const traceparent = request.headers.get("traceparent");
      answered = finished(answered, { requestId: id, head: request.method === "HEAD", headers });
      onRequest?.({
        route: passage.route?.path ?? "unmatched",
        method: METHODS.has(request.method) ? request.method : "OTHER",
        status: statusOf(answered),
        seconds: (performance.now() - startedAtMs) / 1000,
        ...(traceparent !== null && { traceparent }),
      });
      void connection.completed.then(() => {
        leave();
        passage.expiry?.();
        passage.gone.abort(new Ending("answered"));
        passage.admission?.release?.();
        onActive?.(-1);
      });
      return answered;
    },
    refuse(problem) {
      const id = crypto.randomUUID();
      onRequest?.({ route: "unmatched", method: "OTHER", status: problem.status, seconds: 0 });
      return finish(problemResponse(problem, `urn:weir:request:${id}`), { requestId: id, head: false });
    },
  };

  async function answer(passage: Passage, request: Request, { address }: Connection): Promise<Answered> {
    const { method } = request;
    // Calls under way end in good order; new ones would hold the stop up.
    if (signal.aborted) throw stopping();
    const url = URL.parse(request.url);
    if (!url) throw new Problem("malformed", "The Host header is no host");
    passage.path = url.pathname;
    checkHead(request);
    const match = matcher.match(url.pathname);
    const wanted = method === "OPTIONS" ? request.headers.get("access-control-request-method") : method;
    const route = match?.routes.get(wanted === "HEAD" ? "GET" : wanted ?? "");
    const context = { address, ...(route && { route }) };
    const preflight = method === "OPTIONS" ? guard.preflight(request, context) : undefined;
    if (preflight) return preflight;
    if (method !== "OPTIONS") passage.route = route;
    // What there is is told to nobody who would not be let in anyway.
    const admission = await guard.admit(request, context);
    passage.admission = admission;
    const { expiresAtMs } = admission.caller;
    if (route?.kind && expiresAtMs !== undefined) {
      passage.expiry = atTime(expiresAtMs, () => passage.gone.abort(new Ending("login")));
    }
    if (!match) throw new Problem("not_found", "Nothing answers at this path; /docs lists what does");
    if (method === "OPTIONS" || !route) {
      const headers = { allow: allowed(match.routes) };
      if (method === "OPTIONS") return new Response(null, { status: 204, headers });
      throw new Problem("method_not_allowed", `Only ${headers.allow} can be done here`, { headers });
    }
    if (route.kind === "upgrade" && request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new Problem("upgrade_required", "Connect here with a WebSocket", {
        headers: { upgrade: "websocket", connection: "upgrade" },
      });
    }
    const params = await parseParams(route, match.params);
    const query = await parseQuery(route.query, url.search);
    const { body, request: handed, fault, release } = await readBody(request, route, limits);
    const call: Call = {
      params,
      query,
      body,
      request: handed,
      caller: admission.caller,
      signal: passage.gone.signal,
    };
    try {
      const result = await route.handle(call);
      if (result instanceof Upgrade) return checked(result, request);
      return result instanceof Live ? result : toResponse(result, route);
    } catch (error) {
      throw fault?.() ?? error;
    } finally {
      release?.();
    }
  }

  function failed({ id, method, path, gone }: Passage, error: unknown): Response {
    let problem = problemOf(error);
    if (problem.code === "internal") {
      const stopped = gone.signal.aborted && (error === gone.signal.reason || isAbort(error));
      if (!stopped) onFault?.(error, { id, method, path });
      else if (signal.aborted) problem = stopping(error);
      else if (gone.signal.reason instanceof Ending && gone.signal.reason.by === "login") {
        problem = new Problem("unauthorized", "Your token expired while this was being answered", { cause: error });
      } // Nobody is there any more to read it; the number is for the metrics.
      else return new Response(null, { status: 499 });
    }
    return problemResponse(problem, `urn:weir:request:${id}`);
  }
}

function stopping(cause?: unknown): Problem {
  return new Problem("unavailable", "The server is stopping", { cause });
}

function checked(upgrade: Upgrade, request: Request): Upgrade {
  const fault = handshakeFault(request);
  if (fault === undefined) return upgrade;
  throw new Problem("malformed", `Cannot open a WebSocket: ${fault}`);
}

function finished(answered: Answered, options: FinishOptions): Answered {
  if (answered instanceof Upgrade) return answered;
  if (answered instanceof Response) return finish(answered, options);
  return new Live(finish(answered.head, options), answered.run);
}

function statusOf(answered: Answered): number {
  if (answered instanceof Upgrade) return 101;
  return answered instanceof Live ? answered.head.status : answered.status;
}

/** One listener each on the client's and the server's signal; answers how to take them off again. */
function watch(gone: AbortController, client: AbortSignal, server: AbortSignal): () => void {
  const clientGone = () => gone.abort(new Ending("client"));
  const serverStops = () => gone.abort(new Ending("server"));
  client.addEventListener("abort", clientGone, { once: true });
  server.addEventListener("abort", serverStops, { once: true });
  if (server.aborted) serverStops();
  return () => {
    client.removeEventListener("abort", clientGone);
    server.removeEventListener("abort", serverStops);
  };
}

/** Refuses what is too large before anything of it is looked at. What can be read in two ways never comes so far. */
function checkHead({ url, headers }: Request): void {
  if (url.length > URL_LENGTH) {
    throw new Problem("address_too_long", `The address has more than ${URL_LENGTH} characters`);
  }
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  if (bytes > HEADER_BYTES) {
    throw new Problem("headers_too_large", `The headers have more than ${HEADER_BYTES} bytes`);
  }
}

async function parseParams(route: Route, raw: Record<string, string>): Promise<unknown> {
  if (!route.params) return raw;
  const parsed = await route.params.safeParseAsync(raw);
  if (parsed.success) return parsed.data;
  throw new Problem("invalid", "The path does not fit", { faults: faultsOf(parsed.error, raw) });
}

function allowed(routes: ReadonlyMap<string, Route>): string {
  return [...routes.keys(), ...(routes.has("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function statusOfSuccess({ answers }: Route): number {
  // Numbers as keys come in their order.
  for (const status in answers) if (status.startsWith("2")) return Number(status);
  return 200;
}

function toResponse(result: unknown, route: Route): Response {
  if (result instanceof Response) return result;
  if (result === undefined) return new Response(null, { status: 204 });
  const status = statusOfSuccess(route);
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return textAnswer(JSON.stringify(result), { status, headers });
}
