import assert from "node:assert/strict";
import { nowMs } from "../../src/core/clock.ts";
import { Intake } from "../../streams/intake.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { rtspCamera } from "../support/rtsp_camera.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";

const FPS = 50;

Deno.test("a camera whose pictures take longer than there is keeps its lateness within its key frames", async () => {
  const tracks = { main: makeTrack({ frames: 100, crf: 14 }) };
  await using server = await RtspRemote.start({ tracks, cameras: { gate: { fps: FPS } } });
  const intake = new Intake({ stream: "gate", policy: { mode: "latest", weight: 1, capacity: 1 } });
  const stop = new AbortController();
  const late: { byItsOwnTimeMs: number; saidMs: number }[] = [];
  let beganAtMs = 0;
  const subscription = intake.frames$.subscribe((frame) => {
    const { ptsUs, arrivedAtMs } = frame.info;
    beganAtMs ||= nowMs();
    late.push({ byItsOwnTimeMs: nowMs() - beganAtMs - ptsUs / 1000, saidMs: nowMs() - arrivedAtMs });
    // Four times as long as there is.
    for (const endsAtMs = nowMs() + 4000 / FPS; nowMs() < endsAtMs;);
    frame.complete();
    if (ptsUs > 8e6) stop.abort();
  });
  intake.startEpoch();
  await rtspCamera(server.url("gate")).run(intake, stop.signal);
  subscription.unsubscribe();
  const { completed, dropped, unaccounted } = intake.ledger.read();
  assert.equal(unaccounted, 0);
  assert.ok(dropped.skipped > completed, `${dropped.skipped} passed over, ${completed} shown`);
  // Every picture would be shown in the order in which it was sent: after 8 s of them, 24 s late.
  const last = late.at(-1)!;
  assert.ok(last.byItsOwnTimeMs < 10_000, `the last picture was ${last.byItsOwnTimeMs} ms late`);
  const hiddenMs = Math.max(...late.map(({ byItsOwnTimeMs, saidMs }) => byItsOwnTimeMs - saidMs));
  assert.ok(hiddenMs < 5000, `${hiddenMs} ms of lateness were not told`);
});
