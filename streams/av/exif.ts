import { exifOrientation, type Orientation } from "./orientation.ts";

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/** The orientation in EXIF data, which begin as a TIFF does; undefined when they say nothing of it. */
export function orientationIn(tiff: Uint8Array): Orientation | undefined {
  if (tiff.length < 8) return undefined;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * ENTRY_BYTES;
    if (at + ENTRY_BYTES > tiff.length) return undefined;
    if (view.getUint16(at, little) !== ORIENTATION_TAG) continue;
    return view.getUint16(at + 2, little) === SHORT ? exifOrientation(view.getUint16(at + 8, little)) : undefined;
  }
  return undefined;
}

/** The same of data that begin with the name that they have in a JPEG. */
export function orientationInNamed(segment: Uint8Array): Orientation | undefined {
  const named = String.fromCharCode(...segment.subarray(0, 6)) === "Exif\0\0";
  return named ? orientationIn(segment.subarray(6)) : undefined;
}
