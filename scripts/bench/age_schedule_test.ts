import assert from "node:assert/strict";
import { aged, type Seen, trend } from "./age_schedule.ts";

const FPS = 20;
const CLIP_FRAMES = 100;

/** Results of every second frame, from frame 37 on, each `delayMs` old at main; the stream's numbers start at one. */
function results(count: number, delayMs: (n: number) => number): Seen[] {
  return Array.from({ length: count }, (_, n) => {
    const frame = 37 + 2 * n;
    const dueAtMs = 1_000_000 + frame * 50;
    return {
      receivedAtMs: dueAtMs + delayMs(n),
      ageMs: delayMs(n),
      seq: frame + 1,
      counter: frame % CLIP_FRAMES,
      decodeMs: 2,
      queueMs: 2,
      prepareMs: 1,
      inferMs: 30,
      postMs: 1,
    };
  });
}

Deno.test("age is counted from the moment the counter was due, through loops of the clip", () => {
  const { results: seen, wrongCounters } = aged(results(200, (n) => 40 + (n % 3)), {
    fps: FPS,
    clipFrames: CLIP_FRAMES,
  });
  assert.equal(wrongCounters, 0);
  assert.deepEqual(seen.slice(0, 4).map(({ ageMs }) => Math.round(ageMs * 1000) / 1000), [40, 41, 42, 40]);
});

Deno.test("a source that stamps its frames later and later does not hide how old they are", () => {
  const late = results(100, () => 40).map((result, n) => ({ ...result, receivedAtMs: result.receivedAtMs + 3 * n }));
  const { results: seen } = aged(late, { fps: FPS, clipFrames: CLIP_FRAMES });
  assert.ok(Math.abs(seen[99].ageMs - (40 + 3 * 99)) <= 2, `${seen[99].ageMs}`);
  assert.ok(trend(seen).grows);
  assert.equal(Math.round(trend(seen).trendMsPerSecond), 29);
});

Deno.test("a frame that was sent a moment early is no older for it", () => {
  const early = (n: number) => (n % 4) * 0.4;
  const sent = results(100, () => 40).map((result, n) => ({ ...result, receivedAtMs: result.receivedAtMs - early(n) }));
  const { results: seen } = aged(sent, { fps: FPS, clipFrames: CLIP_FRAMES });
  for (const { ageMs } of seen) assert.ok(Math.abs(ageMs - 40) < 1e-6, `${ageMs}`);
});

Deno.test("a result over another frame than its number says is a wrong counter", () => {
  const swapped = results(50, () => 40).map((result, n) =>
    n === 7 ? { ...result, counter: result.counter + 1 } : result
  );
  assert.equal(aged(swapped, { fps: FPS, clipFrames: CLIP_FRAMES }).wrongCounters, 1);
});

Deno.test("steady ages do not grow, however they scatter", () => {
  const { results: seen } = aged(results(300, (n) => 40 + ((n * 7919) % 31)), { fps: FPS, clipFrames: CLIP_FRAMES });
  assert.equal(trend(seen).grows, false);
  assert.ok(Math.abs(trend(seen).trendMsPerSecond) < 0.5);
});
