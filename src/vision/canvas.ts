import type { Font } from "./font.ts";
import type { Colour } from "./palette.ts";

/** A point in pixels; whole numbers lie on corners of pixels, not on their centres. */
export type Point = readonly [x: number, y: number];

/** How a line looks. */
export interface Stroke {
  colour: Colour;
  /** In pixels. */
  thickness: number;
  /** From 0 to 1. Default 1. */
  alpha?: number;
}

/** Draws on a packed RGB24 picture, in place. Everything is cut at the picture's edges. */
export class Canvas {
  constructor(readonly rgb: Uint8Array, readonly width: number, readonly height: number) {
    const needed = width * height * 3;
    if (rgb.length < needed) {
      throw new RangeError(`Cannot draw ${width}×${height} pixels on ${rgb.length} bytes: ${needed} are needed`);
    }
  }

  /** Fills a rectangle; at each corner a step of `cut` pixels is left out. */
  fillRect(rect: { x: number; y: number; width: number; height: number }, colour: Colour, { alpha = 1, cut = 0 } = {}) {
    const left = Math.round(rect.x);
    const right = Math.round(rect.x + rect.width);
    const top = Math.round(rect.y);
    const bottom = Math.round(rect.y + rect.height);
    for (let y = Math.max(0, top); y < Math.min(this.height, bottom); y++) {
      const indent = Math.max(0, cut - Math.min(y - top, bottom - 1 - y));
      this.#span(y, left + indent, right - indent, colour, alpha);
    }
  }

  /** Draws a rectangle's outline, the stroke inside of it. */
  strokeRect(rect: { x: number; y: number; width: number; height: number }, { colour, thickness, alpha = 1 }: Stroke) {
    const left = Math.round(rect.x);
    const right = Math.round(rect.x + rect.width);
    const top = Math.round(rect.y);
    const bottom = Math.round(rect.y + rect.height);
    const thick = Math.max(1, Math.round(thickness));
    for (let y = Math.max(0, top); y < Math.min(this.height, bottom); y++) {
      if (y - top < thick || bottom - 1 - y < thick || right - left <= 2 * thick) {
        this.#span(y, left, right, colour, alpha);
      } else {
        this.#span(y, left, left + thick, colour, alpha);
        this.#span(y, right - thick, right, colour, alpha);
      }
    }
  }

  /** Draws a line through the points, with soft edges and round joints. */
  strokeLine(points: readonly Point[], stroke: Stroke): void {
    for (let index = 1; index < points.length; index++) this.#segment(points[index - 1], points[index], stroke);
  }

  /** Fills a disc, with a soft edge. */
  fillDisc([cx, cy]: Point, radius: number, colour: Colour, { alpha = 1 } = {}): void {
    if (!Number.isFinite(cx + cy + radius)) return;
    const reach = radius + 0.5;
    const right = Math.min(this.width - 1, Math.floor(cx + reach));
    const bottom = Math.min(this.height - 1, Math.floor(cy + reach));
    for (let y = Math.max(0, Math.floor(cy - reach)); y <= bottom; y++) {
      for (let x = Math.max(0, Math.floor(cx - reach)); x <= right; x++) {
        const dx = x + 0.5 - cx;
        const dy = y + 0.5 - cy;
        this.#blend(x, y, colour, alpha * (reach - Math.sqrt(dx * dx + dy * dy)));
      }
    }
  }

  /** Fills a polygon, even-odd. */
  fillPolygon(points: readonly Point[], colour: Colour, options: { alpha?: number } = {}): void {
    this.fillRings([points.flat()], colour, options);
  }

  /** Fills what an odd number of closed rings encloses; each ring is flat, `[x0, y0, x1, y1, …]`. */
  fillRings(rings: readonly (readonly number[])[], colour: Colour, { alpha = 1 } = {}): void {
    if (!rings.every((ring) => ring.every(Number.isFinite))) return;
    let top = Infinity;
    let bottom = -Infinity;
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i += 2) {
        top = Math.min(top, ring[i]);
        bottom = Math.max(bottom, ring[i]);
      }
    }
    const last = Math.min(this.height - 1, Math.floor(bottom));
    for (let y = Math.max(0, Math.floor(top)); y <= last; y++) {
      const middle = y + 0.5;
      const crossings: number[] = [];
      for (const ring of rings) {
        for (let i = 0, before = ring.length - 2; i < ring.length; before = i, i += 2) {
          const y0 = ring[before + 1];
          const y1 = ring[i + 1];
          if ((y0 <= middle) === (y1 <= middle)) continue;
          crossings.push(ring[before] + ((middle - y0) / (y1 - y0)) * (ring[i] - ring[before]));
        }
      }
      crossings.sort((a, b) => a - b);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        this.#span(y, Math.round(crossings[pair]), Math.round(crossings[pair + 1]), colour, alpha);
      }
    }
  }

  /** Writes a text, its top left corner given. */
  text([left, top]: Point, text: string, { font, colour }: { font: Font; colour: Colour }): void {
    let penX = Math.round(left);
    const penY = Math.round(top);
    for (const character of text) {
      if (penX >= this.width) return;
      const { width, rows, ink } = font.glyph(character);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < width; x++) {
          if (ink[y * width + x]) this.#blend(penX + x, penY + y, colour, 1);
        }
      }
      penX += width + font.scale;
    }
  }

  /** Mixes colour into a run of pixels, `right` not included. */
  #span(y: number, left: number, right: number, [red, green, blue]: Colour, alpha: number): void {
    const { rgb, width } = this;
    const end = (y * width + Math.min(width, right)) * 3;
    let at = (y * width + Math.max(0, left)) * 3;
    if (alpha >= 1) {
      for (; at < end; at += 3) {
        rgb[at] = red;
        rgb[at + 1] = green;
        rgb[at + 2] = blue;
      }
      return;
    }
    const share = Math.round(Math.max(0, alpha) * 256);
    const rest = 256 - share;
    for (; at < end; at += 3) {
      rgb[at] = (rgb[at] * rest + red * share) >> 8;
      rgb[at + 1] = (rgb[at + 1] * rest + green * share) >> 8;
      rgb[at + 2] = (rgb[at + 2] * rest + blue * share) >> 8;
    }
  }

  #blend(x: number, y: number, colour: Colour, alpha: number): void {
    if (alpha <= 0 || x < 0 || x >= this.width || y < 0 || y >= this.height) return;
    this.#span(y, x, x + 1, colour, alpha);
  }

  /** One line, walked along its longer axis: what it costs is its length times its thickness. */
  #segment([x0, y0]: Point, [x1, y1]: Point, { colour, thickness, alpha = 1 }: Stroke): void {
    if (!Number.isFinite(x0 + y0 + x1 + y1)) return;
    const steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
    const [from, to] = steep ? [[y0, x0], [y1, x1]] : [[x0, y0], [x1, y1]];
    const [[a0, b0], [a1, b1]] = from[0] <= to[0] ? [from, to] : [to, from];
    const slope = a1 === a0 ? 0 : (b1 - b0) / (a1 - a0);
    // Across a slanted line, pixels of a column lie closer to its axis than they are apart from it.
    const lean = 1 / Math.sqrt(1 + slope * slope);
    const reach = thickness / 2 + 0.5;
    const limit = steep ? this.height : this.width;
    const last = Math.min(limit - 1, Math.ceil(a1 - 0.5) - (a1 > a0 ? 1 : 0));
    for (let a = Math.max(0, Math.ceil(a0 - 0.5)); a <= last; a++) {
      const axis = b0 + slope * (a + 0.5 - a0);
      const across = Math.floor(axis + reach / lean);
      for (let b = Math.ceil(axis - reach / lean - 1); b <= across; b++) {
        const coverage = Math.min(1, reach - Math.abs(b + 0.5 - axis) * lean);
        if (steep) this.#blend(b, a, colour, alpha * coverage);
        else this.#blend(a, b, colour, alpha * coverage);
      }
    }
  }
}
