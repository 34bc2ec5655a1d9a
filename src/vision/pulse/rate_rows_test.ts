import assert from "node:assert/strict";
import { exponential } from "./exponential.ts";
import { RATE_BINS, RateMemory, type RateRows } from "./rate_rows.ts";

/** Numbers between −1 and 1, the same every time. */
function numbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function fill(rows: RateRows, count: number, seed: number): number[][] {
  return Array.from({ length: count }, (_, row) => {
    const values = numbers(RATE_BINS, seed + row);
    rows.values.set(values, rows.at(row));
    return [...values];
  });
}

Deno.test("a convolution gives what its definition gives, at the edges and beyond the first four outputs too", () => {
  for (const { inputs, outputs, width } of [{ inputs: 3, outputs: 8, width: 5 }, { inputs: 5, outputs: 4, width: 1 }]) {
    const memory = new RateMemory(20_000);
    const rows = memory.rows(inputs), given = fill(rows, inputs, 7);
    const weights = numbers(inputs * outputs * width, 40), bias = numbers(outputs, 90);
    for (const rectified of [true, false]) {
      const out = memory.through([memory.layer({ inputs, outputs, width, rectified }, weights, bias)], rows);
      for (let o = 0; o < outputs; o++) {
        for (let bin = 0; bin < RATE_BINS; bin++) {
          let sum = bias[o];
          given.forEach((row, i) => {
            for (let k = 0; k < width; k++) {
              sum += weights[(o * inputs + i) * width + k] * (row[bin + k - (width >> 1)] ?? 0);
            }
          });
          const expected = rectified ? Math.max(0, sum) : sum, got = out.values[out.at(o) + bin];
          assert.ok(Math.abs(got - expected) < 1e-12, `${rectified}, output ${o}, rate ${bin}: ${got} and ${expected}`);
        }
      }
      // What lies between rows is what the next convolution takes for its edges.
      const between = out.values.filter((_, i) => (i % (RATE_BINS + 8)) < 4 || (i % (RATE_BINS + 8)) >= RATE_BINS + 4);
      assert.ok(between.every((value) => value === 0));
    }
  }
});

Deno.test("layers that do not come by fours, and more than there is room for, are refused", () => {
  const memory = new RateMemory(9000);
  const shape = { inputs: 1, outputs: 3, width: 1, rectified: true };
  assert.throws(() => memory.layer(shape, [1, 2, 3], [0, 0, 0]), /layer of 3 outputs: not a multiple of four/);
  assert.throws(() => memory.rows(1000), RangeError);
});

Deno.test("exponentials are right to twelve digits, and bounded where nothing is left of them", () => {
  for (let value = -40; value <= 40; value += 0.0137) {
    const error = Math.abs(exponential(value) / Math.exp(value) - 1);
    assert.ok(error < 1e-12, `e^${value} is off by ${error}`);
  }
  assert.equal(exponential(0), 1);
  assert.equal(exponential(5000), exponential(40));
  assert.equal(exponential(-Infinity), exponential(-40));
});
