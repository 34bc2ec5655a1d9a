import type { Placement } from "../../src/vision/fit.ts";

/** A mask that is written as lengths of runs, the first of them outside. */
export function bitsOf(runs: string): Uint8Array {
  const lengths = runs.split(" ").map(Number);
  const bits = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  lengths.forEach((length, i) => bits.fill(i % 2, at, at += length));
  return bits;
}

/** Which of `side` by `side` points of a model's input lie inside an outline that is given in source pixels. */
export function pointsInside(
  rings: readonly (readonly number[])[],
  { placement: { source, target }, size, side }: { placement: Placement; size: number; side: number },
): Uint8Array {
  const bits = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    const y = source.y + (((row + 0.5) * size / side - target.y) * source.height) / target.height;
    for (let column = 0; column < side; column++) {
      const x = source.x + (((column + 0.5) * size / side - target.x) * source.width) / target.width;
      bits[row * side + column] = inside(rings, x, y) ? 1 : 0;
    }
  }
  return bits;
}

function inside(rings: readonly (readonly number[])[], x: number, y: number): boolean {
  let crossings = 0;
  for (const ring of rings) {
    for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
      const [x0, y0, x1, y1] = [ring[last], ring[last + 1], ring[i], ring[i + 1]];
      if ((y0 > y) !== (y1 > y) && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) crossings++;
    }
  }
  return crossings % 2 === 1;
}
