import assert from "node:assert/strict";
import { join } from "node:path";
import { type SourceEnd, SourceError, type SourceErrorCode, type SourceProperties } from "../../src/core/source.ts";
import { clipFolder, corrupted, makeClip, makeSound, truncated, writeBytes } from "../../tests/support/clips.ts";
import { jpegImage, pngImage } from "../../tests/support/images.ts";
import { RecordingSink } from "../../tests/support/recording_sink.ts";
import { until } from "../../tests/support/until.ts";
import { livePictures } from "../av/picture.ts";
import { file, type FileConfig } from "./file.ts";

const never = new AbortController().signal;

async function play(
  path: string,
  options: Partial<FileConfig> & { sink?: RecordingSink; signal?: AbortSignal } = {},
): Promise<{ sink: RecordingSink; end: SourceEnd | SourceError }> {
  const { sink = new RecordingSink(), signal = never, ...config } = options;
  const source = file.open({ kind: "file", path, pace: "fast", loop: false, ...config }, { stream: "test" });
  const end = await source.run(sink, signal).catch((error) => {
    if (error instanceof SourceError) return error;
    throw error;
  });
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
  assert.equal(sink.ledger.read().unaccounted, 0);
  assert.equal(sink.ledger.read().inFlight, 0);
  return { sink, end };
}

function assertFails(end: SourceEnd | SourceError, code: SourceErrorCode, words: RegExp): void {
  assert.ok(end instanceof SourceError, `it ended: ${end}`);
  assert.equal(end.code, code, end.message);
  assert.match(end.message, words);
}

const CODECS: [string, Parameters<typeof makeClip>[0], Partial<SourceProperties>][] = [
  ["H.264", { codec: "h264", bframes: 0 }, { codec: "h264", frames: 50, durationMs: 2000 }],
  ["H.264 with B-frames", { codec: "h264", bframes: 3 }, { codec: "h264", frames: 50 }],
  ["H.264 in MPEG-TS", { codec: "h264", container: "ts" }, { codec: "h264" }],
  ["H.265", { codec: "hevc", container: "mkv" }, { codec: "hevc" }],
  ["H.265 with B-frames", { codec: "hevc", bframes: 3 }, { codec: "hevc", frames: 50 }],
  ["MJPEG", { codec: "mjpeg", container: "avi" }, { codec: "mjpeg", intraOnly: true }],
  ["VP9", { codec: "vp9", container: "webm" }, { codec: "vp9" }],
  ["AV1", { codec: "av1" }, { codec: "av1", frames: 50 }],
];

for (const [name, spec, expected] of CODECS) {
  Deno.test(`${name} plays, every picture under its own number and time`, async () => {
    const { sink, end } = await play(makeClip(spec));
    assert.equal(end, "ended");
    assert.equal(sink.opens.length, 1);
    const opened = sink.opens[0];
    assert.deepEqual({ ...opened, ...expected }, opened);
    assert.deepEqual([opened.width, opened.height, opened.fps, opened.live], [320, 240, 25, false]);
    assert.equal(sink.arrivals.length, 50);
    assert.deepEqual(sink.frames.map(({ index }) => index), Array.from({ length: 50 }, (_, index) => index));
    for (const { info, index, width, height } of sink.frames) {
      assert.ok(Math.abs(info.ptsUs - index * 40_000) <= 1000, `frame ${index} at ${info.ptsUs}`);
      assert.deepEqual([width, height], [320, 240]);
    }
    assert.equal(sink.arrivals[0].role, "key");
  });
}

Deno.test("B-frames that nothing refers to are told as disposable, and without them the rest decodes whole", async () => {
  const sink = new RecordingSink({ admit: ({ role }) => role !== "disposable" });
  const { end } = await play(makeClip({ codec: "h264", bframes: 3 }), { sink });
  assert.equal(end, "ended");
  const skipped = sink.arrivals.filter(({ role }) => role === "disposable").length;
  assert.ok(skipped > 0);
  assert.equal(sink.frames.length, 50 - skipped);
  assert.deepEqual(sink.losses, []);
  for (const { info, index } of sink.frames) assert.ok(Math.abs(info.ptsUs - index * 40_000) <= 1000);
});

for (const [degrees, width, height] of [[90, 240, 320], [180, 320, 240], [270, 240, 320]] as const) {
  Deno.test(`a clip to be turned by ${degrees} degrees comes upright`, async () => {
    const corners: number[][] = [];
    const sink = new RecordingSink({
      blind: true,
      onDecoded(_, picture) {
        const rgb = picture.pixels({ format: "rgb" });
        // The unturned picture is dark red and green at the bottom left, bright red at the bottom right.
        corners.push(
          [3, picture.width - 4].flatMap((x) => [3, picture.height - 4].map((y) => rgb[(y * picture.width + x) * 3])),
        );
      },
    });
    const { end } = await play(makeClip({ rotation: degrees, frames: 3 }), { sink });
    assert.equal(end, "ended");
    assert.deepEqual([sink.opens[0].width, sink.opens[0].height], [width, height]);
    assert.deepEqual([sink.frames[0].width, sink.frames[0].height], [width, height]);
    // Red grows from left to right in the clip: top to bottom once it is turned clockwise, and so on.
    const [topLeft, bottomLeft, topRight, bottomRight] = corners[0];
    if (degrees === 90) assert.ok(bottomLeft > topLeft + 100, String(corners[0]));
    if (degrees === 180) assert.ok(topLeft > topRight + 100, String(corners[0]));
    if (degrees === 270) assert.ok(topRight > bottomRight + 100, String(corners[0]));
  });
}

Deno.test("a variable frame rate keeps every frame's own time", async () => {
  const times = [0, 40_000, 50_000, 200_000, 1_200_000, 1_233_000, 1_300_000];
  const path = makeClip({ frames: times.length, ptsUs: (index) => times[index], bframes: 2 });
  const { sink, end } = await play(path);
  assert.equal(end, "ended");
  assert.equal(sink.frames.length, times.length);
  sink.frames.forEach(({ info, index }) => assert.ok(Math.abs(info.ptsUs - times[index]) < 100, `frame ${index}`));
});

Deno.test("a 4K clip plays", async () => {
  const { sink, end } = await play(makeClip({ width: 3840, height: 2160, frames: 3 }));
  assert.equal(end, "ended");
  assert.deepEqual(sink.frames.map(({ index, width, height }) => [index, width, height]), [
    [0, 3840, 2160],
    [1, 3840, 2160],
    [2, 3840, 2160],
  ]);
});

Deno.test("a clip of odd size comes in even size, nothing scaled", async () => {
  const { sink, end } = await play(makeClip({ width: 321, height: 241, frames: 5 }));
  assert.equal(end, "ended");
  assert.deepEqual([sink.opens[0].width, sink.opens[0].height], [320, 240]);
  assert.deepEqual(sink.frames.map(({ index }) => index), [0, 1, 2, 3, 4]);
});

for (const container of ["mp4", "mkv", "ts"] as const) {
  const outcome = container === "ts" ? "ends, for it keeps no length," : "is an error, not an end,";
  Deno.test(`a ${container} file cut short ${outcome} after its last whole frame`, async () => {
    const whole = makeClip({ container, frames: 100, faststart: true, gop: 10, fps: 10 });
    const { sink, end } = await play(truncated(whole, 0.6));
    if (container === "ts") assert.equal(end, "ended");
    else assertFails(end, "truncated", /cut-0\.6.*(ends (after|at)|further|Cannot read)/);
    assert.ok(sink.frames.length > 20 && sink.frames.length < 90, `${sink.frames.length} frames`);
    sink.frames.forEach(({ index, info }) => assert.ok(Math.abs(info.ptsUs - index * 100_000) <= 1000));
  });
}

Deno.test("a single image is a film of one frame, whatever it is called", async () => {
  const images: [name: string, bytes: Uint8Array][] = [
    ["still.jpg", jpegImage(320, 240)],
    ["STILL.JPEG", jpegImage(320, 240)],
    ["still", jpegImage(320, 240)],
    ["still.png", pngImage(320, 240)],
  ];
  for (const [name, bytes] of images) {
    const { sink, end } = await play(writeBytes(bytes, name), { sink: new RecordingSink({ blind: true }) });
    assert.equal(end, "ended", `${name}: ${end}`);
    assert.deepEqual(sink.frames.map(({ width, height }) => [width, height]), [[320, 240]], name);
  }
  const text = writeBytes(new TextEncoder().encode("not a picture at all\n".repeat(100)), "text.jpg");
  assert.ok((await play(text)).end instanceof SourceError);
});

Deno.test("an MP4 without its index is invalid", async () => {
  assertFails((await play(truncated(makeClip(), 0.6))).end, "invalid", /Invalid data/);
});

Deno.test("files that hold nothing to play fail with their cause", async () => {
  const folder = join(clipFolder(), "a folder");
  Deno.mkdirSync(folder, { recursive: true });
  const junk = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919) >> 3);
  assertFails((await play(join(clipFolder(), "absent.mp4"))).end, "not_found", /absent\.mp4: there is no such file/);
  assertFails((await play(folder)).end, "invalid", /it is a directory/);
  assertFails((await play(writeBytes(new Uint8Array(), "empty.mp4"))).end, "empty", /it is empty/);
  assertFails((await play(writeBytes(junk, "junk.mp4"))).end, "invalid", /junk\.mp4/);
  assertFails((await play(makeSound())).end, "no_video", /it has no video/);
  assertFails((await play(makeClip({ frames: 0 }))).end, "no_video", /it has no video/);
  assertFails((await play(makeClip({ frames: 0, container: "mkv" }))).end, "empty", /holds nothing/);
  assertFails(
    (await play(makeClip({ frames: 0, container: "avi", codec: "mjpeg" }))).end,
    "empty",
    /its video has no frames/,
  );
});

Deno.test("a playlist is refused: it names files that nobody has checked", async () => {
  const target = makeClip();
  const hls = new TextEncoder().encode(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${target}\n#EXT-X-ENDLIST\n`);
  const concat = new TextEncoder().encode(`ffconcat version 1.0\nfile '${target}'\n`);
  for (const [bytes, name] of [[hls, "list.m3u8"], [concat, "list.ffconcat"]] as const) {
    const { sink, end } = await play(writeBytes(bytes, name));
    assertFails(end, "unsupported", new RegExp(`${name}: its format is none of those`));
    assert.equal(sink.frames.length, 0);
  }
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  Deno.test(`a damaged H.264 file (seed ${seed}) accounts for every frame and never mixes them up`, async () => {
    const whole = makeClip({ container: "mkv", frames: 200, gop: 20, bframes: seed % 3, width: 480, height: 320 });
    const sink = new RecordingSink({ blind: true });
    const { end } = await play(corrupted(whole, { seed, flips: 40, sparing: 1000 }), { sink });
    assert.ok(end === "ended" || end instanceof SourceError);
    assert.ok(sink.arrivals.length > 0);
    assert.ok(sink.frames.length > 0);
    const { received, completed, dropped } = sink.ledger.read();
    assert.equal(received, completed + dropped.undecodable);
    assert.ok(sink.losses.every(({ cause, reason }) => cause === "undecodable" && reason));
  });
}

Deno.test("a loop starts over without its times ever falling back", async () => {
  const stop = new AbortController();
  const sink = new RecordingSink({
    onDecoded: () => {
      if (sink.frames.length >= 60) stop.abort();
    },
  });
  const path = makeClip({ frames: 20, bframes: 2 });
  const { end } = await play(path, { sink, loop: true, signal: stop.signal });
  assert.equal(end, "aborted");
  assert.deepEqual(sink.frames.slice(0, 60).map(({ index }) => index), Array.from({ length: 60 }, (_, i) => i % 20));
  sink.frames.forEach(({ info }, position) => {
    assert.ok(Math.abs(info.ptsUs - position * 40_000) <= 1000, `frame ${position} at ${info.ptsUs}`);
  });
  assert.equal(sink.opens.length, 1);
});

Deno.test("in real time frames come when they are due, in their order", async () => {
  const path = makeClip({ frames: 12, fps: 20, bframes: 0 });
  const started = performance.now();
  const { sink, end } = await play(path, { pace: "realtime" });
  assert.equal(end, "ended");
  const arrivals = sink.arrivals.map(({ arrivedAtMs }) => arrivedAtMs);
  assert.ok(arrivals.every((at, index) => index === 0 || at >= arrivals[index - 1]));
  assert.ok(arrivals.at(-1)! - arrivals[0] >= 500, "eleven intervals of 50 ms, less what the timers lead");
  assert.ok(performance.now() - started >= 500);
});

Deno.test("a source that is held back stops at once when it is aborted", async () => {
  const stop = new AbortController();
  const held = Promise.withResolvers<void>();
  const sink = new RecordingSink({
    onDecoded() {
      setTimeout(() => stop.abort(), 1);
      return held.promise;
    },
  });
  const { end } = await play(makeClip(), { sink, signal: stop.signal });
  assert.equal(end, "aborted");
  assert.equal(sink.frames.length, 1);
  held.resolve();
});

Deno.test("a file that runs as fast as it can still lets messages through", async () => {
  let turns = 0;
  const ticker = setInterval(() => turns++, 1);
  await play(makeClip({ frames: 200, container: "mkv", gop: 20, width: 480, height: 320 }));
  clearInterval(ticker);
  assert.ok(turns >= 3, `${turns} turns of the loop`);
});

Deno.test("a path is resolved before FFmpeg sees it", async () => {
  const link = join(clipFolder(), "%d link:with=signs.mp4");
  Deno.symlinkSync(makeClip(), link);
  const { sink, end } = await play(link);
  assert.equal(end, "ended");
  assert.equal(sink.frames.length, 50);
});

Deno.test({
  name: "playing a file two hundred times leaves no descriptor and no thread behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const count = (folder: string) => [...Deno.readDirSync(`/proc/self/${folder}`)].length;
    const path = makeClip({ frames: 3, width: 64, height: 48 });
    for (let index = 0; index < 20; index++) await play(path);
    const before = { descriptors: count("fd"), threads: count("task") };
    for (let index = 0; index < 200; index++) assert.equal((await play(path)).end, "ended");
    let after = before;
    // A thread that was told to end takes a while to be gone.
    await until(() => {
      after = { descriptors: count("fd"), threads: count("task") };
      return after.descriptors <= before.descriptors && after.threads <= before.threads + 2;
    }, () => JSON.stringify({ before, after }));
  },
});

const ffmpeg = await new Deno.Command("ffmpeg", { args: ["-version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
if (!ffmpeg) Deno.stderr.writeSync(new TextEncoder().encode("skipped: a test of cut files wants the ffmpeg command\n"));

Deno.test({
  name: "frames that only lead up to the start of a cut are decoded but not shown",
  ignore: !ffmpeg,
  async fn() {
    const whole = makeClip({ frames: 100, gop: 50, bframes: 2 });
    const cut = join(clipFolder(), "cut.mp4");
    const args = ["-v", "error", "-ss", "2.52", "-i", whole, "-c", "copy", cut];
    assert.ok((await new Deno.Command("ffmpeg", { args }).output()).success);
    const { sink, end } = await play(cut);
    assert.equal(end, "ended");
    assert.deepEqual(sink.losses, []);
    assert.deepEqual(sink.frames.map(({ index }) => index), Array.from({ length: 37 }, (_, index) => index + 63));
    assert.equal(sink.opens[0].frames, undefined, "the file's own count is of more than it shows");
  },
});
