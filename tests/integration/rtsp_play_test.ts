import assert from "node:assert/strict";
import type { Picture } from "../../src/core/frame.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertNoPictures, rtspCamera } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";
import { flatJpegTrack } from "../support/flat_jpeg.ts";

const tracks = () => ({
  main: makeTrack({ frames: 100, crf: 14 }),
  hevc: makeTrack({ frames: 50, codec: "hevc", crf: 14 }),
  mjpeg: flatJpegTrack(),
});

/** Pictures of a clip come one after the other, the first again after the last. */
function assertConsecutive(indexes: number[], length: number): void {
  indexes.slice(1).forEach((index, at) => {
    assert.equal(index, (indexes[at] + 1) % length, `picture ${index} follows ${indexes[at]} in ${indexes}`);
  });
}

/** The number of a picture of the flat film. */
const shade = (picture: Picture) => Math.round((picture.pixels({ format: "gray" })[0] - 20) / 4);

for (const transport of ["tcp", "udp", "auto"]) {
  Deno.test(`every picture of a camera comes through, in order, over ${transport}`, async () => {
    await using server = await RtspRemote.start({ tracks: tracks(), cameras: { gate: { fps: 50 } } });
    const recorder = new RtspRecorder({ pictures: 120, indexes: true });
    assert.equal(await recorder.run(rtspCamera(server.url("gate"), { transport })), "aborted");
    const [properties] = recorder.opens;
    assert.equal(properties.codec, "h264");
    assert.deepEqual([properties.width, properties.height, properties.fps], [320, 240, 50]);
    assert.ok(properties.live && !properties.intraOnly);
    assert.equal(recorder.indexes[0], 0, "the first picture is lost");
    assertConsecutive(recorder.indexes, 100);
    assert.deepEqual(recorder.lostReasons, []);
    assert.equal(recorder.arrivals[0].ptsUs, 0);
    recorder.arrivals.forEach(({ ptsUs, role }, index) => {
      assert.ok(Math.abs(ptsUs - index * 20_000) <= 20, `picture ${index} is at ${ptsUs} µs`);
      if (index % 25 === 0) assert.equal(role, "key");
    });
    assertNoPictures();
    await server.allClosed();
    assert.equal((await server.stats()).requests.PLAY, 1);
  });
}

Deno.test("a camera that takes only UDP is played over UDP when the transport is automatic", async () => {
  const cameras = { gate: { fps: 50, transports: ["udp"] as ("udp")[] } };
  await using server = await RtspRemote.start({ tracks: tracks(), cameras });
  const recorder = new RtspRecorder({ pictures: 20, indexes: true });
  assert.equal(await recorder.run(rtspCamera(server.url("gate"), { transport: "auto" })), "aborted");
  assertConsecutive(recorder.indexes, 100);
});

Deno.test("a camera is played over TLS", async () => {
  await using server = await RtspRemote.start({ tls: true, tracks: tracks(), cameras: { gate: { fps: 50 } } });
  assert.match(server.url("gate"), /^rtsps:/);
  const recorder = new RtspRecorder({ pictures: 60, indexes: true });
  assert.equal(await recorder.run(rtspCamera(server.url("gate"))), "aborted");
  assertConsecutive(recorder.indexes, 100);
});

Deno.test("H.265 and MJPEG cameras are played", async (t) => {
  const cameras = { hevc: { track: "hevc", fps: 50 }, mjpeg: { track: "mjpeg", fps: 50 } };
  await using server = await RtspRemote.start({ tracks: tracks(), cameras });
  for (const codec of ["hevc", "mjpeg"]) {
    await t.step(codec, async () => {
      const recorder = new RtspRecorder({ pictures: 30, indexes: codec === "hevc" || shade });
      assert.equal(await recorder.run(rtspCamera(server.url(codec))), "aborted");
      assert.equal(recorder.opens[0].codec, codec);
      assert.equal(recorder.opens[0].intraOnly, codec === "mjpeg");
      assertConsecutive(recorder.indexes, 50);
      assert.deepEqual(recorder.lostReasons, []);
    });
  }
});

Deno.test("a camera that says nothing of its video is opened at its next key frame", async () => {
  const cameras = { gate: { fps: 50, description: "bare", joinAt: 10 } as const };
  await using server = await RtspRemote.start({ tracks: tracks(), cameras });
  const recorder = new RtspRecorder({ pictures: 30, indexes: true });
  assert.equal(await recorder.run(rtspCamera(server.url("gate"))), "aborted");
  assert.deepEqual([recorder.opens[0].width, recorder.opens[0].height], [320, 240]);
  assert.equal(recorder.indexes[0], 25);
  assertConsecutive(recorder.indexes, 100);
});

Deno.test("the first picture comes as soon as the next one shows that it is whole", async () => {
  // Whoever waits for a few more, to get to know the stream, waits for ten seconds each.
  await using server = await RtspRemote.start({ tracks: tracks(), cameras: { gate: { fps: 0.1 } } });
  const recorder = new RtspRecorder({ pictures: 1 });
  assert.equal(await recorder.run(rtspCamera(server.url("gate"), { readTimeoutMs: 60_000 })), "aborted");
  const { frames } = await server.stats();
  assert.ok(frames.gate <= 2, `it took ${frames.gate} pictures`);
});

Deno.test("user names and passwords of all kinds are understood by both schemes, in the address and beside it", async (t) => {
  for (const scheme of ["basic", "digest"] as const) {
    const [username, password] = ["käthe o'neil", "p@ss:w/rd?#%&é"];
    const cameras = { gate: { fps: 50, credentials: { scheme, username, password } } };
    await using server = await RtspRemote.start({ tracks: tracks(), cameras });
    const userinfo = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
    const ways = {
      "in the address": { url: server.url("gate", userinfo) },
      "beside it": { url: server.url("gate", "somebody:else"), username, password },
    };
    for (const [name, { url, ...rest }] of Object.entries(ways)) {
      await t.step(`${scheme}, ${name}`, async () => {
        const recorder = new RtspRecorder({ pictures: 3 });
        assert.equal(await recorder.run(rtspCamera(url, rest)), "aborted");
      });
    }
  }
});

Deno.test("the wall clock at capture is the camera's own", async (t) => {
  const hourMs = 3_600_000;
  await using server = await RtspRemote.start({
    tracks: tracks(),
    cameras: { gate: { fps: 50, clockOffsetMs: -hourMs }, mute: { fps: 50, reportEveryMs: 0 } },
  });
  for (const transport of ["tcp", "udp"]) {
    await t.step(`over ${transport}`, async () => {
      const recorder = new RtspRecorder({ pictures: 60 });
      await recorder.run(rtspCamera(server.url("gate"), { transport }));
      const told = recorder.arrivals.filter(({ capturedAtMs }) => capturedAtMs !== undefined);
      assert.ok(told.length >= 50, `${told.length} of ${recorder.arrivals.length} frames tell when they were captured`);
      for (const { ptsUs, capturedAtMs, arrivedAtMs } of told) {
        const [first] = told;
        assert.ok(Math.abs(capturedAtMs! - first.capturedAtMs! - (ptsUs - first.ptsUs) / 1000) < 1, "it runs with PTS");
        const lateMs = arrivedAtMs - (capturedAtMs! + hourMs);
        assert.ok(lateMs > -50 && lateMs < 5000, `it arrived ${lateMs} ms after its capture`);
      }
    });
  }
  await t.step("and unknown where the camera does not tell", async () => {
    const recorder = new RtspRecorder({ pictures: 30 });
    await recorder.run(rtspCamera(server.url("mute")));
    assert.ok(recorder.arrivals.every(({ capturedAtMs }) => capturedAtMs === undefined));
  });
});

Deno.test("many readers of one camera do not disturb each other", async () => {
  await using server = await RtspRemote.start({ tracks: tracks(), cameras: { gate: {} } });
  const recorders = Array.from({ length: 6 }, () => new RtspRecorder({ pictures: 40, indexes: true }));
  const ends = await Promise.all(recorders.map((recorder) => recorder.run(rtspCamera(server.url("gate")))));
  assert.deepEqual(ends, recorders.map(() => "aborted"));
  for (const { indexes } of recorders) assertConsecutive(indexes, 100);
  assertNoPictures();
});
