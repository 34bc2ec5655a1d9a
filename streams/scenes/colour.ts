/** A colour as one number, little endian RGBA, opaque. */
export type Packed = number;

/** Red, green and blue, 0–255. */
export type Rgb = readonly [number, number, number];

/**
 * Painted colours stay this far from black and white, so that grain and drift can be added to all three channels of a
 * packed pixel at once without a carry from one to the next.
 */
export const HEADROOM = 24;

/** Packs a colour, kept within the headroom. */
export function pack(rgb: Rgb): Packed {
  const r = clampChannel(rgb[0]), g = clampChannel(rgb[1]), b = clampChannel(rgb[2]);
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}

/** Packs signed differences of the channels, to be added to a packed colour. */
export function packDelta(r: number, g: number, b: number): number {
  return (Math.round(r) + Math.round(g) * 256 + Math.round(b) * 65536) | 0;
}

/** Blends `share` of `b` into `a`. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Multiplies a colour. */
export function scaled(rgb: Rgb, factor: number): Rgb {
  return [rgb[0] * factor, rgb[1] * factor, rgb[2] * factor];
}

/** Hue in degrees, saturation and value 0–1. */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number) => {
    const k = (n + hue / 60) % 6;
    return 255 * value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** How different two colours look, roughly 0–765. */
export function colourDistance(a: Rgb, b: Rgb): number {
  const mean = (a[0] + b[0]) / 2;
  const dr = a[0] - b[0], dg = a[1] - b[1], db = a[2] - b[2];
  return Math.sqrt((2 + mean / 256) * dr * dr + 4 * dg * dg + (2 + (255 - mean) / 256) * db * db);
}

function clampChannel(value: number): number {
  return Math.max(HEADROOM, Math.min(255 - HEADROOM, Math.round(value)));
}
