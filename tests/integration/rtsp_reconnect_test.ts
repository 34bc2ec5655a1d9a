import assert from "node:assert/strict";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertFailed, assertNoPictures, rtspCamera } from "../support/rtsp_camera.ts";
import { collectGarbage, type ProcessState, processState } from "../support/rtsp_process_state.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";
import { until } from "../support/until.ts";

const SESSIONS = 1000;
// By then every pool and cache is as large as it gets.
const WARM_UP = 60;

/** What is held once every connection is closed and the garbage is gone. */
async function measure(server: RtspRemote): Promise<ProcessState | undefined> {
  await server.allClosed();
  await server.collect();
  collectGarbage();
  return processState();
}

// Half of the sessions are ended by the server in every way it knows, half are aborted, over both transports.
Deno.test("1,000 reconnects leave no descriptor, thread or memory behind", async () => {
  const ends = ["fin", "rst", "teardown"] as const;
  const cameras = {
    gate: { fps: 200 },
    ...Object.fromEntries(
      ends.map((how) => [how, { fps: 200, faults: [{ kind: "end" as const, how, afterFrames: 3, midFrame: true }] }]),
    ),
  };
  await using server = await RtspRemote.start({ tracks: { main: makeTrack({ frames: 50 }) }, cameras });
  let before: ProcessState | undefined;
  for (let session = 0; session < SESSIONS; session++) {
    if (session === WARM_UP) before = await measure(server);
    const transport = session % 4 < 2 ? "tcp" : "udp";
    const cut = session % 2 === 1 ? ends[session % ends.length] : undefined;
    const recorder = new RtspRecorder({ pictures: cut ? undefined : 3 });
    const end = await recorder.run(rtspCamera(server.url(cut ?? "gate"), { transport }));
    if (cut) assertFailed(end, "closed");
    else assert.equal(end, "aborted");
    // Over UDP the end of the conversation may overtake the last packets.
    assert.ok(recorder.pictures >= (cut ? 1 : 3), `session ${session} saw ${recorder.pictures} pictures`);
  }
  assertNoPictures();
  await server.allClosed();
  assert.equal((await server.stats()).requests.PLAY, SESSIONS);
  if (!before) return;
  const { descriptors, threads, privateBytes } = before;
  let after: ProcessState | undefined;
  // What the last sessions held is let go of in its own time; what leaks stays, however often one looks.
  const settled = async () => {
    after = await measure(server);
    return after === undefined || (
      after.descriptors <= descriptors + 2 &&
      // Threads that wait for work come and go with the pool that lends them.
      after.threads <= threads + 8 && after.privateBytes - privateBytes < 40e6
    );
  };
  await until(settled, () => `nothing stays of ${SESSIONS - WARM_UP} sessions: ${JSON.stringify({ before, after })}`);
});
