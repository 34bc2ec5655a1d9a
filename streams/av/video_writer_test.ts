import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { clipFolder, paintFrame, readIndex } from "../../tests/support/clips.ts";
import { Decoder } from "./decoder.ts";
import { openInput } from "./input.ts";
import { livePictures, pictureFromPixels } from "./picture.ts";
import { VideoWriter, type VideoWriterOptions } from "./video_writer.ts";

const SIZE = { width: 320, height: 240, fps: 25 };
let count = 0;
const fresh = (extension: string) => join(clipFolder(), `written-${count++}${extension}`);

function left(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.part`);
}

async function read(path: string): Promise<{ index: number; ptsUs: number; width: number; height: number }[]> {
  const timeouts = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };
  await using input = await openInput(
    { url: `file:${path}`, protocolWhitelist: "file", ...timeouts },
    new AbortController().signal,
  );
  using decoder = new Decoder<number>(input.video);
  const frames: { index: number; ptsUs: number; width: number; height: number }[] = [];
  const take = ({ pictures }: ReturnType<typeof decoder.flush>) => {
    for (const { info, picture } of pictures) {
      using own = picture;
      frames.push({ index: readIndex(own), ptsUs: info, width: own.width, height: own.height });
    }
  };
  for (let packet = input.readPacketSync(); packet !== "ended"; packet = input.readPacketSync()) {
    take(decoder.decode(packet.packet, packet.ptsUs));
  }
  take(decoder.flush());
  return frames;
}

for (
  const [extension, codec] of [
    [".mp4", undefined],
    [".mov", "h264"],
    [".mkv", "hevc"],
    [".webm", undefined],
    [".webm", "av1"],
    [".ts", "h264"],
    [".avi", "mjpeg"],
  ] as const
) {
  Deno.test(`what is written to ${extension} as ${codec ?? "its default"} is read back, whole`, async () => {
    const path = fresh(extension);
    using writer = VideoWriter.open(path, { ...SIZE, ...(codec && { codec }) });
    for (let index = 0; index < 12; index++) {
      assert.ok(!existsSync(path), "the name appears when the file is whole");
      writer.write({ rgb: paintFrame(320, 240, index) }, index * 40_000);
    }
    assert.equal(writer.frames, 12);
    writer.close();
    writer.close();
    assert.ok(!existsSync(`${path}.part`));
    const frames = await read(path);
    assert.deepEqual(frames.map(({ index }) => index), [...Array(12).keys()]);
    frames.forEach(({ ptsUs }, index) => assert.ok(Math.abs(ptsUs - index * 40_000) <= 1000, `${ptsUs}`));
  });
}

Deno.test("pictures of any size and format are fitted into the file's", async () => {
  const path = fresh(".mp4");
  using writer = VideoWriter.open(path, SIZE);
  const gray = new Uint8Array(640 * 480).fill(255);
  using big = pictureFromPixels({ width: 640, height: 480, format: "gray", data: gray });
  using small = pictureFromPixels({ width: 33, height: 17, format: "rgb24", data: paintFrame(33, 17, 0) });
  writer.write(big, 0);
  writer.write(small, 40_000);
  writer.close();
  const frames = await read(path);
  assert.deepEqual(frames.map(({ index, width, height }) => [index, width, height]), [[255, 320, 240], [0, 320, 240]]);
  assert.equal(livePictures().count, 2);
});

Deno.test("odd sizes lose a row or column where the codec wants it so", async () => {
  for (
    const [codec, extension, width, height] of [
      ["h264", ".mp4", 320, 240],
      ["hevc", ".mp4", 320, 240],
      ["mjpeg", ".mkv", 321, 241],
      ["vp9", ".webm", 321, 241],
    ] as const
  ) {
    const path = fresh(extension);
    using writer = VideoWriter.open(path, { ...SIZE, width: 321, height: 241, codec });
    assert.deepEqual([writer.width, writer.height], [width, height]);
    writer.write({ rgb: paintFrame(321, 241, 42) }, 0);
    writer.close();
    const [frame] = await read(path);
    assert.deepEqual(frame, { index: 42, ptsUs: 0, width, height });
  }
});

Deno.test("times that stand still are pushed on, so that no frame is refused", async () => {
  const path = fresh(".mp4");
  using writer = VideoWriter.open(path, SIZE);
  for (const [index, ptsUs] of [0, 0, 0, 40_000, 39_000].entries()) {
    writer.write({ rgb: paintFrame(320, 240, index) }, ptsUs);
  }
  writer.close();
  assert.deepEqual((await read(path)).map(({ index }) => index), [0, 1, 2, 3, 4]);
});

Deno.test("a file that is not closed by its writer never gets its name", () => {
  const path = fresh(".mp4");
  {
    using writer = VideoWriter.open(path, SIZE);
    writer.write({ rgb: paintFrame(320, 240, 1) }, 0);
    assert.ok(existsSync(`${path}.part`));
  }
  assert.ok(!left(path));
});

Deno.test("a failed write says why and leaves no half file", () => {
  const path = fresh(".mp4");
  using writer = VideoWriter.open(path, SIZE);
  writer.write({ rgb: paintFrame(320, 240, 1) }, 0);
  assert.throws(() => writer.write({ rgb: new Uint8Array(10) }, 40_000), /320x240 out of 10 bytes/);
  assert.ok(!left(path));
  assert.throws(() => writer.write({ rgb: paintFrame(320, 240, 1) }, 80_000), /it is closed/);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

const REFUSED: [name: string, extension: string, options: Partial<VideoWriterOptions>, words: RegExp][] = [
  ["an unknown extension", ".xyz", {}, /the extension is none of \.mp4/],
  ["no rate", ".mp4", { fps: 0 }, /0 frames a second is no rate/],
  ["no size", ".mp4", { width: 1 }, /1x240 is too small for h264/],
  ["too small for AV1", ".mp4", { width: 32, height: 32, codec: "av1" }, /32x32 is too small for av1/],
];

for (const [name, extension, options, words] of REFUSED) {
  Deno.test(`a file cannot be started with ${name}`, () => {
    const path = fresh(extension);
    assert.throws(() => VideoWriter.open(path, { ...SIZE, ...options }), words);
    assert.ok(!left(path));
  });
}

Deno.test("a folder that is not there and a container that does not take the codec are told", () => {
  const path = join(clipFolder(), "no such folder", "a.mp4");
  assert.throws(() => VideoWriter.open(path, SIZE), /Cannot write .*no such folder.*No such file/);
  const webm = fresh(".webm");
  using writer = VideoWriter.open(webm, { ...SIZE, codec: "h264" });
  assert.throws(() => writer.write({ rgb: paintFrame(320, 240, 0) }, 0), /the container does not take h264/);
  assert.ok(!left(webm));
});

Deno.test("a target that cannot be replaced is told, and nothing stays beside it", () => {
  const path = fresh(".mp4");
  Deno.mkdirSync(path);
  using writer = VideoWriter.open(path, SIZE);
  writer.write({ rgb: paintFrame(320, 240, 0) }, 0);
  assert.throws(() => writer.close(), new RegExp(`Cannot write ${path}: `));
  assert.ok(!existsSync(`${path}.part`));
});

Deno.test("the index of a faststart MP4 comes before the pictures", () => {
  const at = (bytes: Uint8Array, word: string) => new TextDecoder("latin1").decode(bytes).indexOf(word);
  for (const faststart of [true, false]) {
    const path = fresh(".mp4");
    using writer = VideoWriter.open(path, { ...SIZE, faststart });
    for (let index = 0; index < 3; index++) writer.write({ rgb: paintFrame(320, 240, index) }, index * 40_000);
    writer.close();
    const bytes = Deno.readFileSync(path);
    assert.equal(at(bytes, "moov") < at(bytes, "mdat"), faststart);
  }
});
