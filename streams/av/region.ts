import { AV_PIX_FMT_GBRP } from "node-av/constants";
import type { Rect } from "../../src/vision/fit.ts";
import { type PixelGeometry, pixelGeometry } from "./pixel_format.ts";
import type { Planes, Scaler } from "./scaler.ts";

/** A rectangle of planes, without copying; undefined where the format's chroma grid does not let it be cut there. */
export function cutPlanes(planes: Planes, rect: Rect): Planes | undefined {
  const geometry = pixelGeometry(planes.format);
  if (!geometry || planes.data.length < geometry.steps.length) return undefined;
  const { chromaX, chromaY, steps } = geometry;
  if (rect.x % (1 << chromaX) !== 0 || rect.y % (1 << chromaY) !== 0) return undefined;
  const data = steps.map((step, plane) => {
    const shift = plane === 1 || plane === 2;
    const x = shift ? rect.x >> chromaX : rect.x;
    const y = shift ? rect.y >> chromaY : rect.y;
    return planes.data[plane].subarray(y * planes.strides[plane] + x * step);
  });
  return { ...planes, data, width: rect.width, height: rect.height };
}

/** Scales a rectangle of `source` into `target`, exact to the pixel whatever the source's chroma grid is. */
export function scaleRegion(scaler: Scaler, source: Planes, rect: Rect, target: Planes): void {
  const whole = rect.x === 0 && rect.y === 0 && rect.width === source.width && rect.height === source.height;
  const cut = whole ? source : cutPlanes(source, rect);
  if (cut) return scaler.scale(cut, target);
  // The cut goes through a chroma sample: only after upsampling are there whole pixels to cut at.
  const geometry = pixelGeometry(source.format);
  const outer = geometry && onChromaGrid(rect, geometry);
  const wider = (outer && cutPlanes(source, outer)) ?? source;
  const full = upsampled(scaler, wider);
  scaler.scale(wider, full);
  const inner = wider === source ? rect : { ...rect, x: rect.x - outer!.x, y: rect.y - outer!.y };
  scaler.scale(cutPlanes(full, inner)!, target);
}

/** The smallest rectangle around another that begins on a chroma sample. */
function onChromaGrid(rect: Rect, { chromaX, chromaY }: PixelGeometry): Rect {
  const x = (rect.x >> chromaX) << chromaX;
  const y = (rect.y >> chromaY) << chromaY;
  return { x, y, width: rect.width + rect.x - x, height: rect.height + rect.y - y };
}

function upsampled(scaler: Scaler, { width, height }: Planes): Planes {
  const stride = paddedStride(width);
  const bytes = scaler.scratch("upsampled", stride * height * 3 + OVERRUN);
  const data = [0, 1, 2].map((plane) => bytes.subarray(plane * stride * height));
  return { data, strides: [stride, stride, stride], width, height, format: AV_PIX_FMT_GBRP };
}

/** Bytes that vector code may write past the end of the last row. */
export const OVERRUN = 64;

/** A row length at which vector code stays inside the row. */
export function paddedStride(bytes: number): number {
  return Math.ceil(bytes / OVERRUN) * OVERRUN;
}
