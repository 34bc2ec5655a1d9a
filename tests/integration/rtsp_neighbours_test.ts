import assert from "node:assert/strict";
import type { Fault } from "../support/faults.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertFailed, assertNoPictures, rtspCamera } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";

// Between two pictures of a healthy camera 40 ms pass; a thread that waits for a hung one shows in whole timeouts. A busy
// machine's own pauses are shorter.
const TIMEOUT_MS = 4000;
const LARGEST_GAP_MS = 3000;

Deno.test("hung, cut and refusing cameras do not disturb a healthy one in the same thread", async () => {
  const hangs = ["connect", "OPTIONS", "DESCRIBE", "SETUP", "PLAY"] as const;
  const bad: Record<string, Fault[]> = {
    ...Object.fromEntries(hangs.map((after) => [after, [{ kind: "hang", after }]])),
    silence: [{ kind: "silence", afterFrames: 10, midFrame: true }],
    drip: [{ kind: "drip", afterFrames: 10, bytesPerSecond: 40 }],
    cut: [{ kind: "end", how: "rst", afterFrames: 10 }],
    missing: [{ kind: "status", on: "DESCRIBE", status: 404 }],
  };
  const cameras = {
    healthy: {},
    ...Object.fromEntries(Object.entries(bad).map(([path, faults]) => [path, { faults }])),
  };
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 100 }) }, cameras });
  const recorder = new RtspRecorder({ pictures: 250 });
  const healthy = recorder.run(rtspCamera(server.url("healthy")));
  await recorder.until(10);

  const stop = new AbortController();
  const attempts = Object.keys(bad).map(async (path) => {
    let count = 0;
    // Nobody waits between attempts here: that is a supervisor's business, and this is the harder case.
    while (!stop.signal.aborted && count < 200) {
      const source = rtspCamera(server.url(path), { openTimeoutMs: TIMEOUT_MS, readTimeoutMs: TIMEOUT_MS });
      const end = await new RtspRecorder().run(source, stop.signal);
      if (end !== "aborted") count++;
    }
    return count;
  });
  assert.equal(await healthy, "aborted");
  stop.abort();
  const counts = await Promise.all(attempts);
  assert.ok(counts.every((count) => count > 0), `every other camera failed at least once: ${counts}`);
  assert.deepEqual(recorder.lostReasons, []);
  assert.ok(recorder.largestGapMs < LARGEST_GAP_MS, `the largest gap is ${recorder.largestGapMs} ms`);
  assertNoPictures();
});

Deno.test("a server that refuses everybody is told so as often as it is asked", async () => {
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 100 }) }, cameras: { gate: {} } });
  await server.refuse();
  const ends = Array.from({ length: 20 }, () => new RtspRecorder().run(rtspCamera(server.url("gate"))));
  for (const end of ends) assertFailed(await end, "refused");
});
