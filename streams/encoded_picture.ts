import type { Picture } from "../src/core/frame.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { drawResult, type Trail } from "../src/vision/draw.ts";
import { scaledOutputs } from "../src/vision/scaled_outputs.ts";
import { encodeJpeg } from "./av/jpeg.ts";
import { pictureFromPixels } from "./av/picture.ts";

/** How a frame's picture is to look. */
export interface PictureForm {
  width: number;
  /** 1 (small) to 100 (faithful). */
  quality: number;
  /** Whether its results are drawn on it. */
  overlay: boolean;
  /** In source pixels. */
  trails?: readonly Trail[];
}

/** The picture of a frame as a JPEG, with its results drawn on it where they are asked for. The picture stays the caller's. */
export function encodedPicture(
  picture: Picture,
  outputs: ResultEnvelope["outputs"],
  { width, quality, overlay, trails = [] }: PictureForm,
): { jpeg: Uint8Array; width: number; height: number } {
  const height = Math.max(1, Math.round((picture.height * width) / picture.width));
  if (!overlay) return { jpeg: encodeJpeg(picture, { width, quality }), width, height };
  // Drawn at the size that is asked for: lines and letters stay sharp, and as wide as they should be.
  const rgb = picture.pixels({ format: "rgb", width, height });
  const [x, y] = [width / picture.width, height / picture.height];
  drawResult(rgb, { width, height }, scaledOutputs(outputs, x, y), { trails: scaledTrails(trails, x, y) });
  using drawn = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
  return { jpeg: encodeJpeg(drawn, { quality }), width, height };
}

function scaledTrails(trails: readonly Trail[], x: number, y: number): Trail[] {
  return trails.map(({ track, points }) => ({ track, points: points.map(([px, py]) => [px * x, py * y]) }));
}
