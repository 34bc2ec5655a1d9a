import type { Placement } from "../src/vision/fit.ts";
import type { ImageHeader } from "../streams/av/image_header.ts";
import type { Preparer } from "../streams/av/preparer.ts";
import type { StillDecoder } from "../streams/av/still_decoder.ts";

/** Where a still image lies in a model's input, and what it took to put it there. */
export interface PreparedStill {
  placement: Placement;
  frame: { width: number; height: number };
  decodeMs: number;
  prepareMs: number;
}

/** Writes an image into `buffer` in the form of the model's input; its picture lives no longer than this takes. */
export function prepareStill(
  { bytes, header }: { bytes: Uint8Array; header: ImageHeader },
  { decoder, preparer, buffer }: { decoder: StillDecoder; preparer: Preparer; buffer: ArrayBuffer },
): PreparedStill {
  const { orientation } = header;
  using picture = decoder.picture({ bytes, header, orientation, released() {} });
  const beganMs = performance.now();
  const placement = preparer.prepare(picture, buffer);
  const { width, height, decodeMs } = picture;
  return { placement, frame: { width, height }, decodeMs, prepareMs: performance.now() - beganMs - decodeMs };
}
