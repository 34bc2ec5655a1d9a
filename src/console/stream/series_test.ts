import assert from "node:assert/strict";
import { DROP_CAUSES } from "../../core/drops.ts";
import type { LedgerReading } from "../../core/ledger.ts";
import { AgeSeries, DropSeries, stacked } from "./series.ts";

Deno.test("An age is split into its parts and what is left, a mean for each second", () => {
  const series = new AgeSeries();
  const timings = {
    decodeMs: 1,
    queueMs: 2,
    prepareMs: 3,
    inferMs: 10,
    postMs: 4,
  };
  series.push({ timings, ageMs: 25 }, 10_100);
  series.push({ timings: { ...timings, inferMs: 20 }, ageMs: 35 }, 10_900);
  series.push({ timings, ageMs: 12 }, 12_000);
  const { times, values } = series.read(13_000);
  assert.deepEqual(times.slice(-3), [10, 11, 12]);
  assert.deepEqual(values.map((part) => part.slice(-3)), [
    [1, null, 1],
    [2, null, 2],
    [3, null, 3],
    [15, null, 10],
    [4, null, 4],
    [5, null, 0],
  ]);
});

const reading = (received: number, stale: number): LedgerReading => ({
  received,
  completed: received - stale,
  dropped: {
    ...Object.fromEntries(
      DROP_CAUSES.map((cause) => [cause, 0]),
    ) as LedgerReading["dropped"],
    stale,
  },
  inFlight: 0,
  decoded: 0,
  unaccounted: 0,
});

Deno.test("Drops are rates between readings, and accounts that begin anew are no drop", () => {
  const series = new DropSeries();
  series.push(reading(100, 10), 1000);
  series.push(reading(140, 20), 3000);
  series.push(reading(5, 1), 5000);
  series.push(reading(15, 3), 6000);
  const { times, values } = series.read();
  assert.deepEqual(times, [3, 6]);
  assert.deepEqual(values[DROP_CAUSES.indexOf("stale")], [5, 2]);
  assert.deepEqual(values[DROP_CAUSES.indexOf("failed")], [0, 0]);
});

Deno.test("Areas stand one on the other", () => {
  assert.deepEqual(stacked([[1, 2, null], [10, 20, null]]), [[1, 2, null], [
    11,
    22,
    null,
  ]]);
});
