import { ImageError } from "./image_error.ts";
import type { ImageHeader } from "./image_header.ts";
import { UPRIGHT } from "./orientation.ts";

const FILE_HEADER_BYTES = 14;
/** The first header, of OS/2, and those of Windows since. */
const CORE_BYTES = 12;
const INFO_BYTES: ReadonlySet<number> = new Set([40, 52, 56, 64, 108, 124]);
/** Plain pixels, and plain pixels whose bits the header deals out. */
const PLAIN: ReadonlySet<number> = new Set([0, 3, 6]);
const DEPTHS: ReadonlySet<number> = new Set([1, 4, 8, 16, 24, 32]);
/** Writers fill up to whole words at the end. */
const SPARE_BYTES = 16;

/** What a BMP says of itself. Its pixels are not packed, so what it holds must be as long as it says. */
export function readBmpHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < FILE_HEADER_BYTES + CORE_BYTES) throw truncated();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begins = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const core = headerBytes === CORE_BYTES;
  if (!core && !INFO_BYTES.has(headerBytes)) {
    throw new ImageError("unsupported", `Cannot take a BMP with a header of ${headerBytes} bytes`);
  }
  if (FILE_HEADER_BYTES + headerBytes > bytes.length) throw truncated();
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  // Rows go upwards; a height below zero turns them round.
  const height = Math.abs(core ? view.getUint16(20, true) : view.getInt32(22, true));
  const depth = view.getUint16(core ? 24 : 28, true);
  const packing = core ? 0 : view.getUint32(30, true);
  if (width < 0 || !DEPTHS.has(depth)) {
    throw new ImageError("invalid", "Cannot take a BMP whose header makes no sense");
  }
  if (!PLAIN.has(packing)) throw new ImageError("unsupported", "Cannot take a BMP whose pixels are packed");
  if (begins < FILE_HEADER_BYTES + headerBytes) {
    throw new ImageError("invalid", "Cannot take a BMP whose pixels begin within its header");
  }
  const end = begins + Math.ceil((width * depth) / 32) * 4 * height;
  if (bytes.length < end) throw truncated();
  if (bytes.length > Math.max(end, view.getUint32(2, true)) + SPARE_BYTES) {
    throw new ImageError("invalid", "Cannot take a BMP with something else behind it");
  }
  return { codec: "bmp", width, height, orientation: UPRIGHT };
}

function truncated(): ImageError {
  return new ImageError("truncated", "Cannot take a BMP that is cut short");
}
