import { ImageError } from "./image_error.ts";
import type { ImageHeader } from "./image_header.ts";
import { UPRIGHT } from "./orientation.ts";

const SCREEN_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const IMAGE_BYTES = 10;
const TABLE_FLAG = 0x80;

/** What a GIF says of itself. It is walked to its end, block by block; only its first picture is ever decoded. */
export function readGifHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < SCREEN_BYTES) throw truncated();
  const word = (at: number) => bytes[at] | (bytes[at + 1] << 8);
  const size = { width: word(6), height: word(8) };
  let pictures = 0;
  let at = SCREEN_BYTES + tableBytes(bytes[10]);
  for (;;) {
    if (at >= bytes.length) throw truncated();
    const block = bytes[at];
    if (block === TRAILER) break;
    if (block === EXTENSION) at = pastParts(bytes, at + 2);
    else if (block === IMAGE) {
      if (at + IMAGE_BYTES >= bytes.length) throw truncated();
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => word(at + offset));
      if (width === 0 || height === 0 || left + width > size.width || top + height > size.height) {
        throw new ImageError("invalid", "Cannot take a GIF with a picture that does not lie within it");
      }
      pictures++;
      // One byte after the picture's own table says how its numbers are packed.
      at = pastParts(bytes, at + IMAGE_BYTES + tableBytes(bytes[at + 9]) + 1);
    } else throw new ImageError("invalid", "Cannot take a GIF with a block that is none of a GIF's");
  }
  if (pictures === 0) throw new ImageError("invalid", "Cannot take a GIF without a picture");
  if (at + 1 < bytes.length) throw new ImageError("invalid", "Cannot take a GIF with something else behind it");
  return { codec: "gif", ...size, orientation: UPRIGHT };
}

function tableBytes(flags: number): number {
  return flags & TABLE_FLAG ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where the parts of a block end, each of which begins with its length. */
function pastParts(bytes: Uint8Array, at: number): number {
  for (;;) {
    if (at >= bytes.length) throw truncated();
    const length = bytes[at];
    at += 1 + length;
    if (length === 0) return at;
  }
}

function truncated(): ImageError {
  return new ImageError("truncated", "Cannot take a GIF that is cut short");
}
