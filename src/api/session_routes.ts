import { z } from "zod";
import { CREDENTIALS, ROLES, type SessionView } from "../core/session.ts";
import { type Route, route } from "./route.ts";

/** Who is asking: for a page that shows only what its user may do. */
export function sessionRoutes(): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/session",
      id: "getSession",
      tag: "server",
      summary: "Who you are to the server, what you may do, and until when",
      description: "For pages and scripts that offer only what their user may do.",
      role: "viewer",
      answers: { 200: { description: "You", schema: sessionSchema } },
      handle({ caller: { id, role, by = "machine", expiresAtMs } }) {
        const session: SessionView = {
          id,
          role,
          by,
          ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
        };
        return Response.json(session, { headers: { "cache-control": "no-store" } });
      },
    }),
  ];
}

const sessionSchema = z.object({
  id: z.string().describe("the token's name, the JWT's subject, or the address of a request that needed neither"),
  role: z.enum(ROLES).describe("each role includes those before it: viewer, operator, admin"),
  by: z.enum(CREDENTIALS).describe("what let you in; machine: being on this one"),
  expiresAt: z.iso.datetime().optional().describe("when that is good no longer"),
}).meta({ id: "Session" });
