import { blend, type Canvas, shade } from "./canvas.ts";
import type { Packed } from "./colour.ts";

/** How the surface of a limb is coloured. */
export interface Surface {
  colour: Packed;
  /** Second colour of the pattern. */
  second?: Packed;
  pattern?: "plain" | "hoops" | "stripes" | "yoke";
}

/** Where the light comes from in the picture, and how dark the far side is (256ths). */
export interface PictureLight {
  x: number;
  y: number;
  depth: number;
}

/** A small picture with coverage, in which one thing is put together before it goes onto the canvas. */
export class Sprite {
  left = 0;
  top = 0;
  #width = 0;
  #height = 0;
  #colours = new Uint32Array(0);
  #coverage = new Uint16Array(0);

  /** Clears the sprite and lays it over the given part of the picture, which may reach beyond the picture's edges. */
  begin(left: number, top: number, right: number, bottom: number): void {
    this.left = Math.floor(left);
    this.top = Math.floor(top);
    this.#width = Math.ceil(right) - this.left + 1;
    this.#height = Math.ceil(bottom) - this.top + 1;
    const size = this.#width * this.#height;
    if (size > this.#colours.length) {
      this.#colours = new Uint32Array(size);
      this.#coverage = new Uint16Array(size);
    } else this.#coverage.fill(0, 0, size);
  }

  /** Draws a tapered capsule, shaded as if round. */
  capsule(
    shape: { x0: number; y0: number; r0: number; x1: number; y1: number; r1: number; softness: number },
    surface: Surface,
    light: PictureLight,
  ): void {
    const { x0, y0, r0, x1, y1, r1, softness } = shape;
    const grow = softness / 2;
    const width = this.#width;
    const fromX = Math.max(0, Math.floor(Math.min(x0 - r0, x1 - r1) - grow) - this.left);
    const toX = Math.min(width - 1, Math.ceil(Math.max(x0 + r0, x1 + r1) + grow) - this.left);
    const fromY = Math.max(0, Math.floor(Math.min(y0 - r0, y1 - r1) - grow) - this.top);
    const toY = Math.min(this.#height - 1, Math.ceil(Math.max(y0 + r0, y1 + r1) + grow) - this.top);
    const vx = x1 - x0, vy = y1 - y0;
    const squared = vx * vx + vy * vy;
    const inverse = squared > 1e-6 ? 1 / squared : 0;
    const most = Math.max(r0, r1) + grow;
    const side = 1 / Math.max(1e-6, Math.sqrt(squared));
    const pattern = surface.pattern ?? "plain";
    const second = surface.second ?? surface.colour;
    const colours = this.#colours, coverage = this.#coverage;
    for (let y = fromY; y <= toY; y++) {
      const dy = y + this.top + 0.5 - y0;
      let at = y * width + fromX;
      for (let x = fromX; x <= toX; x++, at++) {
        const dx = x + this.left + 0.5 - x0;
        let t = (dx * vx + dy * vy) * inverse;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const ex = dx - t * vx, ey = dy - t * vy;
        const away = ex * ex + ey * ey;
        if (away >= most * most) continue;
        const radius = r0 + t * (r1 - r0);
        let cover = (radius + grow - Math.sqrt(away)) / softness;
        if (cover <= 0) continue;
        if (cover > 1) cover = 1;
        let colour = surface.colour;
        if (pattern === "hoops") {
          if ((t * 5) & 1) colour = second;
        } else if (pattern === "stripes") {
          if (Math.abs(ex * vy - ey * vx) * side < radius * 0.45) colour = second;
        } else if (pattern === "yoke") {
          if (t > 0.72) colour = second;
        }
        const facing = (ex * light.x + ey * light.y) / radius;
        const dark = 256 - (((1 - facing) * light.depth) | 0);
        colour = shade(colour, dark > 256 ? 256 : dark);
        const alpha = (cover * 256) | 0;
        const before = coverage[at];
        colours[at] = before === 0 ? colour : blend(colours[at], colour, alpha);
        coverage[at] = before + (((256 - before) * alpha) >> 8);
      }
    }
  }

  /** Adds a capsule to the coverage only, its height squashed by `squash`: the shape of a shadow on the ground. */
  shadow(
    shape: { x0: number; y0: number; r0: number; x1: number; y1: number; r1: number; softness: number },
    squash: number,
  ): void {
    const { x0, r0, x1, r1, softness } = shape;
    const stretch = 1 / squash;
    const y0 = shape.y0 * stretch, y1 = shape.y1 * stretch;
    const grow = softness / 2;
    const width = this.#width;
    const fromX = Math.max(0, Math.floor(Math.min(x0 - r0, x1 - r1) - grow) - this.left);
    const toX = Math.min(width - 1, Math.ceil(Math.max(x0 + r0, x1 + r1) + grow) - this.left);
    const fromY = Math.max(0, Math.floor((Math.min(y0 - r0, y1 - r1) - grow) * squash) - this.top);
    const toY = Math.min(this.#height - 1, Math.ceil((Math.max(y0 + r0, y1 + r1) + grow) * squash) - this.top);
    const vx = x1 - x0, vy = y1 - y0;
    const squared = vx * vx + vy * vy;
    const inverse = squared > 1e-6 ? 1 / squared : 0;
    const most = Math.max(r0, r1) + grow;
    const coverage = this.#coverage;
    for (let y = fromY; y <= toY; y++) {
      const dy = (y + this.top + 0.5) * stretch - y0;
      let at = y * width + fromX;
      for (let x = fromX; x <= toX; x++, at++) {
        const dx = x + this.left + 0.5 - x0;
        let t = (dx * vx + dy * vy) * inverse;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        const ex = dx - t * vx, ey = dy - t * vy;
        const away = ex * ex + ey * ey;
        if (away >= most * most) continue;
        const cover = (r0 + t * (r1 - r0) + grow - Math.sqrt(away)) / softness;
        if (cover <= 0) continue;
        const alpha = cover >= 1 ? 256 : (cover * 256) | 0;
        if (alpha > coverage[at]) coverage[at] = alpha;
      }
    }
  }

  /**
   * Lays the sprite onto the canvas as `owner`, `opacity` 256ths opaque; `areas` counts the pixels each owner shows.
   * Answers the sprite's whole area, seen or not.
   */
  paste(canvas: Canvas, owner: number, areas: Int32Array, opacity = 256): number {
    const { pixels, owners, width, height } = canvas;
    let whole = 0;
    for (let y = 0; y < this.#height; y++) {
      const row = y + this.top;
      const inside = row >= 0 && row < height;
      for (let x = 0, at = y * this.#width; x < this.#width; x++, at++) {
        const alpha = this.#coverage[at];
        if (alpha === 0) continue;
        if (alpha >= 128) whole++;
        const column = x + this.left;
        if (!inside || column < 0 || column >= width) continue;
        const to = row * width + column;
        const strength = (alpha * opacity) >> 8;
        pixels[to] = strength >= 255 ? this.#colours[at] : blend(pixels[to], this.#colours[at], strength);
        if (alpha >= 128) {
          areas[owners[to]]--;
          areas[owner]++;
          owners[to] = owner;
        }
      }
    }
    return whole;
  }

  /** Darkens the canvas under the sprite's coverage by at most `strength` 256ths. */
  darken(canvas: Canvas, strength: number): void {
    const { pixels, width, height } = canvas;
    for (let y = Math.max(0, -this.top); y < this.#height && y + this.top < height; y++) {
      const base = (y + this.top) * width + this.left;
      const end = Math.min(this.#width, width - this.left);
      for (let x = Math.max(0, -this.left); x < end; x++) {
        const alpha = this.#coverage[y * this.#width + x];
        if (alpha > 0) pixels[base + x] = shade(pixels[base + x], 256 - ((alpha * strength) >> 8));
      }
    }
  }
}
