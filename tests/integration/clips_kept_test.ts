import assert from "node:assert/strict";
import { join } from "node:path";
import type { FrameInfo, Picture } from "../../src/core/frame.ts";
import type { Arrival, SourceSink } from "../../src/core/source.ts";
import { counterRegion, readCounter } from "../../src/vision/counter_code.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { createCounterScene } from "../../streams/scenes/counter_scene.ts";
import { file } from "../../streams/sources/file.ts";
import { readIndex } from "../support/clips.ts";
import { GuestServer } from "../support/guest_server.ts";
import { inDirectory } from "../support/in_directory.ts";
import { jpegPixels } from "../support/jpeg_picture.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";
import { until } from "../support/until.ts";

/** Renders the counter, 25 frames a second with a key frame each second. */
function counterClip(path: string, frames: number): void {
  const [width, height, fps] = [640, 360, 25];
  const scene = createCounterScene({ seed: 1, width, height, fps });
  using writer = VideoWriter.open(path, { width, height, fps, gop: 25 });
  for (let n = 0; n < frames; n++) {
    const { pixels, ptsUs } = scene.next();
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: pixels, ptsUs });
    writer.write(picture, ptsUs);
  }
  writer.close();
}

/** What a look at every picture of a file gives. */
async function look<T>(path: string, at: (picture: Picture) => T): Promise<T[]> {
  const seen: T[] = [];
  let seq = 0;
  const sink: SourceSink = {
    opened() {},
    arrived: ({ ptsUs, arrivedAtMs }: Arrival) => {
      const info: FrameInfo = { stream: "s", epoch: 1, seq: ++seq, ptsUs, arrivedAtMs };
      return { info, decode: true };
    },
    decoded(_info, picture) {
      seen.push(at(picture));
      picture[Symbol.dispose]();
    },
    lost: (_info, _cause, reason) => assert.fail(`A frame of the clip is lost: ${reason}`),
  };
  const config = { kind: "file", path, pace: "fast", loop: false } as const;
  assert.equal(await file.open(config, { stream: "s" }).run(sink, new AbortController().signal), "ended");
  return seen;
}

/** Fetches a kept clip and looks at its pictures. */
async function lookAtClip<T>(server: GuestServer, id: string, at: (picture: Picture) => T): Promise<T[]> {
  const response = await fetch(`${server.url}/api/v1/captures/${id}/media`);
  assert.equal(response.headers.get("content-type"), "video/mp4");
  const path = await Deno.makeTempFile({ prefix: "weir-test-", suffix: ".mp4" });
  try {
    await Deno.writeFile(path, await response.bytes());
    return await look(path, at);
  } finally {
    await Deno.remove(path);
  }
}

const clipsOf = async (server: GuestServer) => (await server.ask("GET", "/api/v1/captures?kind=clip")).captures;

Deno.test("on an alert the video around it is kept as it came: every frame from the key frame before on", async () => {
  await inDirectory(async (directory) => {
    counterClip(join(directory, "counter.mp4"), 300);
    await using server = await GuestServer.start({ sources: { mediaRoot: directory } });
    await server.ask("POST", "/api/v1/streams", {
      id: "count",
      source: { kind: "file", path: join(directory, "counter.mp4"), pace: "fast" },
      pipeline: [{ analyzer: "counter" }, { analyzer: "alert", when: "counter.value == 130", picture: false }],
      capture: { onAlert: true, clips: { beforeSeconds: 2, afterSeconds: 1.5 } },
    });
    await until(async () => (await clipsOf(server)).length === 1, "a clip is kept");
    const [{ id, width, height, reasons }] = await clipsOf(server);
    assert.deepEqual([width, height, reasons], [640, 360, ["alert"]]);
    const small = await fetch(`${server.url}/api/v1/captures/${id}/media?width=320`);
    const pixels = await jpegPixels(await small.bytes());
    assert.deepEqual([pixels.width, pixels.height], [320, 180], "its first picture");
    const read = (picture: Picture) => {
      const { width, height } = picture;
      return readCounter(picture.pixels({ format: "gray", region: counterRegion(width, height) }), width, height);
    };
    const numbers = await lookAtClip(server, id, read);
    // Two seconds before frame 130 is frame 80, and the key frame before that 75; frame 167 is 1.48 s after it.
    const last = numbers.at(-1)!;
    assert.deepEqual(numbers, Array.from({ length: last - 74 }, (_, n) => 75 + n));
    assert.ok(last >= 167 && last <= 170, `it ends with frame ${last}`);
    const document = await server.ask("GET", `/api/v1/captures/${id}`);
    assert.equal(document.alerts[0].alert, "alert");
    assert.equal(document.packets, numbers.length);
    assert.equal(document.codec, "h264");
    // The frame of the alert itself is kept as a picture, too.
    await until(async () => (await server.ask("GET", "/api/v1/captures")).captures.length === 2, "and a picture");
    const [{ id: frame }] = (await server.ask("GET", "/api/v1/captures?kind=frame")).captures;
    const { result, reasons: why, alerts } = await server.ask("GET", `/api/v1/captures/${frame}`);
    assert.deepEqual([result.outputs.counter.value, why, alerts.length], [130, ["alert"], 1]);
    const status = async () => (await server.ask("GET", "/api/v1/streams/count")).status;
    await until(async () => (await status()).state === "stopped", "the end of the file");
    const { frames } = await status();
    assert.deepEqual([frames.unaccounted, frames.completed], [0, 300]);
  });
});

for (const codec of ["h264", "hevc"] as const) {
  Deno.test(`a camera's video around an alert is kept: ${codec}`, async () => {
    await using camera = await RtspRemote.start({
      tracks: { main: makeTrack({ frames: 200, codec, gop: 25, crf: 14 }) },
      cameras: { gate: { fps: 25 } },
    });
    await using server = await GuestServer.start();
    await server.run({
      id: "gate",
      source: { kind: "rtsp", url: camera.url("gate") },
      pipeline: [{ analyzer: "alert", when: "true", cooldownS: 3600, picture: false }],
      policy: { maxAgeMs: 5000 },
      capture: { clips: { beforeSeconds: 1, afterSeconds: 2 } },
    });
    await until(async () => (await clipsOf(server)).length === 1, "a clip is kept");
    const [{ id }] = await clipsOf(server);
    const marks = await lookAtClip(server, id, readIndex);
    assert.equal(marks[0], 0, "it begins with the first key frame");
    assert.deepEqual(marks, Array.from(marks, (_, n) => n));
    assert.ok(marks.length >= 50, `${marks.length} frames`);
    const { status: { capture, memoryBoundBytes } } = await server.ask("GET", "/api/v1/streams/gate");
    assert.ok(capture.clips.heldBytes > 0 && capture.clips.boundBytes === 3 * 64 * 2 ** 20);
    assert.ok(memoryBoundBytes > capture.clips.boundBytes);
  });
}

Deno.test("a source without encoded video keeps no clip, and says why", async () => {
  await using server = await GuestServer.start();
  await server.run({
    id: "scene",
    source: { kind: "scene", scene: "counter", width: 320, height: 180 },
    pipeline: [{ analyzer: "alert", when: "true", cooldownS: 3600, picture: false }],
    capture: { clips: {} },
  });
  const usage = async () => (await server.ask("GET", "/api/v1/streams/scene")).status.capture.clips;
  await until(async () => (await usage()).missed === 1, "the alert gets no clip");
  assert.match((await usage()).fault, /no encoded video/);
});
