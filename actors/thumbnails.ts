import type { FrameInfo, Picture } from "../src/core/frame.ts";
import { SourceError } from "../src/core/source.ts";
import { runFrames } from "../streams/av/frames.ts";
import { ImageError } from "../streams/av/image_error.ts";
import { readImageHeader } from "../streams/av/image_header.ts";
import { openInput } from "../streams/av/input.ts";
import { encodeJpeg } from "../streams/av/jpeg.ts";
import { UndecodableError } from "../streams/av/picture.ts";
import { StillDecoder } from "../streams/av/still_decoder.ts";

/** A picture or a video of this machine, and how wide it is to be shown. */
export interface ThumbnailQuestion {
  path: string;
  kind: "image" | "video";
  width: number;
}

/** It, small, as a JPEG; or why there is none. */
export type ThumbnailAnswer = { jpeg: Uint8Array<ArrayBuffer> } | { refused: string };

/** What is kept was let in by stricter bounds. */
const LIMITS = { maxPixels: 100e6, maxWidth: 16_384, maxHeight: 16_384 };
const QUALITY = 75;
const TIMEOUT_MS = 5000;
const INFO: FrameInfo = { stream: "", epoch: 1, seq: 1, ptsUs: 0, arrivedAtMs: 0 };

/** A picture, or the first one of a video, at the width that is asked for and no wider than it is. */
export async function thumbnail(question: ThumbnailQuestion, signal: AbortSignal): Promise<ThumbnailAnswer> {
  const { path, kind } = question;
  try {
    const jpeg = kind === "image" ? await ofImage(question) : await ofVideo(question, signal);
    return jpeg ? { jpeg: jpeg as Uint8Array<ArrayBuffer> } : { refused: `${path} shows nothing` };
  } catch (error) {
    signal.throwIfAborted();
    const told = [ImageError, UndecodableError, SourceError, Deno.errors.NotFound];
    if (told.some((kind) => error instanceof kind)) return { refused: (error as Error).message };
    throw error;
  }
}

async function ofImage({ path, width }: ThumbnailQuestion): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path);
  const header = readImageHeader(bytes, LIMITS);
  using decoder = new StillDecoder(LIMITS.maxPixels);
  using picture = decoder.picture({ bytes, header, orientation: header.orientation, released() {} });
  return small(picture, width);
}

async function ofVideo({ path, width }: ThumbnailQuestion, signal: AbortSignal): Promise<Uint8Array | undefined> {
  let first: Uint8Array | undefined;
  const enough = new AbortController();
  await using input = await openInput({
    url: `file:${path}`,
    format: "mov",
    openTimeoutMs: TIMEOUT_MS,
    readTimeoutMs: TIMEOUT_MS,
    protocolWhitelist: "file",
  }, signal);
  await runFrames(input, {
    opened() {},
    arrived: () => ({ info: INFO, decode: true }),
    decoded(_info, picture) {
      using own = picture;
      first ??= small(own, width);
      enough.abort();
    },
    lost() {},
  }, AbortSignal.any([signal, enough.signal]));
  return first;
}

function small(picture: Picture, width: number): Uint8Array {
  return encodeJpeg(picture, { width: Math.min(width, picture.width), quality: QUALITY });
}
