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
  const width = xs.length + 2;
  const height = ys.length + 2;
  const at = (column: number, row: number) =>
    column === 0 || row === 0 || column > xs.length || row > ys.length
      ? BEYOND
      : values[(row - 1) * xs.length + column - 1];
  // The frame around the grid lies on its edge, and so cuts there.
  const x = (column: number) => xs[Math.min(Math.max(column - 1, 0), xs.length - 1)];
  const y = (row: number) => ys[Math.min(Math.max(row - 1, 0), ys.length - 1)];

  // Each side of a cell is crossed once at most, so a crossing is known by its side, and leads to one other.
  const below = width * height;
  const next = new Int32Array(2 * below).fill(-1);
  for (let row = 0; row + 1 < height; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const a = at(column, row);
      const b = at(column + 1, row);
      const c = at(column + 1, row + 1);
      const d = at(column, row + 1);
      const inside = (a > 0 ? 8 : 0) | (b > 0 ? 4 : 0) | (c > 0 ? 2 : 0) | (d > 0 ? 1 : 0);
      if (inside === 0 || inside === 15) continue;
      const top = row * width + column;
      const sides = [top, below + top + 1, top + width, below + top];
      const steps = STEPS[inside] ?? (a + b + c + d > 0 ? JOINED : APART)[inside];
      for (let step = 0; step < steps.length; step += 2) next[sides[steps[step]]] = sides[steps[step + 1]];
    }
  }

  const rings: number[][] = [];
  for (let start = 0; start < next.length; start++) {
    if (next[start] < 0) continue;
    const ring: number[] = [];
    for (let side = start; next[side] >= 0;) {
      const [column, row] = [side % below % width, Math.floor(side % below / width)];
      const [column1, row1] = side < below ? [column + 1, row] : [column, row + 1];
      const from = at(column, row);
      const share = from / (from - at(column1, row1));
      ring.push(x(column) + share * (x(column1) - x(column)), y(row) + share * (y(row1) - y(row)));
      const following = next[side];
      next[side] = -1;
      side = following;
    }
    rings.push(ring);
  }
  return rings;
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
