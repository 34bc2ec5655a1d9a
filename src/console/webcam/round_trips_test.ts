import assert from "node:assert/strict";
import { RoundTrips } from "./round_trips.ts";

Deno.test("shares are of the latest round trips only", () => {
  const trips = new RoundTrips();
  assert.equal(trips.at(0.5), undefined);
  trips.push(7);
  assert.deepEqual([trips.at(0.5), trips.at(1)], [7, 7]);
  for (let ms = 1; ms <= 300; ms++) trips.push(ms);
  assert.deepEqual([trips.at(0), trips.at(0.5), trips.at(0.95), trips.at(1)], [201, 251, 296, 300]);
});
