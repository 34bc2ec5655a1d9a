import { z } from "zod";
import type { SystemService } from "../core/services.ts";
import { type Route, route } from "./route.ts";

/** What the routes about the server itself stand on. */
export interface SystemRoutesOptions {
  system: SystemService;
  /** The metrics' text in the form asked for by an `Accept` header. */
  metrics(accept: string | null): Promise<{ contentType: string; text: string }>;
}

const TAG = "server";

/** How the server is, and what it can do. */
export function systemRoutes({ system, metrics }: SystemRoutesOptions): Route[] {
  return [
    route({
      method: "GET",
      path: "/health",
      id: "health",
      tag: TAG,
      summary: "Whether the process lives",
      role: "public",
      answers: { 200: { description: "It does", schema: z.object({ status: z.literal("ok") }) } },
      handle: () => ({ status: "ok" }),
    }),
    route({
      method: "GET",
      path: "/ready",
      id: "ready",
      tag: TAG,
      summary: "Whether the server can do its work, and why not",
      role: "public",
      answers: {
        200: { description: "It can", schema: readinessSchema },
        503: { description: "It cannot yet, or any more", schema: readinessSchema },
      },
      async handle() {
        const readiness = await system.readiness();
        return Response.json(readiness, { status: readiness.ready ? 200 : 503 });
      },
    }),
    route({
      method: "GET",
      path: "/metrics",
      id: "metrics",
      tag: TAG,
      summary: "Metrics for Prometheus",
      role: "viewer",
      answers: { 200: { description: "The metrics", media: "text/plain" } },
      async handle({ request }) {
        const { contentType, text } = await metrics(request.headers.get("accept"));
        return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/capabilities",
      id: "capabilities",
      tag: TAG,
      summary: "What this build can do: sources, models, analyzers, sinks and devices, with their schemas",
      role: "viewer",
      answers: { 200: { description: "The capabilities", schema: z.looseObject({}) } },
      handle: () => system.capabilities(),
    }),
    route({
      method: "GET",
      path: "/api/v1/system",
      id: "system",
      tag: TAG,
      summary: "Supervision tree, threads, memory, cores, and what `weir bench` measured here",
      role: "viewer",
      answers: { 200: { description: "The state of the machinery", schema: z.looseObject({}) } },
      handle: () => system.system(),
    }),
  ];
}

const readinessSchema = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).describe("why it is not, one line each"),
});
