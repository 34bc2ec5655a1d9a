import { Matrix, solve } from "ml-matrix";
import type { Filter } from "./butterworth.ts";

/** Filters forward and backward, so that nothing is delayed; edges are prolonged by their own mirror image. */
export function filtfilt(filter: Filter, values: ArrayLike<number>): Float64Array {
  const size = values.length, edge = 3 * filter.a.length;
  if (size <= edge) throw new RangeError(`Cannot filter ${size} samples: more than ${edge} are needed`);
  const long = new Float64Array(size + 2 * edge);
  for (let i = 0; i < size; i++) long[edge + i] = values[i];
  for (let i = 1; i <= edge; i++) {
    long[edge - i] = 2 * values[0] - values[i];
    long[edge + size - 1 + i] = 2 * values[size - 1] - values[size - 1 - i];
  }
  const settled = settledState(filter);
  run(filter, long, settled);
  long.reverse();
  run(filter, long, settled);
  return long.reverse().subarray(edge, edge + size);
}

/** Runs the filter in place, from the state in which a constant of the first value would have left it. */
function run({ b, a }: Filter, values: Float64Array, settled: Float64Array): void {
  const order = a.length - 1, first = values[0];
  const state = new Float64Array(order + 1);
  for (let k = 0; k < order; k++) state[k] = settled[k] * first;
  for (let i = 0; i < values.length; i++) {
    const x = values[i], y = b[0] * x + state[0];
    for (let k = 0; k < order; k++) state[k] = state[k + 1] + b[k + 1] * x - a[k + 1] * y;
    values[i] = y;
  }
}

const settledStates = new WeakMap<Filter, Float64Array>();

/** The state of a filter that has seen a constant 1 for ever. */
function settledState(filter: Filter): Float64Array {
  let state = settledStates.get(filter);
  if (!state) {
    const { a, b } = filter, order = a.length - 1;
    const system = Matrix.eye(order);
    for (let row = 0; row < order; row++) {
      system.set(row, 0, system.get(row, 0) + a[row + 1]);
      if (row + 1 < order) system.set(row, row + 1, system.get(row, row + 1) - 1);
    }
    const right = Matrix.columnVector(Array.from({ length: order }, (_, row) => b[row + 1] - a[row + 1] * b[0]));
    state = Float64Array.from(solve(system, right).getColumn(0));
    settledStates.set(filter, state);
  }
  return state;
}
