import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { type Caller, mediaOf, type Role, ROLES, type Route, route } from "../route.ts";

/** How long tickets live, and how many there may be. */
export interface TicketsOptions {
  /** Default 30 s. */
  lifeMs?: number;
  /** Default 10,000. */
  most?: number;
  /** Default 200. */
  mostOfOne?: number;
  /** Milliseconds of a clock that never steps back. */
  now: () => number;
}

/** What a ticket is for. */
export interface TicketTerms {
  /** Never above the caller's own. */
  role: Role;
  /** The one path that it opens; without it, every one that takes tickets. */
  path?: string;
}

interface Ticket extends TicketTerms {
  id: string;
  untilMs: number;
  /** When the token that it stands for expires, Unix milliseconds. */
  expiresAtMs?: number;
}

/** Who comes with a ticket. */
export type TicketBearer = Pick<Caller, "id" | "role" | "expiresAtMs">;

/**
 * Short-lived stand-ins for a token, for what cannot send headers: `EventSource`, `WebSocket` and pictures of a page.
 * They may end up in logs and histories; so they die soon, and a WebSocket uses its own up.
 */
export class Tickets {
  /** By digest, in the order in which they die. */
  #tickets = new Map<string, Ticket>();
  #byCaller = new Map<string, number>();
  readonly lifeMs: number;
  #most: number;
  #mostOfOne: number;
  #now: () => number;

  constructor({ lifeMs = 30_000, most = 10_000, mostOfOne = 200, now }: TicketsOptions) {
    this.lifeMs = lifeMs;
    this.#most = most;
    this.#mostOfOne = mostOfOne;
    this.#now = now;
  }

  /** How many can be used still. */
  get size(): number {
    this.#bury();
    return this.#tickets.size;
  }

  /** A new ticket in a caller's name; throws the problem when there are too many. */
  issue({ id, expiresAtMs }: Pick<Caller, "id" | "expiresAtMs">, terms: TicketTerms): string {
    this.#bury();
    const own = this.#byCaller.get(id) ?? 0;
    if (own >= this.#mostOfOne || this.#tickets.size >= this.#most) {
      const headers = { "retry-after": `${Math.ceil(this.lifeMs / 1000)}` };
      throw new Problem("too_many", "There are too many tickets that nobody has used yet", { headers });
    }
    const ticket = randomBytes(32).toString("base64url");
    this.#tickets.set(digestOf(ticket), {
      ...terms,
      id,
      untilMs: this.#now() + this.lifeMs,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    });
    this.#byCaller.set(id, own + 1);
    return ticket;
  }

  /** Who comes with a ticket to a path; undefined when it is not, or no longer, good for that. `once` uses it up. */
  redeem(ticket: string, use: { path: string; once: boolean }): TicketBearer | undefined {
    this.#bury();
    const digest = digestOf(ticket);
    const found = this.#tickets.get(digest);
    if (!found || (found.path !== undefined && found.path !== use.path)) return undefined;
    const { id, role, expiresAtMs } = found;
    if (expiresAtMs !== undefined && expiresAtMs <= Date.now()) return undefined;
    if (use.once) this.#drop(digest, found);
    return { id, role, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  }

  #bury(): void {
    const now = this.#now();
    for (const [digest, ticket] of this.#tickets) {
      if (ticket.untilMs > now) return;
      this.#drop(digest, ticket);
    }
  }

  #drop(digest: string, { id }: Ticket): void {
    this.#tickets.delete(digest);
    const left = this.#byCaller.get(id)! - 1;
    if (left > 0) this.#byCaller.set(id, left);
    else this.#byCaller.delete(id);
  }
}

/** Whether a route may be entered with `?ticket=`: what goes on, and pictures. */
export function takesTickets(route: Route | undefined): boolean {
  if (!route || route.method !== "GET") return false;
  if (route.kind) return true;
  return Object.values(route.answers).flatMap(mediaOf).some((type) => type.startsWith("image/"));
}

/** The way to a ticket. */
export function ticketRoutes(tickets: Tickets): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/tickets",
      id: "createTicket",
      tag: "server",
      summary: "A short-lived ticket for what cannot send a token",
      description: "Goes into `?ticket=` of an EventSource, a WebSocket or a picture. It lives for half a minute; a " +
        "WebSocket uses it up, the others may come again within its life. What it opened ends when the token ends " +
        "that it was given for.",
      role: "viewer",
      body: z.strictObject({
        role: z.enum(ROLES).optional().describe("what its bearer may do, at most what you may; default viewer"),
        path: z.string().startsWith("/").max(1024).regex(/^[^?#]*$/, "must be a path without query").optional()
          .describe("the one path that it opens, such as /api/v1/streams/gate/events; default all that take tickets"),
      }),
      answers: { 201: { description: "The ticket", schema: ticketSchema } },
      problems: ["too_many"],
      handle({ body: { role = "viewer", path }, caller }) {
        if (ROLES.indexOf(role) > ROLES.indexOf(caller.role)) {
          throw new Problem("role", `You are ${caller.role} and cannot hand out a ticket for ${role}`);
        }
        const ticket = tickets.issue(caller, { role, ...(path !== undefined && { path: pathOf(path) }) });
        const expiresAtMs = Math.min(Date.now() + tickets.lifeMs, caller.expiresAtMs ?? Infinity);
        const expiresAt = new Date(expiresAtMs).toISOString();
        return Response.json({ ticket, role, ...(path !== undefined && { path }), expiresAt }, {
          status: 201,
          headers: { "cache-control": "no-store" },
        });
      },
    }),
  ];
}

const ticketSchema = z.object({
  ticket: z.string(),
  role: z.enum(ROLES),
  path: z.string().optional(),
  expiresAt: z.iso.datetime(),
}).meta({ id: "Ticket" });

/** The path as a request's URL will spell it. */
function pathOf(path: string): string {
  const url = new URL("http://host/");
  url.pathname = path;
  return url.pathname;
}

function digestOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64");
}
