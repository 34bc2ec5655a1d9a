import { pack, type Packed } from "./colour.ts";

/** Blends `alpha` 256ths of colour `over` into pixel `under`, all channels in two multiplications. */
export function blend(under: Packed, over: Packed, alpha: number): Packed {
  const rest = 256 - alpha;
  const rb = ((Math.imul(over & 0xff00ff, alpha) + Math.imul(under & 0xff00ff, rest)) >>> 8) & 0xff00ff;
  const g = ((Math.imul((over >>> 8) & 0xff, alpha) + Math.imul((under >>> 8) & 0xff, rest)) >>> 8) & 0xff;
  return (0xff000000 | rb | (g << 8)) >>> 0;
}

/** Takes a colour towards the darkest one that leaves headroom; 256 leaves it as it is, 0 is darkest. */
export function shade(colour: Packed, factor: number): Packed {
  return blend(DARKEST, colour, factor);
}

const DARKEST = pack([0, 0, 0]);

/** A picture of packed pixels, and beside it who owns each pixel (0: nobody). */
export class Canvas {
  readonly pixels: Uint32Array<ArrayBuffer>;
  readonly owners: Uint8Array;

  constructor(readonly width: number, readonly height: number) {
    this.pixels = new Uint32Array(width * height);
    this.owners = new Uint8Array(width * height);
  }

  /**
   * Fills the quadrangle of two edges (a0→a1, b0→b1), smooth by coverage over `softness` pixels; right for strips
   * thinner than a pixel too.
   */
  strip(
    corners: readonly [number, number, number, number, number, number, number, number],
    colour: Packed,
    options: { alpha: number; softness: number },
  ): void {
    const [ax0, ay0, ax1, ay1, bx0, by0, bx1, by1] = corners;
    const soft = options.softness;
    const grow = soft / 2 + 0.5;
    const top = Math.max(0, Math.ceil(Math.min(ay0, ay1, by0, by1) - grow));
    const bottom = Math.min(this.height - 1, Math.floor(Math.max(ay0, ay1, by0, by1) + grow));
    if (top > bottom) return;
    const edges = [ax0, ay0, ax1, ay1, bx1, by1, bx0, by0];
    const area = (ax1 - ax0) * (by0 - ay0) - (ay1 - ay0) * (bx0 - ax0) +
      (bx0 - bx1) * (ay1 - by1) - (by0 - by1) * (ax1 - bx1);
    const sign = area >= 0 ? 1 : -1;
    const slopeX = this.#slopeX, slopeY = this.#slopeY, offset = this.#offset;
    for (let i = 0; i < 4; i++) {
      const x0 = edges[i * 2], y0 = edges[i * 2 + 1];
      const x1 = edges[(i * 2 + 2) % 8], y1 = edges[(i * 2 + 3) % 8];
      const length = Math.hypot(x1 - x0, y1 - y0);
      if (length < 1e-6) {
        slopeX[i] = slopeY[i] = 0;
        offset[i] = 1e3;
        continue;
      }
      slopeX[i] = (-sign * (y1 - y0)) / length / soft;
      slopeY[i] = (sign * (x1 - x0)) / length / soft;
      offset[i] = 0.5 - slopeX[i] * x0 - slopeY[i] * y0;
    }
    const { pixels, width } = this;
    for (let y = top; y <= bottom; y++) {
      const py = y + 0.5;
      let left = 0, right = width - 1;
      for (let i = 0; i < 4; i++) {
        const rest = slopeY[i] * py + offset[i];
        if (slopeX[i] > 1e-9) left = Math.max(left, Math.ceil(-rest / slopeX[i] - 0.5));
        else if (slopeX[i] < -1e-9) right = Math.min(right, Math.floor(-rest / slopeX[i] - 0.5));
        else if (rest <= 0) right = -1;
      }
      let at = y * width + left;
      for (let x = left; x <= right; x++, at++) {
        const px = x + 0.5;
        const c0 = Math.min(1, slopeX[0] * px + slopeY[0] * py + offset[0]);
        const c1 = Math.min(1, slopeX[1] * px + slopeY[1] * py + offset[1]);
        const c2 = Math.min(1, slopeX[2] * px + slopeY[2] * py + offset[2]);
        const c3 = Math.min(1, slopeX[3] * px + slopeY[3] * py + offset[3]);
        const across = c0 + c2 - 1, along = c1 + c3 - 1;
        if (across > 0 && along > 0) {
          pixels[at] = blend(pixels[at], colour, (across * along * options.alpha * 256) | 0);
        }
      }
    }
  }

  /** Draws a straight line of the given width between two points. */
  line(
    x0: number,
    y0: number,
    x1: number,
    y1: number,
    pen: { colour: Packed; width: number; alpha: number; softness: number },
  ): void {
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length < 1e-6) return;
    const nx = (-(y1 - y0) / length) * (pen.width / 2), ny = ((x1 - x0) / length) * (pen.width / 2);
    this.strip([x0 + nx, y0 + ny, x1 + nx, y1 + ny, x0 - nx, y0 - ny, x1 - nx, y1 - ny], pen.colour, pen);
  }

  /** Adds grain and a colour offset to every pixel: `grain` holds packed differences, a row starts anywhere in it. */
  addGrain(grain: Int32Array, drift: number, startOf: (row: number) => number): void {
    const { pixels, width, height } = this;
    for (let y = 0, at = 0; y < height; y++) {
      let from = startOf(y);
      for (const end = at + width; at < end; at++, from++) pixels[at] = pixels[at] + grain[from] + drift;
    }
  }

  #slopeX = new Float64Array(4);
  #slopeY = new Float64Array(4);
  #offset = new Float64Array(4);
}
