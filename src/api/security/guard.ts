import { isIP } from "node:net";
import type { z } from "zod";
import type { authSchema, limitsSchema, serverSchema } from "../../../config/server_schema.ts";
import { nowMs } from "../../core/clock.ts";
import type { Admission, Guard, GuardContext } from "../guard.ts";
import { Problem, problemOf, problemResponse } from "../problem.ts";
import { type Caller, ROLES, type Route } from "../route.ts";
import { Cors, isPreflight, originProblem } from "./cors.ts";
import { addressKey, hostOf, isForwarded, isLoopback, requestHost } from "./hosts.ts";
import { Jwt } from "./jwt.ts";
import { OpenStreams } from "./open_streams.ts";
import { Proxies } from "./proxies.ts";
import { rateClass, RateLimit } from "./rate_limit.ts";
import { takesTickets, type Tickets } from "./tickets.ts";
import { Tokens } from "./tokens.ts";

/** What a guard goes by: the sections of the configuration that say who may come in, and how often. */
export interface GuardOptions {
  server: Pick<z.infer<typeof serverSchema>, "host" | "names" | "origins" | "proxies">;
  auth: z.infer<typeof authSchema>;
  limits: Pick<z.infer<typeof limitsSchema>, "listeners" | "readsPerMinute" | "writesPerMinute">;
  /** The same that `ticketRoutes` hands out. */
  tickets: Tickets;
  /** Failed logins of one address a minute. Default 20. */
  loginsPerMinute?: number;
  /** Milliseconds of a clock that never steps back. */
  now?: () => number;
  /** Told once when the keys of `auth.jwt.jwks` cannot be had any more, with why, and once, without, when they can again. */
  onKeys?(failure: Error | undefined): void;
}

const LONGEST_TOKEN = 8192;

/** The guard that a configuration asks for; throws when it contradicts itself or names what cannot be read. */
export function createGuard(options: GuardOptions): Guard {
  return new Door(options);
}

/** What a caller's requests are counted by. */
interface Identified {
  caller: Caller;
  key: string;
}

class Door implements Guard {
  /** On loopback without any token, being on this machine is enough. */
  #open: boolean;
  /** Names that it goes by; without any it goes by every one, where a token is asked for. */
  #names: ReadonlySet<string>;
  #host: string | undefined;
  #proxies: Proxies;
  #cors: Cors;
  #tokens: Tokens;
  #jwt: Jwt | undefined;
  #tickets: Tickets;
  #rates: RateLimit;
  #streams: OpenStreams;

  constructor({ server, auth, limits, tickets, loginsPerMinute = 20, now = nowMs, onKeys }: GuardOptions) {
    this.#tokens = new Tokens(auth.tokens);
    this.#jwt = auth.jwt && new Jwt(auth.jwt, { now, ...(onKeys && { onKeys }) });
    this.#open = isLoopback(server.host) && this.#tokens.size === 0 && !this.#jwt;
    this.#names = new Set(server.names.map(configuredName));
    this.#host = hostOf(server.host);
    this.#proxies = new Proxies(server.proxies);
    this.#cors = new Cors(server.origins, { open: this.#open });
    this.#tickets = tickets;
    const { readsPerMinute: reads, writesPerMinute: writes, listeners } = limits;
    const streams = Math.max(1, Math.ceil(reads / 10));
    this.#rates = new RateLimit({ rates: { reads, writes, streams, logins: loginsPerMinute }, now });
    // Where there may be several callers, one of them cannot take every place.
    this.#streams = new OpenStreams({ all: listeners, ofOne: this.#open ? listeners : Math.ceil(listeners / 2) });
  }

  async admit(request: Request, { address: peer, route }: GuardContext): Promise<Admission> {
    const context = { address: this.#proxies.clientOf(request, peer), ...(route && { route }) };
    const origin = this.#cors.foreign(request);
    const headers = this.#headers(request, context, origin);
    try {
      this.#checkPlace(request, context, origin);
      const { caller, key } = await this.#identify(request, context);
      this.#rates.take(rateClass(request, context.route), key);
      checkRole(caller, context.route);
      if (!context.route?.kind) return { caller, headers };
      return { caller, headers, release: this.#streams.take(key) };
    } catch (error) {
      const problem = problemOf(error);
      const { code, message, faults } = problem;
      // A page that is let in may read why it was refused.
      throw new Problem(code, message, { faults, cause: problem.cause, headers: { ...headers, ...problem.headers } });
    }
  }

  preflight(request: Request, context: GuardContext): Response | undefined {
    if (!isPreflight(request)) return undefined;
    try {
      this.#checkHost(request, context);
    } catch (error) {
      return problemResponse(problemOf(error), new URL(request.url).pathname);
    }
    return this.#cors.preflight(request, request.headers.get("origin")!);
  }

  #headers(request: Request, { route }: GuardContext, origin: string | undefined): Record<string, string> {
    const shared = origin !== undefined && this.#cors.allows(origin) || ticketOf(request, route) !== undefined;
    return {
      ...this.#cors.headers(origin),
      "cross-origin-resource-policy": shared ? "cross-origin" : "same-origin",
    };
  }

  /** What a web page could misuse a browser for: another name for this machine, another page's request. */
  #checkPlace(request: Request, context: GuardContext, origin: string | undefined): void {
    this.#checkHost(request, context);
    if (origin !== undefined) {
      if (!this.#cors.allows(origin)) throw originProblem(origin);
      return;
    }
    const site = request.headers.get("sec-fetch-site");
    if (site !== "cross-site" && site !== "same-site") return;
    const { route } = context;
    const looks = request.method === "GET" || request.method === "HEAD";
    // A ticket shows that the page was let in by somebody who may; whether it is good is looked at later.
    if (looks && (route?.role === "public" || ticketOf(request, route) !== undefined)) return;
    throw new Problem("origin", "A page of another site sent this request; without a ticket that is not let in");
  }

  #checkHost(request: Request, context: GuardContext): void {
    const host = requestHost(request);
    const local = this.#open && !isRemote(request, context);
    const good = host !== undefined && (
      isLoopback(host) || this.#names.has(host) || host === this.#host ||
      // Only names can be made to point here by somebody else, and they gain nothing where a token is asked for.
      (!local && (this.#names.size === 0 || isIP(host) !== 0))
    );
    if (good) return;
    const shown = (request.headers.get("host") ?? host ?? "").slice(0, 200);
    throw new Problem("host", `This server does not go by the name "${shown}"; add it to server.names if it should`);
  }

  async #identify(request: Request, context: GuardContext): Promise<Identified> {
    const { address, route } = context;
    const source = `address ${addressKey(address)}`;
    if (route?.role === "public") return { caller: { id: address, role: "viewer", address }, key: source };
    const bearer = this.#open ? undefined : bearerOf(request);
    if (bearer !== undefined) return await this.#login(bearer, address, source);
    const ticket = ticketOf(request, route);
    if (ticket !== undefined) {
      const { pathname } = new URL(request.url);
      const found = this.#tickets.redeem(ticket, { path: pathname, once: route?.kind === "upgrade" });
      if (found) return identified({ ...found, by: "ticket", address });
      this.#rates.take("reads", source);
      throw unauthorized("This ticket is used up, expired or not for this; ask for another one", "invalid_token");
    }
    if (this.#open && !isRemote(request, context)) {
      return { caller: { id: address, role: "admin", by: "machine", address }, key: source };
    }
    this.#rates.take("reads", source);
    throw unauthorized(this.#howToLogIn(request));
  }

  async #login(bearer: string, address: string, source: string): Promise<Identified> {
    // Asked before anything is compared: who guesses learns nothing while he has to wait.
    this.#rates.check("logins", source);
    const found = this.#tokens.find(bearer);
    if (found) return identified({ id: found.name, role: found.role, by: "token", address });
    try {
      const signed = bearer.split(".").length === 3 ? await this.#jwt?.identify(bearer) : undefined;
      if (signed) {
        const { subject: id, role, expiresAtMs } = signed;
        return identified({ id, role, by: "jwt", address, expiresAtMs });
      }
    } catch (error) {
      // Good but for nothing here, or not to be judged now: no failed login, yet it cost something.
      this.#rates.take("reads", source);
      throw error;
    }
    this.#rates.take("logins", source);
    throw unauthorized("This token is unknown, expired or not meant for this server", "invalid_token");
  }

  #howToLogIn(request: Request): string {
    if (this.#tokens.size === 0 && !this.#jwt) {
      return "Requests from other machines or through a proxy need a token, and this server has none: " +
        "set WEIR_TOKEN to one of 16 characters at least, or auth.tokens in its configuration, and start it anew";
    }
    const send = "Send a token in the header Authorization: Bearer …";
    return new URL(request.url).searchParams.has("ticket") ? `No ticket is taken here. ${send}` : send;
  }
}

function identified(caller: Caller): Identified {
  return { caller, key: `caller ${caller.id}` };
}

function checkRole({ role }: Caller, route: Route | undefined): void {
  if (!route || route.role === "public" || ROLES.indexOf(role) >= ROLES.indexOf(route.role)) return;
  throw new Problem("role", `This needs the role ${route.role}, and yours is ${role}`);
}

function isRemote(request: Request, { address }: GuardContext): boolean {
  return isForwarded(request) || !isLoopback(address.replace(/^::ffff:(?=\d+\.)/i, ""));
}

/** The token of a request; empty when there is a header that holds none. */
function bearerOf({ headers }: Request): string | undefined {
  const header = headers.get("authorization");
  if (header === null) return undefined;
  const token = /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
  return token !== undefined && token.length <= LONGEST_TOKEN ? token : "";
}

/** The ticket of a request to a route that takes them; empty when there are several. */
function ticketOf(request: Request, route: Route | undefined): string | undefined {
  if (!takesTickets(route)) return undefined;
  const [ticket, ...more] = new URL(request.url).searchParams.getAll("ticket");
  return more.length > 0 ? "" : ticket;
}

function unauthorized(message: string, error?: string): Problem {
  const challenge = `Bearer realm="weir"${error ? `, error="${error}"` : ""}`;
  return new Problem("unauthorized", message, { headers: { "www-authenticate": challenge } });
}

function configuredName(name: string): string {
  const host = hostOf(isIP(name) === 6 ? `[${name}]` : name);
  if (host === undefined) throw new TypeError(`Cannot take "${name}" into server.names: it is no host name`);
  return host;
}
