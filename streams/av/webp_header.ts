import { orientationIn, orientationInNamed } from "./exif.ts";
import { ImageError } from "./image_error.ts";
import type { ImageHeader } from "./image_header.ts";
import { type Orientation, UPRIGHT } from "./orientation.ts";

interface Size {
  width: number;
  height: number;
}

const RIFF_BYTES = 12;
const ANIMATED_FLAG = 2;

/** What a WebP says of itself: lossy, lossless or extended. */
export function readWebpHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length < RIFF_BYTES ? Infinity : view.getUint32(4, true) + 8;
  if (end > bytes.length) throw new ImageError("truncated", "Cannot take a WebP that is cut short");
  let canvas: Size | undefined;
  let picture: Size | undefined;
  let orientation: Orientation | undefined;
  for (let at = RIFF_BYTES; at + 8 <= end;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (at + 8 + length > end) throw new ImageError("truncated", "Cannot take a WebP that is cut short");
    if (type === "ANIM" || type === "ANMF") throw animated();
    if (type === "VP8X") {
      if (canvas || picture) throw new ImageError("invalid", "Cannot take a WebP with two headers");
      canvas = canvasSize(body);
    } else if (type === "VP8 " || type === "VP8L") {
      if (picture) throw new ImageError("invalid", "Cannot take a WebP with two pictures");
      picture = type === "VP8 " ? lossySize(body) : losslessSize(body);
    } else if (type === "EXIF") orientation ??= orientationInNamed(body) ?? orientationIn(body);
    at += 8 + length + (length & 1);
  }
  if (!picture) throw new ImageError("invalid", "Cannot take a WebP without a picture");
  if (canvas && (canvas.width !== picture.width || canvas.height !== picture.height)) {
    throw new ImageError("invalid", "Cannot take a WebP whose picture has another size than it says");
  }
  return { codec: "webp", ...picture, orientation: orientation ?? UPRIGHT };
}

function canvasSize(body: Uint8Array): Size {
  if (body.length < 10) throw short();
  if (body[0] & ANIMATED_FLAG) throw animated();
  const triple = (at: number) => body[at] | (body[at + 1] << 8) | (body[at + 2] << 16);
  return { width: triple(4) + 1, height: triple(7) + 1 };
}

function lossySize(body: Uint8Array): Size {
  if (body.length < 10) throw short();
  if (body[0] & 1 || body[3] !== 0x9d || body[4] !== 0x01 || body[5] !== 0x2a) {
    throw new ImageError("invalid", "Cannot take a WebP that does not begin with a key frame");
  }
  return { width: (body[6] | (body[7] << 8)) & 0x3fff, height: (body[8] | (body[9] << 8)) & 0x3fff };
}

function losslessSize(body: Uint8Array): Size {
  if (body.length < 5) throw short();
  if (body[0] !== 0x2f) throw new ImageError("invalid", "Cannot take a lossless WebP without its signature");
  const bits = (body[1] | (body[2] << 8) | (body[3] << 16) | (body[4] << 24)) >>> 0;
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function animated(): ImageError {
  return new ImageError("animated", "Cannot take an animated WebP: one image is one frame");
}

function short(): ImageError {
  return new ImageError("truncated", "Cannot take a WebP whose header is cut short");
}
