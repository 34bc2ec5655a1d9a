/** What is skin in a small picture of a face, and its mean colour. */
export interface SkinColour {
  rgb: [red: number, green: number, blue: number];
  /** How much of the picture is skin, 0 to 1. */
  share: number;
  /** How much of the skin has a channel at its end. */
  clipped: number;
}

/** Pixels all of whose channels are below or above say nothing of blood. */
const FLOOR = 75, CEILING = 230;
/** A channel at its end. */
const LOWEST = 4, HIGHEST = 250;
/** Where the chroma of skin lies, of any tone and in most light (blue and red differences, 0–255). */
const CB: Range = [72, 133], CR: Range = [130, 185];
/** Within this of the face's own chroma a pixel is skin; beyond twice that, not at all. */
const NEAR = 9;
/** How fast the face's own chroma is learnt, as a share of each frame. */
const LEARN = 0.05;

type Range = readonly [low: number, high: number];

/**
 * Tells skin from hair, eyes, lips and what is behind a face, by chroma: first by what all skin has in common, then by what
 * this face has. Weights fade over the border, so that noise does not switch pixels on and off.
 */
export class SkinMask {
  #cb?: number;
  #cr?: number;

  /** The skin in packed RGB pixels; with `all`, everything counts, as when a finger covers the lens. */
  push(pixels: Uint8Array, { all = false, weights }: { all?: boolean; weights?: Float32Array } = {}): SkinColour {
    if (!all) this.#learn(pixels);
    const known = this.#cb !== undefined;
    const [ownCb, ownCr] = [this.#cb ?? 0, this.#cr ?? 0];
    let red = 0, green = 0, blue = 0, sum = 0, ends = 0;
    const count = pixels.length / 3;
    for (let at = 0, i = 0; at < pixels.length; at += 3, i++) {
      const r = pixels[at], g = pixels[at + 1], b = pixels[at + 2];
      let weight = 1;
      if (!all) {
        const most = Math.max(r, g, b), least = Math.min(r, g, b);
        if (!known || most <= FLOOR || least >= CEILING) weight = 0;
        else {
          const away = Math.max(Math.abs(blueness(r, g, b) - ownCb), Math.abs(redness(r, g, b) - ownCr)) / NEAR;
          weight = away <= 1 ? 1 : away >= 2 ? 0 : 2 - away;
        }
      }
      if (weights) weights[i] = weight;
      if (weight === 0) continue;
      red += weight * r;
      green += weight * g;
      blue += weight * b;
      sum += weight;
      if (Math.max(r, g, b) >= HIGHEST || Math.min(r, g, b) <= LOWEST) ends += weight;
    }
    const rgb: SkinColour["rgb"] = sum > 0 ? [red / sum, green / sum, blue / sum] : [0, 0, 0];
    return { rgb, share: sum / count, clipped: sum > 0 ? ends / sum : 0 };
  }

  /** Forgets whose skin it was. */
  reset(): void {
    this.#cb = this.#cr = undefined;
  }

  #learn(pixels: Uint8Array): void {
    const cbs = new Uint32Array(256), crs = new Uint32Array(256);
    let count = 0;
    for (let at = 0; at < pixels.length; at += 3) {
      const r = pixels[at], g = pixels[at + 1], b = pixels[at + 2];
      const cb = blueness(r, g, b), cr = redness(r, g, b);
      if (Math.max(r, g, b) <= FLOOR || cb < CB[0] || cb > CB[1] || cr < CR[0] || cr > CR[1]) continue;
      cbs[cb | 0]++;
      crs[cr | 0]++;
      count++;
    }
    if (count < pixels.length / 3 / 20) return;
    const cb = median(cbs, count), cr = median(crs, count);
    this.#cb = this.#cb === undefined ? cb : this.#cb + (cb - this.#cb) * LEARN;
    this.#cr = this.#cr === undefined ? cr : this.#cr + (cr - this.#cr) * LEARN;
  }
}

function blueness(r: number, g: number, b: number): number {
  return 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
}

function redness(r: number, g: number, b: number): number {
  return 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
}

function median(histogram: Uint32Array, count: number): number {
  let level = 0;
  for (let seen = histogram[0]; seen * 2 < count; seen += histogram[level]) level++;
  return level;
}
