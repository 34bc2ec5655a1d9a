import assert from "node:assert/strict";
import { liveAges } from "./live_ages.ts";

const schedule = { firstSentAtMs: [5000, 7000], fps: 10, clipFrames: 50 };

Deno.test("a result's age counts from when its own camera sent its picture", () => {
  const ages = liveAges([[5030, 0, 0], [7460, 1, 4]], schedule).map(({ ageMs }) => ageMs);
  assert.deepEqual(ages, [30, 60]);
});

Deno.test("the clip's later rounds are told from its first, also for results that are seconds old", () => {
  const ages = liveAges([[10_030, 0, 0], [12_500, 0, 49], [10_020, 0, 49]], schedule).map(({ ageMs }) => ageMs);
  assert.deepEqual(ages, [30, 2600, 120]);
});
