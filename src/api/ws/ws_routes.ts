import type { z } from "zod";
import type { PictureService, StreamService } from "../../core/services.ts";
import type { Hub } from "../../hub/hub.ts";
import { positionAfter, queriedFilter, streamEventsQuery } from "../event_query.ts";
import { Upgrade } from "../http/exchange.ts";
import { type Answer, type Call, type Route, route } from "../route.ts";
import { streamParams } from "../stream_params.ts";
import { LARGEST_BYTES } from "./messages.ts";
import { Session, type SessionOptions } from "./session.ts";

/** What the routes of WebSockets stand on. */
export interface WsRoutesOptions {
  hub: Hub;
  streams: StreamService;
  pictures: PictureService;
  /** Something that nobody foresaw went wrong while a message was carried out. */
  onFault?(error: unknown): void;
}

const TAG = "events";
const answers: Record<number, Answer> = { 101: { description: "The socket is open" } };
const PROTOCOL = "Texts are JSON. The client sends {op: subscribe, id, streams | all, types?, labels?, minScore?, " +
  "fields?, maxRate?, after?, flow?}, {op: pictures, id, stream, width?, overlay?, fps?, quality?}, " +
  "{op: unsubscribe, id}, {op: flow, id, credits}, {op: ping}. The server sends {sub, position, event} for each event; " +
  "for each picture a binary message: the length of a header (uint32, big-endian), the header {sub, stream, epoch, seq, " +
  "pts, width, height, dropped} as JSON, the JPEG. It answers {op: subscribed | unsubscribed | ended | pong | error | closing}. " +
  "A pong's `last` is the position up to which everything that was asked for has been sent: a quiet client may go on after it. " +
  "A message beyond 64 KiB is refused, one beyond 1 MiB closes the socket with 1009. The socket is closed with 1001 when the server stops, and with 4401 when the token expires.";

/** Live events and pictures over WebSockets. */
export function wsRoutes(services: WsRoutesOptions): Route[] {
  const { streams } = services;
  return [
    route({
      method: "GET",
      path: "/api/v1/ws",
      id: "socket",
      tag: TAG,
      summary: "One WebSocket for the events and pictures of many streams",
      description: PROTOCOL,
      role: "viewer",
      kind: "upgrade",
      answers,
      problems: ["malformed"],
      handle: ({ signal }) => upgrade({ ...services, signal }),
    }),
    route({
      method: "GET",
      path: "/api/v1/streams/{id}/ws",
      id: "streamSocket",
      tag: TAG,
      summary: "A WebSocket that is subscribed to one stream's events from the start",
      description: `The subscription has the stream's name. ${PROTOCOL}`,
      role: "viewer",
      kind: "upgrade",
      params: streamParams,
      query: streamEventsQuery,
      answers,
      problems: ["not_found", "malformed"],
      async handle(
        { request, params, query, signal }: Call<z.output<typeof streamParams>, z.output<typeof streamEventsQuery>>,
      ) {
        const { id } = await streams.get(params.id);
        const filter = { ...queriedFilter(query), streams: [id] };
        const first = { id, filter, after: positionAfter(query, request.headers) };
        return upgrade({ ...services, signal, first });
      },
    }),
  ];
}

function upgrade(options: SessionOptions): Upgrade {
  return new Upgrade((socket) => void new Session(socket, options), LARGEST_BYTES);
}
