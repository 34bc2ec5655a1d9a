import assert from "node:assert/strict";
import { Cadence } from "./cadence.ts";

/** How many of `seconds` of something that comes so often are taken. */
function taken(cadence: Cadence, fps: number, seconds: number): number {
  let count = 0;
  for (let n = 0; n < fps * seconds; n++) if (cadence.takes(1_000_000 + (n * 1000) / fps)) count++;
  return count;
}

Deno.test("the rate holds on average, whatever the rate of what comes", () => {
  for (const fps of [10, 12, 15, 25, 30, 60]) assert.ok(Math.abs(taken(new Cadence(10), fps, 10) - 100) <= 1, `${fps}`);
  assert.equal(taken(new Cadence(25), 10, 10), 100);
});

Deno.test("two cadences of one rate in a row lose nothing to jitter", () => {
  const [first, second] = [new Cadence(10), new Cadence(10)];
  let [ones, twos] = [0, 0];
  for (let n = 0; n < 250; n++) {
    const atMs = n * 40;
    if (!first.takes(atMs)) continue;
    ones++;
    if (second.takes(atMs + (n % 3) * 8)) twos++;
  }
  assert.equal(twos, ones);
});

Deno.test("after a pause nothing is made up for", () => {
  const cadence = new Cadence(10);
  assert.ok(cadence.takes(0));
  assert.ok(cadence.takes(5000));
  assert.ok(!cadence.takes(5010));
  assert.ok(!cadence.takes(5040));
  assert.ok(cadence.takes(5100));
});
