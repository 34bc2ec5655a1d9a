import assert from "node:assert/strict";
import { SourceError } from "../../src/core/source.ts";
import { RecordingSink } from "../../tests/support/recording_sink.ts";
import { livePictures } from "../av/picture.ts";
import { camera, type CameraConfig, cameraSchema } from "./camera.ts";

const config = (options: Partial<CameraConfig> & { device: string }) =>
  cameraSchema.parse({ kind: "camera", format: "lavfi", ...options });

const run = (options: Partial<CameraConfig> & { device: string }, sink: RecordingSink, signal: AbortSignal) =>
  camera.open(config(options), { stream: "test" }).run(sink, signal);

Deno.test("a camera gives pictures until it is told to stop", async () => {
  const stop = new AbortController();
  const sink = new RecordingSink({ blind: true, onDecoded: () => void (sink.frames.length === 20 && stop.abort()) });
  assert.equal(await run({ device: "testsrc2=size=320x240:rate=50,realtime" }, sink, stop.signal), "aborted");
  const [opened] = sink.opens;
  assert.deepEqual([opened.width, opened.height, opened.live, opened.intraOnly], [320, 240, true, true]);
  assert.ok(sink.frames.length >= 20);
  assert.deepEqual([sink.frames[0].width, sink.frames[0].height], [320, 240]);
  const times = sink.arrivals.map(({ ptsUs }) => ptsUs);
  assert.ok(times.every((time, index) => time === index * 20_000), String(times));
  assert.ok(sink.arrivals.every(({ role }) => role === "key"));
  assert.equal(sink.ledger.read().unaccounted, 0);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a camera's pictures are those that it shows", async () => {
  const stop = new AbortController();
  const seen: number[][] = [];
  const sink = new RecordingSink({
    blind: true,
    onDecoded(_, picture) {
      seen.push([...picture.pixels({ format: "rgb", region: { x: 5, y: 5, width: 1, height: 1 } })]);
      stop.abort();
    },
  });
  await run({ device: "color=c=0xC08040:size=64x48:rate=30" }, sink, stop.signal);
  [192, 128, 64].forEach((value, channel) => assert.ok(Math.abs(seen[0][channel] - value) <= 3, String(seen[0])));
});

Deno.test("a camera that stops by itself has failed: closed", async () => {
  const sink = new RecordingSink({ blind: true });
  const failure = await run({ device: "testsrc2=size=64x48:rate=100:duration=0.2" }, sink, new AbortController().signal)
    .catch((error) => error);
  assert.ok(failure instanceof SourceError);
  assert.equal(failure.code, "closed");
  assert.ok(!failure.hopeless);
  assert.equal(sink.frames.length, 20);
});

Deno.test("a camera that is not there is told, with those that are", async () => {
  for (const device of ["87", "/dev/video87", "No Such Camera"]) {
    const source = camera.open(cameraSchema.parse({ kind: "camera", device }), { stream: "test" });
    const failure = await source.run(new RecordingSink(), new AbortController().signal).catch((error) => error);
    assert.ok(failure instanceof SourceError, String(failure));
    if (Deno.build.os !== "linux") continue;
    assert.equal(failure.code, "not_found");
    assert.match(failure.message, new RegExp(`Cannot open camera ${device}: (no camera is connected|there are: )`));
  }
});

Deno.test("a graph of test pictures may not reach for files or the network", () => {
  const reaching = ["movie=/etc/passwd", "testsrc2,movie=a.mp4[b]", "color,subtitles=x", "[in]amovie=x", "lut3d=f", ""];
  for (const device of [...reaching, "life=filename=/etc/passwd", "cellauto=f=/etc/passwd"]) {
    assert.ok(!cameraSchema.safeParse({ kind: "camera", format: "lavfi", device }).success, device);
  }
  assert.ok(
    cameraSchema.safeParse({ kind: "camera", format: "lavfi", device: "testsrc2 = size=64x48 , hflip" }).success,
  );
  assert.ok(!cameraSchema.safeParse({ kind: "camera", width: 640 }).success);
});

Deno.test("camera:0, camera: and camera:/dev/video2 are words for cameras", () => {
  assert.deepEqual(camera.shorthand!("camera:0"), { kind: "camera", device: "0" });
  assert.deepEqual(camera.shorthand!("camera:"), { kind: "camera", device: "0" });
  assert.deepEqual(camera.shorthand!("camera:/dev/video2"), { kind: "camera", device: "/dev/video2" });
  assert.equal(camera.shorthand!("cameras.mp4"), undefined);
});
