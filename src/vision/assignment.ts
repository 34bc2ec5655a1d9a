/**
 * Gives each row of a cost matrix a column of its own so that the sum is least: shortest augmenting paths over reduced
 * costs (Jonker and Volgenant 1987; Crouse 2016), O(n³). The working memory is kept between calls.
 */
export class Assignment {
  #capacity = 0;
  #transposed = new Float64Array();
  #rowDuals = new Float64Array();
  #columnDuals = new Float64Array();
  #distances = new Float64Array();
  #parents = new Int32Array();
  #rowOf = new Int32Array();
  #columnOf = new Int32Array();
  #open = new Int32Array();
  #visited = new Int32Array();

  /**
   * The column of each row; −1 for rows that get none because there are fewer columns. `costs` are finite, row after
   * row. The answer is valid until the next call.
   */
  solve(costs: Float64Array, rows: number, columns: number): Int32Array {
    this.#reserve(Math.max(rows, columns));
    if (rows <= columns) {
      this.#assign(costs, rows, columns);
      return this.#columnOf.subarray(0, rows);
    }
    const flipped = this.#transpose(costs, rows, columns);
    this.#assign(flipped, columns, rows);
    return this.#rowOf.subarray(0, rows);
  }

  /** Wants `rows` ≤ `columns`. */
  #assign(costs: Float64Array, rows: number, columns: number): void {
    const rowDuals = this.#rowDuals.fill(0, 0, rows);
    this.#columnDuals.fill(0, 0, columns);
    const rowOf = this.#rowOf.fill(-1, 0, columns);
    const columnOf = this.#columnOf.fill(-1, 0, rows);
    // Most rows get the column they like best: only those that collide need a path.
    for (let row = 0; row < rows; row++) {
      const at = row * columns;
      let best = 0;
      for (let column = 1; column < columns; column++) if (costs[at + column] < costs[at + best]) best = column;
      rowDuals[row] = costs[at + best];
      if (rowOf[best] >= 0) continue;
      rowOf[best] = row;
      columnOf[row] = best;
    }
    for (let row = 0; row < rows; row++) {
      if (columnOf[row] >= 0) continue;
      let column = this.#shortestPath(costs, columns, row);
      // Along the path each row moves to the column by which it was reached.
      for (let mover = -1; mover !== row;) {
        mover = this.#parents[column];
        rowOf[column] = mover;
        const left = columnOf[mover];
        columnOf[mover] = column;
        column = left;
      }
    }
  }

  /** Dijkstra over reduced costs from a free row to the nearest free column; keeps the duals feasible. */
  #shortestPath(costs: Float64Array, columns: number, start: number): number {
    const rowDuals = this.#rowDuals;
    const columnDuals = this.#columnDuals;
    const rowOf = this.#rowOf;
    const parents = this.#parents;
    const open = this.#open;
    const visited = this.#visited;
    const distances = this.#distances.fill(Infinity, 0, columns);
    let openCount = columns;
    let visitedCount = 0;
    for (let i = 0; i < columns; i++) open[i] = i;
    let least = 0;
    let row = start;
    for (;;) {
      const at = row * columns;
      const base = least - rowDuals[row];
      let nearest = -1;
      let nearestDistance = Infinity;
      for (let i = 0; i < openCount; i++) {
        const column = open[i];
        const distance = base + costs[at + column] - columnDuals[column];
        if (distance < distances[column]) {
          distances[column] = distance;
          parents[column] = row;
        }
        // Among equals a free column ends the search.
        if (
          distances[column] < nearestDistance ||
          (nearest >= 0 && distances[column] === nearestDistance && rowOf[column] < 0)
        ) {
          nearestDistance = distances[column];
          nearest = i;
        }
      }
      if (nearest < 0) throw new RangeError("Cannot assign: a cost is not a finite number");
      const column = open[nearest];
      least = nearestDistance;
      open[nearest] = open[--openCount];
      if (rowOf[column] < 0) {
        rowDuals[start] += least;
        for (let i = 0; i < visitedCount; i++) {
          const passed = visited[i];
          rowDuals[rowOf[passed]] += least - distances[passed];
          columnDuals[passed] -= least - distances[passed];
        }
        return column;
      }
      visited[visitedCount++] = column;
      row = rowOf[column];
    }
  }

  #transpose(costs: Float64Array, rows: number, columns: number): Float64Array {
    if (this.#transposed.length < rows * columns) this.#transposed = new Float64Array(rows * columns);
    for (let row = 0, cell = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, cell++) this.#transposed[column * rows + row] = costs[cell];
    }
    return this.#transposed;
  }

  #reserve(size: number): void {
    if (size <= this.#capacity) return;
    this.#capacity = size * 2;
    this.#rowDuals = new Float64Array(this.#capacity);
    this.#columnDuals = new Float64Array(this.#capacity);
    this.#distances = new Float64Array(this.#capacity);
    this.#parents = new Int32Array(this.#capacity);
    this.#rowOf = new Int32Array(this.#capacity);
    this.#columnOf = new Int32Array(this.#capacity);
    this.#open = new Int32Array(this.#capacity);
    this.#visited = new Int32Array(this.#capacity);
  }
}
