import type { Rotation } from "./rotation.ts";

/** How a picture as coded is made upright: mirrored left to right first, where it is to be, then turned clockwise. */
export interface Orientation {
  mirrored: boolean;
  rotation: Rotation;
}

/** As it lies. */
export const UPRIGHT: Orientation = { mirrored: false, rotation: 0 };

const EXIF: readonly Orientation[] = [
  UPRIGHT,
  { mirrored: true, rotation: 0 },
  { mirrored: false, rotation: 180 },
  { mirrored: true, rotation: 180 },
  { mirrored: true, rotation: 270 },
  { mirrored: false, rotation: 90 },
  { mirrored: true, rotation: 90 },
  { mirrored: false, rotation: 270 },
];

/** The orientation that EXIF numbers 1 to 8; anything else is upright. */
export function exifOrientation(value: number): Orientation {
  return EXIF[value - 1] ?? UPRIGHT;
}

/** The orientation of a picture that, once upright, still shows the world as in a mirror. */
export function unmirrored({ mirrored, rotation }: Orientation): Orientation {
  return { mirrored: !mirrored, rotation: ((360 - rotation) % 360) as Rotation };
}
