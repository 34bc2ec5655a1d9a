import assert from "node:assert/strict";
import { TrackClock } from "./track_clock.ts";

Deno.test("steps are as long as presentation times are apart", () => {
  const clock = new TrackClock(40);
  const steps = [7_000_000, 7_040_000, 7_200_000].map((ptsUs) => clock.push(ptsUs));
  assert.deepEqual(steps.map(({ elapsedMs }) => elapsedMs), [0, 40, 160]);
  assert.deepEqual(steps.map(({ nowMs }) => nowMs), [0, 40, 200]);
});

Deno.test("a time that was, or is still, counts as one interval on", () => {
  const clock = new TrackClock(40);
  const steps = [1_000_000, 1_000_000, 10_000, 70_000].map((ptsUs) => clock.push(ptsUs));
  assert.deepEqual(steps.map(({ elapsedMs }) => elapsedMs), [0, 40, 40, 60]);
});

Deno.test("after a reset the clock does not ask how long the break was", () => {
  const clock = new TrackClock(40);
  clock.push(1_000_000);
  clock.reset();
  assert.equal(clock.push(900_000_000).elapsedMs, 0);
});
