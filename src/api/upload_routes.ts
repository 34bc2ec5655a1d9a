import { z } from "zod";
import type { ClipUpload, UploadService } from "../core/uploads.ts";
import { multipart } from "./multipart.ts";
import { Problem } from "./problem.ts";
import { type Route, route } from "./route.ts";

/** What the routes of clips stand on. */
export interface UploadRoutesOptions {
  uploads: UploadService;
  /** Largest clip. */
  clipBytes: number;
}

const TAG = "uploads";
const FORM = "multipart/form-data";
const BYTES = "application/octet-stream";
/** What stands around the clip in a form. */
const FRAME_BYTES = 64 * 1024;

const clipSchema = z.object({
  name: z.string().describe("the file's name, by which it is shown and removed"),
  bytes: z.int().min(0),
  uploadedAt: z.iso.datetime(),
  source: z.object({ kind: z.literal("file"), path: z.string() }).describe("what plays it, for a registration"),
  users: z.array(z.string()).describe("the streams that play it; while there are some, it stays"),
}).meta({ id: "Upload" });

const uploadedSchema = clipSchema.extend({
  video: z.object({
    codec: z.string().describe("by FFmpeg's name"),
    width: z.int(),
    height: z.int(),
    fps: z.number().optional(),
    durationMs: z.number().optional(),
  }).describe("what was found in it"),
}).meta({ id: "Uploaded" });

const params = z.strictObject({ name: z.string().min(1).max(255).describe("the clip's name") });
const query = z.strictObject({
  name: z.string().min(1).max(255).optional().describe("what a clip without a form is to be called; default clip"),
});

/** Clips that are sent to the server, to be played as files. */
export function uploadRoutes({ uploads, clipBytes }: UploadRoutesOptions): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/uploads",
      id: "uploadClip",
      tag: TAG,
      summary: "Send a clip to be played as a file",
      description:
        "A form with the clip as `file`, or the clip itself. FFmpeg says what it is, whatever its name or type say. Its " +
        "name is made safe and its own; the answer's `source` goes into a registration. Clips that no stream plays go " +
        "after `uploads.keepHours`, or when there is more than `uploads.keepBytes`, the oldest first.",
      role: "operator",
      query,
      body: {
        media: [FORM, "video/*", BYTES],
        maxBytes: clipBytes + FRAME_BYTES,
        schema: z.object({ file: z.file() }),
      },
      answers: { 201: { description: "The clip, and what plays it", schema: uploadedSchema } },
      problems: ["invalid", "overloaded", "unavailable"],
      async handle({ query, request, signal }) {
        await using upload = await received(request, { uploads, name: query.name ?? "clip" });
        const clip = await upload.finish(signal);
        const location = `/api/v1/uploads/${encodeURIComponent(clip.name)}`;
        return Response.json(clip, { status: 201, headers: { location } });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/uploads",
      id: "listUploads",
      tag: TAG,
      summary: "The clips that were sent",
      role: "operator",
      answers: { 200: { description: "The newest first", schema: z.object({ uploads: z.array(clipSchema) }) } },
      problems: ["unavailable"],
      handle: async () => ({ uploads: await uploads.list() }),
    }),
    route({
      method: "GET",
      path: "/api/v1/uploads/{name}",
      id: "getUpload",
      tag: TAG,
      summary: "One of them",
      role: "operator",
      params,
      answers: { 200: { description: "The clip", schema: clipSchema } },
      problems: ["not_found", "unavailable"],
      handle: ({ params: { name } }) => uploads.get(name),
    }),
    route({
      method: "DELETE",
      path: "/api/v1/uploads/{name}",
      id: "deleteUpload",
      tag: TAG,
      summary: "Remove a clip",
      description: "Refused while a stream plays it.",
      role: "operator",
      params,
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "conflict", "unavailable"],
      handle: ({ params: { name } }) => uploads.remove(name),
    }),
  ];
}

/** The clip of a request, on the disk; it goes unless it is finished. */
async function received(
  request: Request,
  { uploads, name }: { uploads: UploadService; name: string },
): Promise<ClipUpload> {
  if (!request.body) throw misfit("file", "is missing");
  await using stack = new AsyncDisposableStack();
  let upload: ClipUpload | undefined;
  const take = async (called: string, body: AsyncIterable<Uint8Array>) => {
    upload = stack.use(await uploads.receive(called));
    for await (const piece of body) await upload.write(piece);
  };
  const type = request.headers.get("content-type")!;
  if (!type.toLowerCase().startsWith(FORM)) await take(name, request.body);
  else {
    for await (const part of multipart(request.body, type)) {
      if (part.name !== "file") throw misfit(part.name.slice(0, 80), "is not known here");
      if (upload) throw misfit("file", "is there twice; one clip is taken at a time");
      await take(part.filename || name, part.body);
    }
  }
  if (!upload) throw misfit("file", "is missing");
  stack.move();
  return upload;
}

function misfit(path: string, message: string): Problem {
  return new Problem("invalid", "The form does not fit", { faults: [{ path, message }] });
}
