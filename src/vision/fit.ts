import type { InputSpec } from "../core/model.ts";
import type { Box } from "../core/results.ts";

/** A rectangle in whole pixels. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which part of the source goes where in a model's input. */
export interface Placement {
  source: Rect;
  target: Rect;
  sourceWidth: number;
  sourceHeight: number;
  /** The part of the source that was laid in, where it is not all of it: what lies outside was not seen. */
  region?: Rect;
}

/** Lays a picture of the given size into a model's input, exact to the pixel. */
export function place(
  spec: Pick<InputSpec, "width" | "height" | "fit" | "resize">,
  width: number,
  height: number,
): Placement {
  const whole = { x: 0, y: 0, width, height };
  const size = { sourceWidth: width, sourceHeight: height };
  if (spec.fit === "stretch") {
    return { source: whole, target: { x: 0, y: 0, width: spec.width, height: spec.height }, ...size };
  }
  if (spec.fit === "crop") {
    const scale = (spec.resize ?? Math.max(spec.width, spec.height)) / Math.min(width, height);
    const cutWidth = Math.min(width, Math.round(spec.width / scale));
    const cutHeight = Math.min(height, Math.round(spec.height / scale));
    const x = Math.round((width - cutWidth) / 2);
    const y = Math.round((height - cutHeight) / 2);
    return {
      source: { x, y, width: cutWidth, height: cutHeight },
      target: { x: 0, y: 0, width: spec.width, height: spec.height },
      ...size,
    };
  }
  const scale = Math.min(spec.width / width, spec.height / height);
  const fitWidth = Math.max(1, Math.min(spec.width, Math.round(width * scale)));
  const fitHeight = Math.max(1, Math.min(spec.height, Math.round(height * scale)));
  const centred = spec.fit === "letterbox";
  // Half a pixel of odd padding goes right and below, as the exporters' own letterbox does it.
  const x = centred ? Math.round((spec.width - fitWidth) / 2 - 0.1) : 0;
  const y = centred ? Math.round((spec.height - fitHeight) / 2 - 0.1) : 0;
  return { source: whole, target: { x, y, width: fitWidth, height: fitHeight }, ...size };
}

/** The same for a part of a picture; what is read from the model's input maps back to the whole picture's pixels. */
export function placeRegion(
  spec: Pick<InputSpec, "width" | "height" | "fit" | "resize">,
  picture: { width: number; height: number },
  region: Rect,
): Placement {
  const { source, target } = place(spec, region.width, region.height);
  return {
    source: { ...source, x: source.x + region.x, y: source.y + region.y },
    target,
    sourceWidth: picture.width,
    sourceHeight: picture.height,
    region,
  };
}

/** Maps a point of the model's input back to source pixels. */
export function unplacePoint(placement: Placement, x: number, y: number): [number, number] {
  const { source, target } = placement;
  return [
    source.x + ((x - target.x) * source.width) / target.width,
    source.y + ((y - target.y) * source.height) / target.height,
  ];
}

/** Maps a box given by its corners in the model's input back to source pixels, cut where what was laid in ends. */
export function unplaceBox(placement: Placement, corners: [number, number, number, number]): Box {
  const [x0, y0] = unplacePoint(placement, corners[0], corners[1]);
  const [x1, y1] = unplacePoint(placement, corners[2], corners[3]);
  const { x, y, width, height } = placement.region ??
    { x: 0, y: 0, width: placement.sourceWidth, height: placement.sourceHeight };
  const left = Math.min(Math.max(x0, x), x + width);
  const top = Math.min(Math.max(y0, y), y + height);
  const right = Math.min(Math.max(x1, x), x + width);
  const bottom = Math.min(Math.max(y1, y), y + height);
  return [left, top, right - left, bottom - top];
}
