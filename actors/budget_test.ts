import assert from "node:assert/strict";
import { Budget } from "./budget.ts";

Deno.test("a budget is spent after its number of restarts and refills as they grow old", () => {
  const budget = new Budget({ restarts: 3, withinMs: 1_000 });
  assert.deepEqual([0, 100, 200, 300].map((at) => budget.spend(at)), [true, true, true, false]);
  assert.equal(budget.spend(999), false);
  assert.equal(budget.spend(1_000), true);
  assert.equal(budget.spend(1_050), false);
  assert.equal(budget.spend(1_100), true);
});

Deno.test("a refused restart does not count against the budget", () => {
  const budget = new Budget({ restarts: 1, withinMs: 1_000 });
  assert.equal(budget.spend(0), true);
  for (let at = 1; at < 1_000; at += 100) assert.equal(budget.spend(at), false);
  assert.equal(budget.spend(1_000), true);
});

Deno.test("a reset budget is whole again", () => {
  const budget = new Budget({ restarts: 1, withinMs: 1_000 });
  budget.spend(0);
  budget.reset();
  assert.equal(budget.spend(1), true);
});

Deno.test("an infinite budget is never spent, an empty one always", () => {
  const endless = new Budget({ restarts: Infinity, withinMs: 1_000 });
  const none = new Budget({ restarts: 0, withinMs: 1_000 });
  for (let n = 0; n < 1_000; n++) {
    assert.equal(endless.spend(0), true);
    assert.equal(none.spend(0), false);
  }
});
