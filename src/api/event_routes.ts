import type { z } from "zod";
import type { StreamService } from "../core/services.ts";
import type { EventFilter } from "../hub/filter.ts";
import type { Hub } from "../hub/hub.ts";
import { eventsQuery, namedStreamQuery, positionAfter, queriedFilter, streamEventsQuery } from "./event_query.ts";
import { Problem } from "./problem.ts";
import { type Answer, type Call, type Route, route } from "./route.ts";
import { sse, SSE_HEADERS } from "./sse.ts";
import { streamParams } from "./stream_params.ts";

/** What the routes of events stand on. */
export interface EventRoutesOptions {
  hub: Hub;
  streams: StreamService;
  /** A quiet line hears something so often. Default 15 s. */
  heartbeatMs?: number;
}

const TAG = "events";
const DESCRIPTION = "Server-sent events: `event` is the event's type (result, state, alert; gap for what was missed; " +
  "closing when the server stops or the token expires), `data` its JSON, `id` its position. A client that comes back with `Last-Event-ID`, " +
  "as every EventSource does, or with `after`, gets what it missed.";
const answers: Record<number, Answer> = {
  200: { description: "The events, as they come", media: "text/event-stream" },
};

/** Most names in a message. */
const NAMES = 20;

/** Live events as server-sent events. */
export function eventRoutes({ hub, streams, heartbeatMs }: EventRoutesOptions): Route[] {
  const listen = ({ request, query, signal }: Call<unknown, { after?: number }>, filter: EventFilter) => {
    const after = positionAfter(query, request.headers);
    if (request.method === "HEAD") return new Response(null, { headers: SSE_HEADERS });
    const subscription = hub.subscribe({ filter, after });
    return sse({ subscription, signal, heartbeatMs });
  };
  return [
    route({
      method: "GET",
      path: "/api/v1/events",
      id: "events",
      tag: TAG,
      summary: "Results, states and alerts of all streams, live",
      description: DESCRIPTION,
      role: "viewer",
      kind: "stream",
      query: eventsQuery,
      answers,
      handle: (call: Call<unknown, z.output<typeof eventsQuery>>) => listen(call, queriedFilter(call.query)),
    }),
    route({
      method: "GET",
      path: "/api/v1/streams/{id}/events",
      id: "streamEvents",
      tag: TAG,
      summary: "Results, states and alerts of one stream, live",
      description: DESCRIPTION,
      role: "viewer",
      kind: "stream",
      params: streamParams,
      query: streamEventsQuery,
      answers,
      problems: ["not_found"],
      async handle(call: Call<z.output<typeof streamParams>, z.output<typeof streamEventsQuery>>) {
        const { id } = await streams.get(call.params.id);
        return listen(call, { ...queriedFilter(call.query), streams: [id] });
      },
    }),
    route({
      method: "GET",
      path: "/stream",
      id: "stream",
      tag: TAG,
      summary: "Results, states and alerts of the one stream that is meant, live",
      description: `The stream named by \`stream\`, else the one called default, else the only one. ${DESCRIPTION}`,
      role: "viewer",
      kind: "stream",
      query: namedStreamQuery,
      answers,
      problems: ["not_found", "conflict"],
      async handle(call: Call<unknown, z.output<typeof namedStreamQuery>>) {
        const { stream, ...query } = call.query;
        const id = await meant(streams, stream);
        return listen(call, { ...queriedFilter(query), streams: [id] });
      },
    }),
  ];
}

async function meant(streams: StreamService, name: string | undefined): Promise<string> {
  if (name !== undefined) return (await streams.get(name)).id;
  const ids = (await streams.list()).map(({ id }) => id);
  if (ids.includes("default")) return "default";
  if (ids.length === 1) return ids[0];
  if (ids.length === 0) throw new Problem("conflict", "There is no stream yet: register one with POST /api/v1/streams");
  const named = ids.slice(0, NAMES).join(", ") + (ids.length > NAMES ? ` and ${ids.length - NAMES} more` : "");
  throw new Problem("conflict", `Which stream? Name one with ?stream=: ${named}`, {
    faults: [{ path: "stream", message: `is needed, as there are ${ids.length}: ${named}` }],
  });
}
