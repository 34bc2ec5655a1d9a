import { z } from "zod";
import type { EncodedPicture, PictureService, StreamService } from "../core/services.ts";
import { type Route, route } from "./route.ts";

/** What the routes of pictures stand on. */
export interface PictureRoutesOptions {
  pictures: PictureService;
  streams: StreamService;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

const TAG = "pictures";
const BOUNDARY = "weir";
const DEFAULT_FPS = 10;

const params = z.strictObject({ id: z.string().min(1).max(63).describe("the stream's name") });

const picture = z.strictObject({
  overlay: z.enum(["0", "1", "false", "true"]).default("0").transform((value) => value === "1" || value === "true")
    .describe("1 draws the results on it"),
  width: z.coerce.number().int().min(16).max(7680).optional().describe(
    "scaled down to so many pixels, height in proportion; never up",
  ),
  quality: z.coerce.number().int().min(1).max(100).default(80).describe("of the JPEG: 1 is small, 100 is faithful"),
});

/** Pictures of streams: one, or as they come. */
export function pictureRoutes({ pictures, streams, signal: serverStops }: PictureRoutesOptions): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/streams/{id}/frame.jpg",
      id: "streamFrame",
      tag: TAG,
      summary: "The picture of the stream's next result",
      description:
        "When none comes within 2 seconds, the latest that was encoded in this form, with `Weir-Stale: 1`. " +
        "`Weir-Epoch` and `Weir-Seq` name the result that it belongs to.",
      role: "viewer",
      params,
      query: picture,
      answers: { 200: { description: "The picture", media: "image/jpeg" } },
      problems: ["not_found", "too_many", "unavailable"],
      async handle({ params: { id }, query, signal }) {
        await streams.get(id);
        const encoded = await pictures.picture(id, query, signal);
        return new Response(encoded.jpeg as Uint8Array<ArrayBuffer>, {
          headers: {
            "content-type": "image/jpeg",
            "content-length": `${encoded.jpeg.length}`,
            "cache-control": "no-store",
            "last-modified": new Date(encoded.atMs).toUTCString(),
            ...frameHeaders(encoded),
            ...(encoded.stale && { "weir-stale": "1" }),
          },
        });
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/streams/{id}/live.mjpeg",
      id: "streamLive",
      tag: TAG,
      summary: "The stream's pictures as they come",
      description:
        "For an `<img>`. A client that reads slowly gets fewer pictures, never older ones. It ends when the " +
        "stream is removed.",
      role: "viewer",
      kind: "stream",
      params,
      query: picture.extend({
        fps: z.coerce.number().min(0.1).max(60).default(DEFAULT_FPS).describe("at most so many pictures a second"),
      }),
      answers: { 200: { description: "JPEGs, one after the other", media: `multipart/x-mixed-replace` } },
      problems: ["not_found", "too_many"],
      async handle({ params: { id }, query, signal }) {
        await streams.get(id);
        const body = liveBody({
          watch: (next, ended) => pictures.watch(id, query, next, ended),
          signal: AbortSignal.any([signal, serverStops]),
        });
        return new Response(body, {
          headers: {
            "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
            "cache-control": "no-store",
            "x-accel-buffering": "no",
          },
        });
      },
    }),
  ];
}

/** A watch as a body: it holds one picture, the newest, until the client has room. */
function liveBody({ watch, signal }: {
  watch(next: (picture: EncodedPicture) => void, ended: () => void): Disposable;
  signal: AbortSignal;
}): ReadableStream<Uint8Array<ArrayBuffer>> {
  let newest: EncodedPicture | undefined;
  let over = signal.aborted;
  let wake: (() => void) | undefined;
  const wakeUp = () => {
    wake?.();
    wake = undefined;
  };
  const end = () => {
    over = true;
    newest = undefined;
    signal.removeEventListener("abort", end);
    watching[Symbol.dispose]();
    wakeUp();
  };
  // Before there is a body: what cannot be watched is a problem, not an answer that breaks off.
  const watching = watch((picture) => {
    newest = picture;
    wakeUp();
  }, end);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  let begun = false;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      while (!newest && !over) await new Promise<void>((resolve) => wake = resolve);
      if (!newest) return controller.close();
      const encoded = newest;
      newest = undefined;
      controller.enqueue(partOf(encoded, begun));
      begun = true;
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

const encoder = new TextEncoder();

/** The boundary comes right after its picture: browsers show nothing before they see it. */
function partOf(encoded: EncodedPicture, begun: boolean): Uint8Array<ArrayBuffer> {
  const { jpeg } = encoded;
  const headers = { "content-type": "image/jpeg", "content-length": `${jpeg.length}`, ...frameHeaders(encoded) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = encoder.encode(`${begun ? "" : `--${BOUNDARY}\r\n`}${lines}\r\n`);
  const tail = encoder.encode(`\r\n--${BOUNDARY}\r\n`);
  const part = new Uint8Array(head.length + jpeg.length + tail.length);
  part.set(head);
  part.set(jpeg, head.length);
  part.set(tail, head.length + jpeg.length);
  return part;
}

function frameHeaders({ epoch, seq, pts }: EncodedPicture): Record<string, string> {
  return { "weir-epoch": `${epoch}`, "weir-seq": `${seq}`, "weir-pts": `${pts}` };
}
