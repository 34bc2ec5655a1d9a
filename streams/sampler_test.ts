import assert from "node:assert/strict";
import { Sampler } from "./sampler.ts";

const frames = (fps: number, count: number) =>
  Array.from(
    { length: count },
    (_, n) => ({ ptsUs: Math.round((n * 1e6) / fps), role: n % 25 ? "reference" : "key" } as const),
  );

Deno.test("fps takes the asked number of frames from any source rate, evenly", () => {
  for (const [from, to] of [[30, 10], [25, 10], [29.97, 5], [25, 25], [60, 7]]) {
    const sampler = new Sampler({ fps: to });
    const taken = frames(from, from * 20).filter((frame) => sampler.wants(frame));
    assert.ok(Math.abs(taken.length - 20 * to) <= 1, `${from} to ${to}: ${taken.length}`);
    const gaps = taken.slice(1).map((frame, n) => frame.ptsUs - taken[n].ptsUs);
    assert.ok(Math.max(...gaps) <= 1e6 / to + 1e6 / from + 1, `${from} to ${to}: gap ${Math.max(...gaps)}`);
  }
});

Deno.test("every and keyframes take what they say", () => {
  const every = new Sampler({ every: 3 });
  assert.equal(frames(25, 30).filter((frame) => every.wants(frame)).length, 10);
  const keys = new Sampler({ keyframes: true });
  assert.equal(frames(25, 100).filter((frame) => keys.wants(frame)).length, 4);
});

Deno.test("a jump of presentation time starts the schedule anew instead of silencing the stream", () => {
  const sampler = new Sampler({ fps: 10 });
  assert.equal(sampler.wants({ ptsUs: 3_600_000_000, role: "key" }), true);
  assert.equal(sampler.wants({ ptsUs: 0, role: "key" }), true);
  assert.equal(sampler.wants({ ptsUs: 40_000, role: "reference" }), false);
  assert.equal(sampler.wants({ ptsUs: 100_000, role: "reference" }), true);
});

Deno.test("a frame that comes very late does not call up a burst", () => {
  const sampler = new Sampler({ fps: 10 });
  const taken = [0, 2_000_000, 2_040_000, 2_080_000, 2_100_000].filter((ptsUs) =>
    sampler.wants({ ptsUs, role: "key" })
  );
  assert.deepEqual(taken, [0, 2_000_000, 2_100_000]);
});
