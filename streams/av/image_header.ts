import { readBmpHeader } from "./bmp_header.ts";
import { readGifHeader } from "./gif_header.ts";
import { ImageError } from "./image_error.ts";
import { readJpegHeader } from "./jpeg_header.ts";
import { readPngHeader } from "./png_header.ts";
import type { Orientation } from "./orientation.ts";
import { readWebpHeader } from "./webp_header.ts";

/** FFmpeg's names of the kinds of images that are taken. */
export type ImageCodec = "mjpeg" | "png" | "webp" | "bmp" | "gif";

/** What an image says of itself, read without decoding it. */
export interface ImageHeader {
  codec: ImageCodec;
  /** As coded. */
  width: number;
  height: number;
  orientation: Orientation;
}

/** The most an image may be. */
export interface ImageLimits {
  maxPixels: number;
  maxWidth: number;
  maxHeight: number;
}

/** Reads what a whole JPEG, PNG, WebP, BMP or GIF says of itself; throws an {@link ImageError} when it is not worth decoding. */
export function readImageHeader(bytes: Uint8Array, limits: ImageLimits): ImageHeader {
  const header = read(bytes);
  const { width, height } = header;
  if (width === 0 || height === 0) throw new ImageError("invalid", "Cannot take an image without a size");
  const { maxPixels, maxWidth, maxHeight } = limits;
  if (width > maxWidth || height > maxHeight || width * height > maxPixels) {
    const most = `at most ${maxWidth}x${maxHeight} and ${maxPixels} pixels`;
    throw new ImageError("too_large", `Cannot take an image of ${width}x${height}: ${most}`);
  }
  return header;
}

function read(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new ImageError("truncated", "Cannot take an image of no bytes");
  if (starts(bytes, [0xff, 0xd8, 0xff])) return readJpegHeader(bytes);
  if (starts(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return readPngHeader(bytes);
  if (starts(bytes, [0x52, 0x49, 0x46, 0x46]) && starts(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50])) {
    return readWebpHeader(bytes);
  }
  if (starts(bytes, [0x42, 0x4d])) return readBmpHeader(bytes);
  // GIF87a and GIF89a.
  if (starts(bytes, [0x47, 0x49, 0x46, 0x38]) && (bytes[4] === 0x37 || bytes[4] === 0x39) && bytes[5] === 0x61) {
    return readGifHeader(bytes);
  }
  throw new ImageError("unsupported", "Cannot take these bytes for an image: they are no JPEG, PNG, WebP, BMP or GIF");
}

function starts(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
