import type { Rect } from "../../src/vision/fit.ts";

/** A tensor of one picture and the part of it that the picture takes. */
export interface PaddedTensor {
  width: number;
  height: number;
  picture: Rect;
  /** One channel after the other, or pixel after pixel. */
  planar: boolean;
  /** The value outside the picture, by channel. */
  pads: ArrayLike<number>;
}

type Samples = Float32Array | Uint16Array | Uint8Array;

/** Fills everything around the picture. */
export function paintPadding(values: Samples, tensor: PaddedTensor): void {
  const { width, height, picture, planar, pads } = tensor;
  if (picture.width === width && picture.height === height) return;
  if (!planar) return around(tensor, (first, end) => paintPixels(values, { first, end, pads }));
  for (let channel = 0; channel < pads.length; channel++) {
    const plane = channel * width * height;
    around(tensor, (first, end) => void values.fill(pads[channel], plane + first, plane + end));
  }
}

/** Names the runs of pixels around the picture. */
function around({ width, height, picture }: PaddedTensor, paint: (first: number, end: number) => void): void {
  const below = picture.y + picture.height;
  if (picture.y > 0) paint(0, picture.y * width);
  if (below < height) paint(below * width, height * width);
  if (picture.width === width) return;
  for (let y = picture.y; y < below; y++) {
    if (picture.x > 0) paint(y * width, y * width + picture.x);
    const right = picture.x + picture.width;
    if (right < width) paint(y * width + right, (y + 1) * width);
  }
}

function paintPixels(values: Samples, run: { first: number; end: number; pads: ArrayLike<number> }): void {
  const { first, end, pads } = run;
  if (pads[0] === pads[1] && pads[1] === pads[2]) return void values.fill(pads[0], first * 3, end * 3);
  for (let index = first * 3; index < end * 3; index += 3) {
    values[index] = pads[0];
    values[index + 1] = pads[1];
    values[index + 2] = pads[2];
  }
}
