import { AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24 } from "node-av/constants";
import { Buffer } from "node:buffer";
import type { PixelOptions } from "../../src/core/frame.ts";
import { OVERRUN, paddedStride, scaleRegion } from "./region.ts";
import { type Planes, Scaler } from "./scaler.ts";

// Requests repeat their sizes; a context costs more to make than to use.
const scaler = new Scaler(8);

/** Copies pixels out of planes: packed rows, of a region, at a size. */
export function readPixels(planes: Planes, options: PixelOptions): Uint8Array {
  const rect = options.region ?? { x: 0, y: 0, width: planes.width, height: planes.height };
  const inside = rect.x >= 0 && rect.y >= 0 && rect.width > 0 && rect.height > 0 &&
    rect.x + rect.width <= planes.width && rect.y + rect.height <= planes.height;
  const width = options.width ?? rect.width;
  const height = options.height ?? rect.height;
  if (!inside || ![rect.x, rect.y, rect.width, rect.height].every(Number.isInteger)) {
    throw new RangeError(
      `Cannot read the region ${rect.x},${rect.y} ${rect.width}x${rect.height} of a picture of ` +
        `${planes.width}x${planes.height}: it is not made of whole pixels inside`,
    );
  }
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`Cannot scale a picture to ${width}x${height}`);
  }
  const gray = options.format === "gray";
  const row = width * (gray ? 1 : 3);
  const stride = paddedStride(row);
  const bytes = Buffer.from(new ArrayBuffer(stride * height + OVERRUN));
  scaleRegion(scaler, planes, rect, {
    data: [bytes],
    strides: [stride],
    width,
    height,
    format: gray ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24,
    fullRange: gray,
  });
  if (stride === row) return new Uint8Array(bytes.buffer, 0, row * height);
  const packed = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) packed.set(bytes.subarray(y * stride, y * stride + row), y * row);
  return packed;
}
