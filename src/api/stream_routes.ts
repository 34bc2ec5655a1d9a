import { Buffer } from "node:buffer";
import { z } from "zod";
import type { ProbeService, StreamPatch, StreamService, StreamTrials } from "../core/services.ts";
import type { StreamRegistration } from "../core/stream.ts";
import { type Route, route } from "./route.ts";
import { probeSchema, stateEventSchema, streamSchema, streamTrialSchema } from "./schemas.ts";

/** What the routes of streams stand on. */
export interface StreamRoutesOptions {
  streams: StreamService;
  trials: StreamTrials;
  probe: ProbeService;
  /** The same schemas that check configuration files. */
  schemas: {
    registration: z.ZodType<StreamRegistration>;
    patch: z.ZodType<StreamPatch>;
    source: z.ZodType<StreamRegistration["source"]>;
  };
}

const TAG = "streams";
const trialQuery = z.strictObject({
  dryRun: z.enum(["0", "1", "false", "true"]).default("0").transform((value) => value === "1" || value === "true")
    .describe("checks all that can be checked and answers what would be done; nothing is done"),
});
const params = z.strictObject({ id: z.string().min(1).max(63).describe("the stream's name") });

/** Registering, changing and watching over streams. */
export function streamRoutes({ streams, trials, probe, schemas }: StreamRoutesOptions): Route[] {
  const control = (verb: "pause" | "resume" | "restart", summary: string) =>
    route({
      method: "POST",
      path: `/api/v1/streams/{id}/${verb}`,
      id: `${verb}Stream`,
      tag: TAG,
      summary,
      role: "operator",
      params,
      answers: { 200: { description: "The stream as it stands now", schema: streamSchema } },
      problems: ["not_found", "conflict"],
      handle: ({ params: { id } }) => streams[verb](id),
    });
  return [
    route({
      method: "GET",
      path: "/api/v1/streams",
      id: "listStreams",
      tag: TAG,
      summary: "All streams",
      role: "viewer",
      query: z.strictObject({
        state: z.string().optional().describe("only those in this state"),
        label: z.string().optional().describe("only those with this label: key or key=value"),
      }),
      answers: { 200: { description: "The streams", schema: z.object({ streams: z.array(streamSchema) }) } },
      async handle({ query: { state, label } }) {
        const all = await streams.list();
        const [key, value] = label?.split("=", 2) ?? [];
        const fits = all.filter(({ status, registration: { labels } }) =>
          (state === undefined || status?.state === state) &&
          (key === undefined || (Object.hasOwn(labels, key) && (value === undefined || labels[key] === value)))
        );
        return { streams: fits };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/streams",
      id: "createStream",
      tag: TAG,
      summary: "Register a stream",
      description: "A source that cannot be reached yet is taken on, too, and tried again until it can.",
      role: "operator",
      query: trialQuery,
      body: schemas.registration,
      answers: {
        200: { description: "What would be done, where only that was asked", schema: streamTrialSchema },
        201: { description: "The stream", schema: streamSchema },
      },
      problems: ["conflict", "forbidden", "too_many"],
      async handle({ body, query: { dryRun } }) {
        if (dryRun) return await trials.tryCreate(body);
        const view = await streams.create(body);
        return Response.json(view, {
          status: 201,
          headers: { location: `/api/v1/streams/${encodeURIComponent(view.id)}` },
        });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/streams/{id}",
      id: "getStream",
      tag: TAG,
      summary: "One stream",
      role: "viewer",
      params,
      answers: { 200: { description: "The stream", schema: streamSchema } },
      problems: ["not_found"],
      handle: ({ params: { id } }) => streams.get(id),
    }),
    route({
      method: "PATCH",
      path: "/api/v1/streams/{id}",
      id: "patchStream",
      tag: TAG,
      summary: "Change a stream",
      description: "What is absent stays. Another pipeline or policy applies without reconnecting the source.",
      role: "operator",
      params,
      query: trialQuery,
      body: schemas.patch,
      answers: {
        200: {
          description: "The stream as it stands now; what would be done, where only that was asked",
          schema: z.union([streamSchema, streamTrialSchema]),
        },
      },
      problems: ["not_found", "conflict", "forbidden"],
      handle: ({ params: { id }, query: { dryRun }, body }) =>
        dryRun ? trials.tryPatch(id, body) : streams.patch(id, body),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/streams/{id}",
      id: "deleteStream",
      tag: TAG,
      summary: "End a stream and forget it",
      role: "operator",
      params,
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "conflict"],
      handle: ({ params: { id } }) => streams.remove(id),
    }),
    control("pause", "Stop reading from the source, keep the stream"),
    control("resume", "Read from the source again"),
    control("restart", "Connect anew now; revives a stream that was given up"),
    route({
      method: "GET",
      path: "/api/v1/streams/{id}/history",
      id: "streamHistory",
      tag: TAG,
      summary: "The latest changes of a stream's state, oldest first",
      role: "viewer",
      params,
      answers: { 200: { description: "The changes", schema: z.object({ events: z.array(stateEventSchema) }) } },
      problems: ["not_found"],
      handle: async ({ params: { id } }) => ({ events: await streams.history(id) }),
    }),
    route({
      method: "POST",
      path: "/api/v1/probe",
      id: "probeSource",
      tag: TAG,
      summary: "Try a source",
      description:
        "Connects, looks at the first picture, tells what there is or why there is nothing, and keeps nothing.",
      role: "operator",
      body: z.strictObject({ source: schemas.source }).meta({
        examples: [{ source: { kind: "scene", scene: "counter" } }],
      }),
      answers: { 200: { description: "What was found, or why nothing was", schema: probeSchema } },
      problems: ["forbidden"],
      async handle({ body: { source }, signal }) {
        const result = await probe.probe(source, signal);
        if (!result.ok) return result;
        const { picture, ...rest } = result;
        return {
          ...rest,
          ...(picture && { picture: `data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}` }),
        };
      },
    }),
  ];
}
