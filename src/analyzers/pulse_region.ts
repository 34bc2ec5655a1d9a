import type { Box } from "../core/results.ts";

/** Where in a picture pixels are read: whole pixels, even, inside. */
export interface PixelRegion {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What of a face's box is looked at: without hair, ears and what is behind, but with forehead and cheeks. */
const INNER = { left: 0.18, top: 0.12, width: 0.64, height: 0.72 };
/** How fast the region follows a box, seconds. */
const FOLLOW_S = 0.4;
/** A region keeps its size until the face's differs by as much. */
const KEEP = 0.15;

/**
 * Follows a face's box smoothly: a box that trembles from frame to frame would put its trembling into the colours. The size
 * changes rarely and in one go, for the sake of scalers that are made for one size.
 */
export class PulseRegion {
  #box?: Box;
  #width = 0;
  #height = 0;
  #time?: number;

  /** The region after `time` seconds, and how far the face went meanwhile, in its own sizes. */
  push(box: Box, time: number): { moved: number } {
    const { centreX, centreY } = centre(box);
    if (!this.#box || this.#time === undefined) {
      this.#box = [...box];
      this.#time = time;
      this.#resize();
      return { moved: 0 };
    }
    const share = 1 - Math.exp(-Math.max(0, time - this.#time) / FOLLOW_S);
    this.#time = time;
    const before = centre(this.#box);
    // A face that is elsewhere altogether is not followed through the background.
    const far = Math.hypot(centreX - before.centreX, centreY - before.centreY) > Math.max(box[2], box[3]) * 0.5;
    this.#box = far ? [...box] : this.#box.map((side, i) => side + (box[i] - side) * share) as Box;
    const off = (size: number, kept: number) => Math.abs(size - kept) > KEEP * kept;
    if (off(this.#box[2] * INNER.width, this.#width) || off(this.#box[3] * INNER.height, this.#height)) this.#resize();
    const after = centre(this.#box);
    const way = Math.hypot(after.centreX - before.centreX, after.centreY - before.centreY);
    return { moved: way / Math.max(1, Math.hypot(box[2], box[3]) / Math.SQRT2) };
  }

  /** The pixels to read in a picture of this size; undefined when the face is outside or too small. */
  within(width: number, height: number): PixelRegion | undefined {
    if (!this.#box) return undefined;
    const wide = Math.min(this.#width, even(width)), high = Math.min(this.#height, even(height));
    if (wide < 8 || high < 8) return undefined;
    const [left, top, boxWidth, boxHeight] = this.#box;
    const x = left + boxWidth * (INNER.left + INNER.width / 2) - wide / 2;
    const y = top + boxHeight * (INNER.top + INNER.height / 2) - high / 2;
    // Most of the face outside the picture is no face to look at.
    if (x < -wide / 3 || y < -high / 3 || x > width - wide * 0.67 || y > height - high * 0.67) return undefined;
    return {
      x: Math.min(Math.max(0, even(x)), even(width - wide)),
      y: Math.min(Math.max(0, even(y)), even(height - high)),
      width: wide,
      height: high,
    };
  }

  #resize(): void {
    this.#width = Math.max(2, even(this.#box![2] * INNER.width));
    this.#height = Math.max(2, even(this.#box![3] * INNER.height));
  }
}

function centre([x, y, width, height]: Box): { centreX: number; centreY: number } {
  return { centreX: x + width / 2, centreY: y + height / 2 };
}

/** Chroma lies on every second pixel; a region that begins between two costs a conversion more. */
function even(value: number): number {
  return Math.floor(value / 2) * 2;
}
