import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { Arrival } from "../src/core/source.ts";
import { makeClip } from "../tests/support/clips.ts";
import { runFrames } from "./av/frames.ts";
import { openInput } from "./av/input.ts";
import { Intake } from "./intake.ts";
import { Lag } from "./lag.ts";

const KEY_MS = 400;
/** What of a camera with a key frame every ten is passed over, given each frame's lateness. */
function passedOver(frames: number, lateMs: (n: number) => number): number[] {
  const lag = new Lag();
  return Array.from({ length: frames }, (_, n) => n).filter((n) => {
    const role: Arrival["role"] = n % 10 === 0 ? "key" : "reference";
    return lag.skips({ role, arrivedAtMs: nowMs() - lateMs(n) }, KEY_MS);
  });
}

Deno.test("frames late by more than the time between key frames are passed over until a key frame is not", () => {
  const late = (n: number) => n < 5 ? 0 : n <= 20 ? 10_000 : 100;
  assert.deepEqual(passedOver(40, late), Array.from({ length: 25 }, (_, n) => n + 5));
});

Deno.test("nothing is passed over for lateness that a busy moment brings, nor before key frames were seen to come", () => {
  assert.deepEqual(passedOver(40, () => KEY_MS - 100), []);
  const lag = new Lag();
  const frame = { role: "reference" as const, arrivedAtMs: nowMs() - 60_000 };
  assert.equal(lag.skips(frame, Number.POSITIVE_INFINITY), false);
});

Deno.test("where passing over makes nothing less late, all is shown again after a while", async () => {
  const lag = new Lag();
  const frame = (role: Arrival["role"], lateMs: number) => lag.skips({ role, arrivedAtMs: nowMs() - lateMs }, KEY_MS);
  assert.equal(frame("key", 0), false);
  assert.equal(frame("key", 60_000), true);
  const endsAtMs = nowMs() + 30_000;
  while (frame("key", 60_000) && nowMs() < endsAtMs) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([frame("reference", 60_000), frame("key", 60_000)], [false, false]);
  lag.reset();
  assert.equal(frame("reference", 60_000), true, "what is opened anew is looked at anew");
});

Deno.test("when one stream's decoding is too much for the machine, its lateness stays within its key frames", async () => {
  const fps = 250;
  const seconds = 3;
  const path = makeClip({ frames: fps * seconds, fps, gop: 50, bframes: 0 });
  const intake = new Intake({ stream: "cam", policy: { mode: "latest", weight: 1, capacity: 1 } });
  let lateMs = 0;
  const subscription = intake.frames$.subscribe((frame) => {
    lateMs = nowMs() - frame.info.arrivedAtMs;
    // Three times as long as there is.
    for (const endsAtMs = nowMs() + 3000 / fps; nowMs() < endsAtMs;);
    frame.complete();
  });
  await using input = await openInput({
    url: `file:${path}`,
    protocolWhitelist: "file",
    openTimeoutMs: 20_000,
    readTimeoutMs: 20_000,
  }, new AbortController().signal);
  intake.startEpoch();
  await runFrames(input, intake, new AbortController().signal, { pace: "realtime" });
  subscription.unsubscribe();
  const { received, completed, dropped, unaccounted } = intake.ledger.read();
  assert.deepEqual([received, completed + dropped.skipped, unaccounted], [fps * seconds, fps * seconds, 0]);
  assert.ok(dropped.skipped > 0, "nothing was passed over");
  // Every frame would have been shown 6 s late in the end.
  assert.ok(lateMs < 3000, `the last picture was ${lateMs} ms late`);
});
