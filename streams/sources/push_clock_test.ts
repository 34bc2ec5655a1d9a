import assert from "node:assert/strict";
import { PushClock } from "./push_clock.ts";

Deno.test("frames are as far apart as they were taken, however the network bunched them", () => {
  const clock = new PushClock();
  const times = [[5000, 100], [5300, 200], [5301, 300], [5302, 400]].map(([arrived, captured]) =>
    clock.ptsUs(arrived, captured)
  );
  assert.deepEqual(times, [0, 100_000, 200_000, 300_000]);
});

Deno.test("without a capture time the arrival counts", () => {
  const clock = new PushClock();
  assert.deepEqual([1000, 1040, 1080.5].map((ms) => clock.ptsUs(ms)), [0, 40_000, 80_500]);
});

Deno.test("times rise, whatever a sender claims", () => {
  const clock = new PushClock();
  const claims = [0, 0, -5, 1e15, 8.64e15, -8.64e15, undefined, Number.NaN, Infinity, 3, 2];
  let before = -1;
  for (const [index, claim] of claims.entries()) {
    const time = clock.ptsUs(1000 + index * 40, claim);
    assert.ok(time > before && time <= index * 50_000 + 1, `${claim}: ${before} and then ${time}`);
    before = time;
  }
});
