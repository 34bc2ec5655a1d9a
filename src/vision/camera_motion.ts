/** How the picture has moved since the one before: what was at `p` is at `scale × p + (x, y)`. */
export interface CameraShift {
  scale: number;
  x: number;
  y: number;
}

/** What is looked for, in pixels of the small picture. */
const COARSE = 4;
const COARSE_REACH_X = 10;
const COARSE_REACH_Y = 5;
const BLOCK = 16;
const FINE_REACH = 5;
/** A block whose pixels differ less from each other than this, in gray levels, fits everywhere. */
const TEXTURE_MIN = 3;
/** Blocks that agree with the shift to so many pixels speak for it. */
const AGREES_PX = 0.75;
const BLOCKS_MIN = 6;
const AGREEING_MIN = 0.4;
const ROUNDS = 6;

/** Nearest first: once a good place is known, the others are given up early. */
const FINE_OFFSETS = Array.from({ length: (2 * FINE_REACH + 1) ** 2 }, (_, n) => {
  const side = 2 * FINE_REACH + 1;
  return [(n % side) - FINE_REACH, Math.floor(n / side) - FINE_REACH] as const;
}).sort(([ax, ay], [bx, by]) => ax * ax + ay * ay - bx * bx - by * by);

interface Match {
  /** The block's centre in the picture before, and where it is now. */
  from: readonly [x: number, y: number];
  to: readonly [x: number, y: number];
}

/**
 * Tells how a camera has panned and zoomed from one small gray picture to the next: blocks are looked for near where a
 * coarse comparison of the whole says, and most of them must agree, so that what moves by itself does not count.
 */
export class CameraMotion {
  #before: Uint8Array | undefined;
  #coarseBefore: Uint8Array | undefined;

  constructor(readonly width: number, readonly height: number) {}

  /** Folds a picture in; undefined when there is none before it or nothing can be told. */
  push(gray: Uint8Array): CameraShift | undefined {
    const before = this.#before;
    const coarseBefore = this.#coarseBefore;
    const coarse = shrunk(gray, this.width, this.height);
    this.#before = gray;
    this.#coarseBefore = coarse;
    if (!before || !coarseBefore) return undefined;
    const guess = this.#coarseShift(coarseBefore, coarse);
    return fitted(this.#matches(before, gray, guess));
  }

  /** Forgets the picture before. */
  reset(): void {
    this.#before = this.#coarseBefore = undefined;
  }

  /** The whole pixels by which all of it has moved, to the nearest `COARSE`. */
  #coarseShift(before: Uint8Array, after: Uint8Array): [x: number, y: number] {
    const [width, height] = [Math.floor(this.width / COARSE), Math.floor(this.height / COARSE)];
    const reachX = Math.min(COARSE_REACH_X, width >> 2);
    const reachY = Math.min(COARSE_REACH_Y, height >> 2);
    let [bestX, bestY, least] = [0, 0, Infinity];
    for (let dy = -reachY; dy <= reachY; dy++) {
      for (let dx = -reachX; dx <= reachX; dx++) {
        let sum = 0;
        let count = 0;
        for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
          for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
            sum += Math.abs(before[y * width + x] - after[(y + dy) * width + x + dx]);
            count++;
          }
        }
        // Of shifts that fit alike the smallest is the likeliest.
        const mean = sum / count + 0.01 * (Math.abs(dx) + Math.abs(dy));
        if (mean < least) [bestX, bestY, least] = [dx, dy, mean];
      }
    }
    return [bestX * COARSE, bestY * COARSE];
  }

  #matches(before: Uint8Array, after: Uint8Array, guess: readonly [x: number, y: number]): Match[] {
    const matches: Match[] = [];
    for (let top = 2; top + BLOCK <= this.height - 2; top += BLOCK + 4) {
      for (let left = 2; left + BLOCK <= this.width - 2; left += BLOCK + 4) {
        if (this.#texture(before, left, top) < TEXTURE_MIN) continue;
        const shift = this.#blockShift(before, after, { left, top, guess });
        if (!shift) continue;
        const from = [left + BLOCK / 2, top + BLOCK / 2] as const;
        matches.push({ from, to: [from[0] + shift[0], from[1] + shift[1]] });
      }
    }
    return matches;
  }

  /** Mean difference from the mean along both directions, whichever is less: an edge alone slides along itself. */
  #texture(gray: Uint8Array, left: number, top: number): number {
    let across = 0;
    let down = 0;
    for (let y = top; y < top + BLOCK; y++) {
      for (let x = left; x < left + BLOCK; x++) {
        const at = y * this.width + x;
        across += Math.abs(gray[at] - gray[at + 1]);
        down += Math.abs(gray[at] - gray[at + this.width]);
      }
    }
    return Math.min(across, down) / (BLOCK * BLOCK);
  }

  #blockShift(
    before: Uint8Array,
    after: Uint8Array,
    { left, top, guess }: { left: number; top: number; guess: readonly [number, number] },
  ): [number, number] | undefined {
    const cost = (dx: number, dy: number, enough = Infinity) =>
      this.#difference(before, after, { left, top, dx, dy, enough });
    let [bestX, bestY, least] = [0, 0, Infinity];
    for (const [offX, offY] of FINE_OFFSETS) {
      const [dx, dy] = [guess[0] + offX, guess[1] + offY];
      const sum = cost(dx, dy, least);
      if (sum < least) [bestX, bestY, least] = [dx, dy, sum];
    }
    // At the rim of what was looked at, the true place may lie beyond it.
    if (Math.abs(bestX - guess[0]) === FINE_REACH || Math.abs(bestY - guess[1]) === FINE_REACH) return undefined;
    const x = between(cost(bestX - 1, bestY), least, cost(bestX + 1, bestY));
    const y = between(cost(bestX, bestY - 1), least, cost(bestX, bestY + 1));
    return x === undefined || y === undefined ? undefined : [bestX + x, bestY + y];
  }

  #difference(
    before: Uint8Array,
    after: Uint8Array,
    { left, top, dx, dy, enough }: { left: number; top: number; dx: number; dy: number; enough: number },
  ): number {
    const { width, height } = this;
    if (left + dx < 0 || top + dy < 0 || left + dx + BLOCK > width || top + dy + BLOCK > height) return Infinity;
    let sum = 0;
    for (let y = top; y < top + BLOCK && sum < enough; y++) {
      const row = y * width;
      const other = (y + dy) * width + dx;
      for (let x = left; x < left + BLOCK; x++) sum += Math.abs(before[row + x] - after[other + x]);
    }
    return sum;
  }
}

/** Where between three neighbouring costs the least is: the tip of the V through them. Undefined at the picture's rim. */
function between(before: number, least: number, after: number): number | undefined {
  if (!Number.isFinite(before) || !Number.isFinite(after)) return undefined;
  const depth = Math.max(before, after) - least;
  return depth === 0 ? 0 : (before - after) / (2 * depth);
}

/** The shift and scale on which most matches agree. */
function fitted(matches: readonly Match[]): CameraShift | undefined {
  if (matches.length < BLOCKS_MIN) return undefined;
  let shift: CameraShift = {
    scale: 1,
    x: median(matches.map(({ from, to }) => to[0] - from[0])),
    y: median(matches.map(({ from, to }) => to[1] - from[1])),
  };
  let agreeing: Match[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Zoom moves the outer blocks away from the median: it is let in from round to round.
    const bound = AGREES_PX * Math.max(1, ROUNDS / 2 - round);
    agreeing = matches.filter((match) => distance(match, shift) <= bound);
    if (agreeing.length < BLOCKS_MIN) return undefined;
    shift = leastSquares(agreeing);
  }
  return agreeing.length >= AGREEING_MIN * matches.length ? shift : undefined;
}

function distance({ from, to }: Match, { scale, x, y }: CameraShift): number {
  return Math.hypot(scale * from[0] + x - to[0], scale * from[1] + y - to[1]);
}

function leastSquares(matches: readonly Match[]): CameraShift {
  const mean = (pick: (match: Match) => number) =>
    matches.reduce((sum, match) => sum + pick(match), 0) / matches.length;
  const [fromX, fromY] = [mean(({ from }) => from[0]), mean(({ from }) => from[1])];
  const [toX, toY] = [mean(({ to }) => to[0]), mean(({ to }) => to[1])];
  let [shared, own] = [0, 0];
  for (const { from, to } of matches) {
    const [x, y] = [from[0] - fromX, from[1] - fromY];
    shared += x * (to[0] - toX) + y * (to[1] - toY);
    own += x * x + y * y;
  }
  const scale = own === 0 ? 1 : shared / own;
  return { scale, x: toX - scale * fromX, y: toY - scale * fromY };
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}

/** A quarter of the size, each pixel the mean of those it stands for. */
function shrunk(gray: Uint8Array, width: number, height: number): Uint8Array {
  const [columns, rows] = [Math.floor(width / COARSE), Math.floor(height / COARSE)];
  const small = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = 0; y < COARSE; y++) {
        const at = (row * COARSE + y) * width + column * COARSE;
        for (let x = 0; x < COARSE; x++) sum += gray[at + x];
      }
      small[row * columns + column] = sum / (COARSE * COARSE);
    }
  }
  return small;
}
