import assert from "node:assert/strict";
import { Backoff } from "./backoff.ts";

Deno.test("the range of waits doubles up to the cap and starts anew after a reset", () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 1_000, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => backoff.next()), [100, 200, 400, 800, 1_000, 1_000]);
  assert.equal(backoff.attempts, 6);
  backoff.reset();
  assert.deepEqual([backoff.attempts, backoff.next()], [0, 100]);
});

Deno.test("waits are drawn evenly from the whole range", () => {
  const backoff = new Backoff({ initialMs: 1_000, maxMs: 1_000 });
  const quarters = [0, 0, 0, 0];
  const draws = 20_000;
  for (let draw = 0; draw < draws; draw++) {
    const waitMs = backoff.next();
    assert.ok(waitMs >= 0 && waitMs < 1_000);
    quarters[Math.floor(waitMs / 250)]++;
  }
  // Ten standard deviations: a fair draw passes for as long as anybody will run this.
  const bound = 10 * Math.sqrt(draws * 0.25 * 0.75);
  for (const count of quarters) assert.ok(Math.abs(count - draws / 4) < bound, `${quarters}`);
});

Deno.test("a wait is never shorter than the least asked for", () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 1_000, minMs: 30, random: () => 0 });
  assert.deepEqual([backoff.next(), backoff.next()], [30, 30]);
});

Deno.test("after a thousand failures a wait is still the cap", () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 1_000, random: () => 0.999 });
  for (let attempt = 0; attempt < 2_000; attempt++) backoff.next();
  assert.equal(backoff.next(), 999);
});
