import type { Random } from "./random.ts";

/** A square of random values in [−1, 1); `size` is a power of two. */
export function noiseGrid(size: number, random: Random): Float32Array {
  return Float32Array.from({ length: size * size }, () => random.next() * 2 - 1);
}

/** Bilinear value noise over a grid that repeats every `period` cells (default: the whole grid). */
export function smoothNoise(grid: Float32Array, size: number, x: number, y: number, period = size): number {
  const fx = Math.floor(x), fy = Math.floor(y);
  const tx = x - fx, ty = y - fy;
  const mask = period - 1;
  const x0 = fx & mask, x1 = (fx + 1) & mask;
  const row0 = (fy & mask) * size, row1 = ((fy + 1) & mask) * size;
  const top = grid[row0 + x0] + (grid[row0 + x1] - grid[row0 + x0]) * tx;
  const bottom = grid[row1 + x0] + (grid[row1 + x1] - grid[row1 + x0]) * tx;
  return top + (bottom - top) * ty;
}
