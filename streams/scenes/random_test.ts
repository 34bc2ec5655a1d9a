import assert from "node:assert/strict";
import { Random } from "./random.ts";

Deno.test("a seed gives its numbers again, on every machine", () => {
  const random = new Random(7);
  assert.deepEqual([random.bits(), random.bits(), random.bits()], [530035405, 1966798809, 2361079374]);
});

Deno.test("seeds and streams differ, also those beyond 32 bits", () => {
  const firsts = [[1, 0], [2, 0], [1, 1], [2 ** 40 + 1, 0], [2 ** 41 + 1, 0]].map(([seed, stream]) =>
    new Random(seed, stream).bits()
  );
  assert.equal(new Set(firsts).size, firsts.length);
});

Deno.test("numbers are spread evenly, normal ones have mean 0 and deviation 1", () => {
  const random = new Random(3);
  const bins = new Array(16).fill(0);
  for (let i = 0; i < 16_000; i++) bins[Math.floor(random.next() * 16)]++;
  for (const bin of bins) assert.ok(bin > 850 && bin < 1150, `${bins}`);
  let sum = 0, squares = 0;
  for (let i = 0; i < 10_000; i++) {
    const value = random.normal();
    sum += value;
    squares += value * value;
  }
  assert.ok(Math.abs(sum / 10_000) < 0.05);
  assert.ok(Math.abs(squares / 10_000 - 1) < 0.06);
});
