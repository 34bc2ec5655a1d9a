import type { Box } from "../core/results.ts";

/** Boxes as parallel corners in one array: x0, y0, x1, y1 of each. It grows and is filled anew for every frame. */
export class Corners {
  count = 0;
  values: Float64Array;

  constructor(capacity = 64) {
    this.values = new Float64Array(capacity * 4);
  }

  /** Starts anew, keeping the memory. */
  clear(): void {
    this.count = 0;
  }

  /** Adds a box; with an `edge` of 1 its last row and column of pixels count as part of it. */
  push([x, y, width, height]: Readonly<Box>, edge = 0): void {
    let { values } = this;
    const at = this.count++ * 4;
    if (at === values.length) {
      values = new Float64Array(values.length * 2);
      values.set(this.values);
      this.values = values;
    }
    values[at] = x;
    values[at + 1] = y;
    values[at + 2] = x + width + edge;
    values[at + 3] = y + height + edge;
  }
}

/** A matrix of numbers, row after row, in memory that is used again. */
export class Matrix {
  rows = 0;
  columns = 0;
  values: Float64Array = new Float64Array(64);

  /** Takes another shape; what the cells hold is left to the caller. */
  reshape(rows: number, columns: number): this {
    this.rows = rows;
    this.columns = columns;
    if (rows * columns > this.values.length) this.values = new Float64Array(2 * rows * columns);
    return this;
  }
}

/** Intersection over union of each box of `a` (rows) with each of `b` (columns). */
export function iouMatrix(a: Corners, b: Corners, out: Matrix = new Matrix()): Matrix {
  const { values } = out.reshape(a.count, b.count);
  const { values: left } = a;
  const { values: right } = b;
  for (let i = 0, cell = 0; i < a.count * 4; i += 4) {
    const x0 = left[i];
    const y0 = left[i + 1];
    const x1 = left[i + 2];
    const y1 = left[i + 3];
    const area = (x1 - x0) * (y1 - y0);
    for (let j = 0; j < b.count * 4; j += 4, cell++) {
      const width = Math.min(x1, right[j + 2]) - Math.max(x0, right[j]);
      const height = Math.min(y1, right[j + 3]) - Math.max(y0, right[j + 1]);
      if (!(width > 0 && height > 0)) {
        values[cell] = 0;
        continue;
      }
      const inner = width * height;
      values[cell] = inner / (area + (right[j + 2] - right[j]) * (right[j + 3] - right[j + 1]) - inner);
    }
  }
  return out;
}
