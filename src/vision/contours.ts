/** Numbers at the crossings of a grid whose lines need not lie evenly. */
export interface Field {
  /** Where its columns and rows are, rising. */
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
  /** Row by row. */
  values: ArrayLike<number>;
}

/** What lies beyond the grid is outside, whatever stands at its edge. */
const BEYOND = -1e9;

/**
 * The outlines of where a field is above zero, by marching squares: closed rings, flat `[x0, y0, x1, y1, …]`, cut at the
 * grid's edge. Rings around what is inside run clockwise on a screen, rings around holes the other way.
 */
export function contours({ xs, ys, values }: Field): number[][] {
  const columns = xs.length;
  const width = columns + 2;
  const height = ys.length + 2;
  // The frame around the grid lies on its edge, and so cuts there.
  const grid = new Float32Array(width * height).fill(BEYOND);
  for (let row = 0; row < ys.length; row++) {
    for (let column = 0; column < columns; column++) {
      grid[(row + 1) * width + column + 1] = values[row * columns + column];
    }
  }
  const next = crossings(grid, width, height);

  const below = width * height;
  const rings: number[][] = [];
  for (let start = 0; start < next.length; start++) {
    if (next[start] < 0) continue;
    const ring: number[] = [];
    for (let side = start; next[side] >= 0;) {
      const across = side < below;
      const at = across ? side : side - below;
      const column = at % width;
      const row = (at - column) / width;
      const share = grid[at] / (grid[at] - grid[at + (across ? 1 : width)]);
      const x = place(xs, column);
      const y = place(ys, row);
      ring.push(
        across ? x + share * (place(xs, column + 1) - x) : x,
        across ? y : y + share * (place(ys, row + 1) - y),
      );
      const following = next[side];
      next[side] = -1;
      side = following;
    }
    rings.push(ring);
  }
  return rings;
}

/** Where line `index` of the framed grid is. */
function place(lines: ArrayLike<number>, index: number): number {
  return lines[index < 1 ? 0 : index > lines.length ? lines.length - 1 : index - 1];
}

/**
 * Where the outline goes on after each crossing. Each side of a cell is crossed once at most, so a crossing is known by
 * its side, those on top of cells first, and leads to one other; -1 where there is none.
 */
function crossings(grid: Float32Array, width: number, height: number): Int32Array {
  const below = width * height;
  const next = new Int32Array(2 * below).fill(-1);
  const sides = [0, 0, 0, 0];
  for (let row = 0; row + 1 < height; row++) {
    for (let at = row * width, end = at + width - 1; at < end; at++) {
      const a = grid[at];
      const b = grid[at + 1];
      const c = grid[at + width + 1];
      const d = grid[at + width];
      const inside = (a > 0 ? 8 : 0) | (b > 0 ? 4 : 0) | (c > 0 ? 2 : 0) | (d > 0 ? 1 : 0);
      if (inside === 0 || inside === 15) continue;
      sides[TOP] = at;
      sides[RIGHT] = below + at + 1;
      sides[BOTTOM] = at + width;
      sides[LEFT] = below + at;
      const steps = STEPS[inside] ?? (a + b + c + d > 0 ? JOINED : APART)[inside];
      for (let step = 0; step < steps.length; step += 2) next[sides[steps[step]]] = sides[steps[step + 1]];
    }
  }
  return next;
}

const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];
/** From which side to which a cell is crossed, what is inside on the right hand; by its corners, clockwise from the left top. */
const STEPS: Record<number, number[]> = {
  8: [TOP, LEFT],
  4: [RIGHT, TOP],
  2: [BOTTOM, RIGHT],
  1: [LEFT, BOTTOM],
  12: [RIGHT, LEFT],
  6: [BOTTOM, TOP],
  3: [LEFT, RIGHT],
  9: [TOP, BOTTOM],
  7: [LEFT, TOP],
  11: [TOP, RIGHT],
  13: [RIGHT, BOTTOM],
  14: [BOTTOM, LEFT],
};
/** Two opposite corners, that touch in the cell's middle or do not. */
const JOINED: Record<number, number[]> = { 10: [TOP, RIGHT, BOTTOM, LEFT], 5: [LEFT, TOP, RIGHT, BOTTOM] };
const APART: Record<number, number[]> = { 10: [TOP, LEFT, BOTTOM, RIGHT], 5: [RIGHT, TOP, LEFT, BOTTOM] };
