import { z } from "zod";
import { CAPTURE_MEDIA, CAPTURE_REASONS, type CaptureService } from "../core/captures.ts";
import { ServiceError } from "../core/service_error.ts";
import type { StreamService } from "../core/services.ts";
import { type Route, route } from "./route.ts";
import { streamSchema } from "./schemas.ts";

/** What the routes of captures stand on. */
export interface CaptureRoutesOptions {
  captures: CaptureService;
  streams: StreamService;
}

const TAG = "captures";
/** What kept pictures and videos are. */
const MEDIA = Object.values(CAPTURE_MEDIA);
const count = z.int().min(0);
const params = z.strictObject({ id: z.string().min(1).max(63).describe("the capture's name") });
const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const captureSchema = z.object({
  id: z.string(),
  stream: z.string(),
  kind: z.enum(["frame", "clip"]),
  at: z.iso.datetime(),
  media: z.string().describe("media type of its picture or video"),
  bytes: count,
  width: count,
  height: count,
  reasons: z.array(z.string()).describe("why it was kept: nth, time, reservoir, low, alert"),
}).meta({ id: "CapturedThing" });

/** Pictures and clips that were kept. */
export function captureRoutes({ captures, streams }: CaptureRoutesOptions): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/captures",
      id: "listCaptures",
      tag: TAG,
      summary: "Pictures and clips that were kept, newest first",
      description:
        "A stream's captures outlive the stream. `next` goes into `after` for the next page; with a `reason` a " +
        "page may hold fewer than its limit and not be the last.",
      role: "viewer",
      query: z.strictObject({
        stream: z.string().max(63).optional().describe("only those of this stream"),
        kind: z.enum(["frame", "clip"]).optional().describe("only these"),
        reason: z.enum(CAPTURE_REASONS).optional().describe("only what was kept for this, perhaps among others"),
        from: moment.optional().describe("only from this moment on"),
        to: moment.optional().describe("only those before this moment"),
        after: z.string().max(63).optional().describe("the page behind the one that said so"),
        limit: z.coerce.number().int().min(1).max(500).default(50).describe("most on a page"),
      }),
      answers: {
        200: {
          description: "A page of them",
          schema: z.object({ captures: z.array(captureSchema), next: z.string().optional() }),
        },
      },
      handle: ({ query: { from, to, ...query } }) =>
        captures.list({
          ...query,
          ...(from !== undefined && { fromMs: from }),
          ...(to !== undefined && { toMs: to }),
        }),
    }),
    route({
      method: "POST",
      path: "/api/v1/captures",
      id: "switchCapture",
      tag: TAG,
      summary: "Switch a stream's keeping on or off",
      description: "Its rules stay as they are. The rules themselves are the stream's `capture`.",
      role: "operator",
      body: z.strictObject({
        stream: z.string().min(1).max(63).describe("the stream's name"),
        enabled: z.boolean().describe("whether anything is taken"),
      }).meta({ examples: [{ stream: "gate", enabled: false }] }),
      answers: { 200: { description: "The stream as it stands now", schema: streamSchema } },
      problems: ["not_found", "conflict"],
      async handle({ body: { stream, enabled } }) {
        const { registration: { capture } } = await streams.get(stream);
        if (!capture) {
          throw new ServiceError(
            "conflict",
            `${stream} has no rules for what to keep; give it some: PATCH its capture`,
          );
        }
        return await streams.patch(stream, { capture: { ...capture, enabled } });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/captures/{id}",
      id: "getCapture",
      tag: TAG,
      summary: "All that is known of a capture: result, models and their thresholds, why it was kept",
      role: "viewer",
      params,
      answers: { 200: { description: "The capture's document", schema: z.looseObject({ id: z.string() }) } },
      problems: ["not_found"],
      handle: ({ params: { id } }) => captures.describe(id),
    }),
    route({
      method: "GET",
      path: "/api/v1/captures/{id}/media",
      id: "captureMedia",
      tag: TAG,
      summary: "A capture's picture or video",
      description: "With a `width` it is a JPEG of that width or less: the picture, or the first one of the video.",
      role: "viewer",
      params,
      query: z.strictObject({
        width: z.coerce.number().int().min(16).max(1920).optional().describe("pixels; shown small, as a JPEG"),
      }),
      answers: {
        200: { description: "The picture or video", media: MEDIA },
        206: { description: "The part that was asked for by a `Range`", media: MEDIA },
        416: { description: "There is no such part", media: MEDIA },
      },
      problems: ["not_found", "undecodable", "overloaded"],
      async handle({ params: { id }, query: { width }, request }) {
        if (width !== undefined) return smallResponse(await captures.thumbnail(id, width));
        const media = await captures.media(id);
        return await fileResponse(media, request.headers.get("range"));
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/captures/{id}",
      id: "deleteCapture",
      tag: TAG,
      summary: "Remove a capture",
      role: "operator",
      params,
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found"],
      handle: ({ params: { id } }) => captures.remove(id),
    }),
  ];
}

/** What a name stands for never changes. */
const LASTING = { "cache-control": "private, max-age=86400, immutable" };

function smallResponse(jpeg: Uint8Array<ArrayBuffer>): Response {
  return new Response(jpeg, {
    headers: { "content-type": "image/jpeg", "content-length": `${jpeg.length}`, ...LASTING },
  });
}

/** A file, or the part of it that a player asks for. */
async function fileResponse(
  { path, type, bytes, atMs }: { path: string; type: string; bytes: number; atMs: number },
  range: string | null,
): Promise<Response> {
  const headers = {
    "content-type": type,
    "accept-ranges": "bytes",
    "last-modified": new Date(atMs).toUTCString(),
    ...LASTING,
  };
  const part = range === null ? undefined : partOf(range, bytes);
  if (part === "none") {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes}` } });
  }
  const [from, to] = part ?? [0, bytes - 1];
  const file = await Deno.open(path).catch((cause) => {
    throw new ServiceError("not_found", "The capture is gone", { cause });
  });
  try {
    await file.seek(from, Deno.SeekMode.Start);
  } catch (error) {
    file.close();
    throw error;
  }
  let left = to - from + 1;
  const body = file.readable.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) controller.terminate();
      },
    }),
  );
  return new Response(body, {
    status: part ? 206 : 200,
    headers: {
      ...headers,
      "content-length": `${to - from + 1}`,
      ...(part && { "content-range": `bytes ${from}-${to}/${bytes}` }),
    },
  });
}

/** The first and last byte of a range; undefined where it is to be ignored, `none` where there are no such bytes. */
function partOf(range: string, bytes: number): [number, number] | "none" | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim());
  if (!match || match[1] + match[2] === "") return undefined;
  const [, first, last] = match;
  const from = first === "" ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === "" || last === "" ? bytes - 1 : Math.min(bytes - 1, Number(last));
  return from > to ? "none" : [from, to];
}
