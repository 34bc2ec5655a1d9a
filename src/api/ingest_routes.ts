import { z } from "zod";
import { ServiceError } from "../core/service_error.ts";
import type { IngestService, StreamService } from "../core/services.ts";
import type { Hub } from "../hub/hub.ts";
import { GuestStreams } from "./guest_streams.ts";
import { Upgrade } from "./http/exchange.ts";
import { IngestSession } from "./ingest_session.ts";
import { Problem } from "./problem.ts";
import { type Route, route } from "./route.ts";
import { streamParams } from "./stream_params.ts";

/** What the way of webcams stands on. */
export interface IngestRoutesOptions {
  ingest: IngestService;
  streams: StreamService;
  hub: Hub;
  /** Aborts when the server stops. */
  signal: AbortSignal;
  /** Largest image. Default 4 MiB. */
  frameBytes?: number;
  /** How long a stream made by `create` stays when its sender has gone. Default one minute. */
  lingerMs?: number;
}

const FRAME_BYTES = 4 * 2 ** 20;
const MODELS_MAX = 8;

const PROTOCOL = `A binary message is one image: JPEG, WebP or PNG. A text before it may say more of it:
\`{"capturedAt":1767225600000,"rotation":90,"mirrored":true}\`, all optional. The server sends
\`{"type":"credit","credits":2}\`: so many more images may be sent, added to those granted before; what comes beyond is
dropped. It sends the stream's results as they are, \`{"type":"error","code":…,"message":…}\` for an image that was not
taken, \`{"type":"replaced"}\` (and closes with 4001) when a newer sender has taken over, and \`{"type":"closing"}\` before
it goes (1001) or when the token has expired (4401). An image beyond 4 MiB ends the connection with 1009.`;

/** The way of webcams: frames up, results down. */
export function ingestRoutes(options: IngestRoutesOptions): Route[] {
  const { ingest, streams, hub, signal: serverStops, frameBytes = FRAME_BYTES, lingerMs } = options;
  const guests = new GuestStreams({ streams, signal: serverStops, ...(lingerMs !== undefined && { lingerMs }) });
  return [
    route({
      method: "GET",
      path: "/api/v1/ingest/{id}",
      id: "ingest",
      tag: "streams",
      summary: "Send a webcam's frames into a stream, and get its results",
      description: PROTOCOL,
      role: "operator",
      kind: "upgrade",
      params: streamParams,
      query: z.strictObject({
        create: z.string().max(1024).optional().describe(
          "models, with commas between them: when there is no such stream one is made of kind webcam, " +
            "and removed a minute after its sender has gone",
        ),
      }),
      answers: { 101: { description: "A WebSocket" } },
      problems: ["not_found", "conflict", "forbidden", "too_many", "malformed"],
      async handle({ params: { id }, query: { create }, signal }) {
        const { registration: { source } } = await guests.find(id, create === undefined ? undefined : modelsIn(create));
        if (source.kind !== "webcam") {
          throw new ServiceError("conflict", `${id} takes no frames: its source is a ${source.kind}`);
        }
        const session = {
          id,
          ingest,
          hub,
          signal,
          frameBytes,
          onBegin: () => guests.arrived(id),
          onEnd: () => guests.left(id),
        };
        // Larger than is taken is told in words, much larger is not even waited for.
        return new Upgrade((socket) => void new IngestSession(socket, session), 2 * frameBytes);
      },
    }),
  ];
}

function modelsIn(list: string): string[] {
  const models = [...new Set(list.split(",").map((model) => model.trim()).filter((model) => model !== ""))];
  if (models.length <= MODELS_MAX) return models;
  throw new Problem("invalid", `A stream made here has at most ${MODELS_MAX} models`);
}
