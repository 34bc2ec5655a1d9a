import assert from "node:assert/strict";
import { random } from "../../scripts/bench/random.ts";
import { golden } from "../../tests/golden/recipe.ts";
import { Assignment } from "./assignment.ts";

/** The least sum over all ways to pair, by trying them. */
function bruteForce(costs: readonly number[][]): number {
  if (costs.length === 0 || costs[0].length === 0) return 0;
  const [row, ...rest] = costs;
  const without = (column: number) => rest.map((cells) => cells.filter((_, i) => i !== column));
  const taken = row.map((cost, column) => cost + bruteForce(without(column)));
  // With more rows than columns a row may go without.
  if (costs.length > row.length) taken.push(bruteForce(rest));
  return Math.min(...taken);
}

function sumOf(chosen: Int32Array, costs: Float64Array, columns: number): number {
  const pairs = [...chosen].flatMap((column, row) => column < 0 ? [] : [[row, column]]);
  assert.equal(new Set(pairs.map(([, column]) => column)).size, pairs.length, "a column is given twice");
  assert.equal(pairs.length, Math.min(chosen.length, columns), "somebody is left out");
  return pairs.reduce((sum, [row, column]) => sum + costs[row * columns + column], 0);
}

Deno.test("small matrices of every shape get the least sum there is", () => {
  const next = random(5);
  const assignment = new Assignment();
  for (let round = 0; round < 600; round++) {
    const rows = Math.floor(next() * 6);
    const columns = 1 + Math.floor(next() * 5);
    // Negative costs, and few different ones, too.
    const steps = round % 3 === 0 ? 4 : 1000;
    const costs = Float64Array.from({ length: rows * columns }, () => Math.floor(next() * steps) / 8 - 20);
    const matrix = Array.from({ length: rows }, (_, row) => [...costs.slice(row * columns, (row + 1) * columns)]);
    assert.equal(sumOf(assignment.solve(costs, rows, columns), costs, columns), bruteForce(matrix));
  }
});

Deno.test("large matrices get the sum that another implementation finds", () => {
  interface Case {
    seed: number;
    rows: number;
    columns: number;
    steps: number;
    least: number;
  }
  const { assignments } = golden<{ assignments: Case[] }>("track_metrics.json");
  const assignment = new Assignment();
  for (const { seed, rows, columns, steps, least } of assignments) {
    const next = random(seed);
    const costs = Float64Array.from({ length: rows * columns }, () => {
      const value = next();
      return steps > 0 ? Math.floor(value * steps) / steps : value;
    });
    const sum = sumOf(assignment.solve(costs, rows, columns), costs, columns);
    assert.ok(Math.abs(sum - least) < 1e-9, `${rows}×${columns}: ${sum} is not ${least}`);
  }
});

Deno.test("without rows or without columns nobody is paired", () => {
  const assignment = new Assignment();
  assert.deepEqual([...assignment.solve(new Float64Array(), 0, 3)], []);
  assert.deepEqual([...assignment.solve(new Float64Array(), 3, 0)], [-1, -1, -1]);
});

Deno.test("a cost that is no number is refused instead of searched for ever", () => {
  const costs = new Float64Array(9).fill(Number.NaN);
  assert.throws(() => new Assignment().solve(costs, 3, 3), /not a finite number/);
});
