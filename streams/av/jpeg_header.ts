import { orientationInNamed } from "./exif.ts";
import { ImageError } from "./image_error.ts";
import type { ImageHeader } from "./image_header.ts";
import { type Orientation, UPRIGHT } from "./orientation.ts";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
/** Baseline, extended and progressive with Huffman codes: what cameras and browsers make. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
// A progressive picture is painted over once for each scan, and an empty one takes but a few bytes.
const SCANS_MAX = 32;

/** What a JPEG says of itself. It is walked to its end, since a decoder would, too: a later header is as good as the first. */
export function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const word = (at: number) => (bytes[at] << 8) | bytes[at + 1];
  let size: { width: number; height: number } | undefined;
  let orientation: Orientation | undefined;
  let scans = 0;
  let at = 2;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw new ImageError("truncated", "Cannot take a JPEG without its end");
    const marker = bytes[at + 1];
    // Filling bytes, stuffed bytes of a scan and restart markers.
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    if (marker === SOI) throw new ImageError("invalid", "Cannot take a JPEG with another one inside");
    if (marker === EOI) break;
    const length = word(at + 2);
    if (!(length >= 2) || at + 2 + length > bytes.length) {
      throw new ImageError("truncated", "Cannot take a JPEG that is cut short");
    }
    if (isFrame(marker)) {
      if (!FRAMES.has(marker)) {
        throw new ImageError(
          "unsupported",
          "Cannot take a JPEG that is lossless, hierarchical or coded arithmetically",
        );
      }
      if (size) throw new ImageError("invalid", "Cannot take a JPEG with two sizes");
      if (length < 8) throw new ImageError("invalid", "Cannot take a JPEG whose header is too short");
      size = { height: word(at + 5), width: word(at + 7) };
    } else if (marker === SOS) {
      if (!size) throw new ImageError("invalid", "Cannot take a JPEG that begins before it says its size");
      if (++scans > SCANS_MAX) throw new ImageError("too_large", `Cannot take a JPEG of more than ${SCANS_MAX} scans`);
    } else if (marker === APP1) orientation ??= orientationInNamed(bytes.subarray(at + 4, at + 2 + length));
    at += 2 + length;
  }
  if (!size || scans === 0) throw new ImageError("invalid", "Cannot take a JPEG without a picture");
  return { codec: "mjpeg", ...size, orientation: orientation ?? UPRIGHT };
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
