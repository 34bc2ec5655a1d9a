import { orientationIn } from "./exif.ts";
import { ImageError } from "./image_error.ts";
import type { ImageHeader } from "./image_header.ts";
import { type Orientation, UPRIGHT } from "./orientation.ts";

const SIGNATURE_BYTES = 8;
/** Chunks of text and colour profiles are compressed a thousand times at best, and decoders unpack them. */
const PACKED: ReadonlySet<string> = new Set(["zTXt", "iTXt", "iCCP"]);
const PACKED_BYTES_MAX = 64 * 1024;
/** Chunks of animations. */
const ANIMATION: ReadonlySet<string> = new Set(["acTL", "fcTL", "fdAT"]);

/** What a PNG says of itself. */
export function readPngHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: { width: number; height: number } | undefined;
  let orientation: Orientation | undefined;
  let picture = false;
  let packedBytes = 0;
  for (let at = SIGNATURE_BYTES;;) {
    if (at + 12 > bytes.length) throw new ImageError("truncated", "Cannot take a PNG without its end");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) throw new ImageError("truncated", "Cannot take a PNG that is cut short");
    if ((type === "IHDR") !== (at === SIGNATURE_BYTES)) {
      throw new ImageError("invalid", "Cannot take a PNG that does not begin with its one header");
    }
    if (type === "IEND") break;
    if (type === "IHDR") {
      if (length !== 13) {
        throw new ImageError("invalid", "Cannot take a PNG whose header has another length than it has");
      }
      size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    } else if (type === "IDAT") picture = true;
    else if (type === "eXIf") orientation ??= orientationIn(bytes.subarray(at + 8, at + 8 + length));
    else if (ANIMATION.has(type)) {
      throw new ImageError("animated", "Cannot take an animated PNG: one image is one frame");
    } else if (PACKED.has(type) && (packedBytes += length) > PACKED_BYTES_MAX) {
      throw new ImageError("too_large", `Cannot take a PNG with more than ${PACKED_BYTES_MAX} bytes of packed notes`);
    }
    at += 12 + length;
  }
  if (!size || !picture) throw new ImageError("invalid", "Cannot take a PNG without a picture");
  return { codec: "png", ...size, orientation: orientation ?? UPRIGHT };
}
