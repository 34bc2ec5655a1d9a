import assert from "node:assert/strict";
import { completionRate } from "./completion_rate.ts";
import { ages, median, percentile, round, slope } from "./statistics.ts";

Deno.test("the median is the middle value, or the mean of the middle two, in whatever order they come", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("percentiles are values that were measured, by nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n);
  assert.equal(percentile(values, 0.5), 50);
  assert.equal(percentile(values, 0.95), 95);
  assert.equal(percentile(values, 1), 100);
  assert.equal(percentile([7], 0.99), 7);
  assert.deepEqual(ages([3, 1, 2]), { count: 3, p50: 2, p95: 3, p99: 3, max: 3 });
});

Deno.test("the slope of points on a line is the line's, and nothing for a single moment", () => {
  assert.equal(round(slope([0, 1, 2, 3].map((x) => ({ x, y: 5 - 0.25 * x }))), 9), -0.25);
  assert.equal(slope([{ x: 1, y: 1 }, { x: 1, y: 9 }]), 0);
});

Deno.test("the completion rate of steady results is exact wherever the window is cut", () => {
  const steady = Array.from({ length: 101 }, (_, n) => n * 40);
  assert.equal(completionRate(steady), 25);
  assert.equal(completionRate(steady.slice(13, 77)), 25);
  assert.equal(completionRate(steady.toReversed()), 25);
});

Deno.test("the completion rate of two cores in step is that of both together", () => {
  const pairs = Array.from({ length: 100 }, (_, n) => [n * 80, n * 80 + 1]).flat();
  assert.ok(Math.abs(completionRate(pairs) - 25) < 0.3, `${completionRate(pairs)}`);
  assert.equal(completionRate([5]), 0);
});
