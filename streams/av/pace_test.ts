import assert from "node:assert/strict";
import { nowMs } from "../../src/core/clock.ts";
import { Pace, until } from "./pace.ts";

Deno.test("frames are due at the distance that their times have", () => {
  let now = 1000;
  const pace = new Pace(() => now);
  assert.equal(pace.due(500_000), 1000);
  now = 1007;
  assert.equal(pace.due(540_000), 1040);
  assert.equal(pace.due(540_000), 1040);
  assert.equal(pace.due(620_000), 1120);
});

Deno.test("a jump forwards or a step back begins anew instead of waiting or hurrying", () => {
  let now = 1000;
  const pace = new Pace(() => now);
  pace.due(0);
  now = 1040;
  assert.equal(pace.due(40_000), 1040);
  now = 1080;
  assert.equal(pace.due(3_600_000_000), 1080);
  assert.equal(pace.due(3_600_040_000), 1120);
  now = 1150;
  assert.equal(pace.due(0), 1150);
  assert.equal(pace.due(40_000), 1190);
});

Deno.test("a pause of the scene is played as a pause", () => {
  const pace = new Pace(() => 1000);
  pace.due(0);
  assert.equal(pace.due(9_000_000), 10_000);
});

Deno.test("time during which the consumer held the source back is not caught up", () => {
  const pace = new Pace(() => 1000);
  pace.due(0);
  pace.held(300);
  assert.equal(pace.due(40_000), 1340);
});

Deno.test("a wait for a moment ends with the signal", async () => {
  const stop = new AbortController();
  const waiting = until(nowMs() + 600_000, stop.signal);
  stop.abort();
  await waiting;
  await until(nowMs() + 600_000, stop.signal);
  await until(nowMs() - 1000, new AbortController().signal);
});
