import { type Role, ROLES, type Route } from "../../src/api/route.ts";
import { takesTickets } from "../../src/api/security/tickets.ts";

/** A server whose doors are all to be tried. It must ask for tokens, and its rates must be high enough for the walk. */
export interface RoleWalk {
  routes: readonly Route[];
  /** Where it listens: `http://127.0.0.1:8080`. */
  origin: string;
  /** A token of each role. */
  tokens: Readonly<Record<Role, string>>;
  /** Where a route is tried; by default each of its parameters is `nobody`. */
  pathOf?(route: Route): string;
}

/** How a door is tried: without anything, with a token, or with a ticket that a token was exchanged for. */
interface Asker {
  name: string;
  role?: Role;
  ticket?: boolean;
}

const ASKERS: readonly Asker[] = [
  { name: "nobody" },
  ...ROLES.map((role) => ({ name: role, role })),
  ...ROLES.map((role) => ({ name: `${role}'s ticket`, role, ticket: true })),
];

/**
 * Tries every route as everybody and answers what came out otherwise than the table says, one line each. Whoever is let
 * in may be told by the route itself that there is nothing, or that something is missing.
 */
export async function walkRoles(walk: RoleWalk): Promise<string[]> {
  const wrong: string[] = [];
  const ticketed = walk.routes.some(({ id }) => id === "createTicket");
  for (const route of walk.routes) {
    for (const asker of ASKERS.filter(({ ticket }) => !ticket || ticketed)) {
      const [expected, seen] = [expectation(route, asker), await tried(walk, route, asker)];
      if (expected !== seen) {
        wrong.push(`${route.method} ${route.path} (${route.role}) as ${asker.name}: ${seen}, not ${expected}`);
      }
    }
  }
  return wrong;
}

function expectation(route: Route, { role, ticket }: Asker): string {
  if (route.role === "public") return "let in";
  if (role === undefined || (ticket && !takesTickets(route))) return "unauthorized";
  return ROLES.indexOf(role) >= ROLES.indexOf(route.role) ? "let in" : "role";
}

/** Codes that say that nobody got as far as the route. */
const TURNED_AWAY = new Set(["unauthorized", "role", "origin", "host", "rate_limited", "internal"]);

async function tried(walk: RoleWalk, route: Route, { role, ticket }: Asker): Promise<string> {
  const { origin, tokens } = walk;
  const path = walk.pathOf?.(route) ?? route.path.replaceAll(/\{\w+\}/g, "nobody");
  const authorization: Record<string, string> = role === undefined || ticket
    ? {}
    : { authorization: `Bearer ${tokens[role]}` };
  const query = role !== undefined && ticket ? `?ticket=${await exchanged(walk, role)}` : "";
  const response = await fetch(`${origin}${path}${query}`, {
    method: route.method,
    redirect: "manual",
    headers: authorization,
  });
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) {
    await response.body?.cancel();
    return response.status === 401 || response.status === 403 ? `${response.status} without a problem` : "let in";
  }
  const { code } = await response.json();
  return TURNED_AWAY.has(code) ? code : "let in";
}

async function exchanged({ origin, tokens }: RoleWalk, role: Role): Promise<string> {
  const response = await fetch(`${origin}/api/v1/tickets`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens[role]}`, "content-type": "application/json" },
    body: JSON.stringify({ role }),
  });
  const { ticket } = await response.json();
  if (response.status !== 201) throw new Error(`Cannot have a ticket for ${role}: ${response.status}`);
  return ticket;
}
