/** How a {@link Background} tells what moves. */
export interface BackgroundOptions {
  /** Gray levels by which a pixel must differ, beyond its usual noise. */
  threshold: number;
  /** How fast what stays becomes background. */
  adaptMs: number;
}

/** What does not move is learned so much faster than what does: whoever stops stays visible for a while. */
const MOVING_SLOWER = 5;
/** Noise beyond so many times the usual is more than noise. */
const NOISE_TIMES = 3;
const NOISE_MAX = 24;
/** Of the eight pixels around, so many must have changed too: noise is lonely. */
const COMPANY = 2;

/**
 * The picture without what moves, learned from small gray pictures, and where a new one differs from it. A change of
 * light that hits everything alike is no motion.
 */
export class Background {
  #mean: Float32Array | undefined;
  #noise: Float32Array;
  #raw: Uint8Array;
  #changed: Uint8Array;
  #differences: Int32Array;

  constructor(readonly width: number, readonly height: number, private readonly options: BackgroundOptions) {
    const size = width * height;
    this.#noise = new Float32Array(size);
    this.#raw = new Uint8Array(size);
    this.#changed = new Uint8Array(size);
    this.#differences = new Int32Array(511);
  }

  /**
   * Folds a picture in. Answers a 1 for each pixel that differs; it is overwritten by the next call. Pixels whose
   * `watched` is 0 never differ. Undefined for the first picture, which has nothing to differ from.
   */
  push(gray: Uint8Array, watched: Uint8Array, elapsedMs: number): Uint8Array | undefined {
    if (!this.#mean) {
      this.#mean = Float32Array.from(gray);
      return undefined;
    }
    const mean = this.#mean;
    const light = this.#commonShift(gray, watched);
    const { threshold, adaptMs } = this.options;
    const learn = 1 - Math.exp(-elapsedMs / adaptMs);
    for (let index = 0; index < gray.length; index++) {
      const off = gray[index] - mean[index];
      const difference = Math.abs(off - light);
      const bound = Math.max(threshold, threshold / 2 + NOISE_TIMES * this.#noise[index]);
      const raw = watched[index] !== 0 && difference > bound;
      this.#raw[index] = raw ? 1 : 0;
      const rate = raw ? learn / MOVING_SLOWER : learn;
      mean[index] += off * rate;
      // A flicker that is always there (a screen, leaves) becomes noise; somebody who walks by does not.
      this.#noise[index] += (Math.min(NOISE_MAX, difference) - this.#noise[index]) * rate;
    }
    this.#clean();
    return this.#changed;
  }

  /** What differs now is the new background. */
  accept(gray: Uint8Array): void {
    this.#mean?.set(gray);
  }

  /** Forgets all. */
  reset(): void {
    this.#mean = undefined;
    this.#noise.fill(0);
  }

  /** The median of all differences: what happened to everything alike. */
  #commonShift(gray: Uint8Array, watched: Uint8Array): number {
    const mean = this.#mean!;
    const counts = this.#differences.fill(0);
    let total = 0;
    for (let index = 0; index < gray.length; index++) {
      if (watched[index] === 0) continue;
      counts[Math.round(gray[index] - mean[index]) + 255]++;
      total++;
    }
    let seen = 0;
    for (let level = 0; level < counts.length; level++) {
      seen += counts[level];
      if (seen * 2 > total) return level - 255;
    }
    return 0;
  }

  #clean(): void {
    const { width, height } = this;
    const raw = this.#raw;
    for (let y = 0, index = 0; y < height; y++) {
      for (let x = 0; x < width; x++, index++) {
        if (raw[index] === 0) {
          this.#changed[index] = 0;
          continue;
        }
        let company = -1;
        for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
          for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
            company += raw[row * width + column];
          }
        }
        this.#changed[index] = company >= COMPANY ? 1 : 0;
      }
    }
  }
}
