import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import { Ledger } from "../src/core/ledger.ts";
import type { Detection, ResultEnvelope } from "../src/core/results.ts";
import { readCounter, writeCounter } from "../src/vision/counter_code.ts";
import { colourOf } from "../src/vision/palette.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import { jpegPixels } from "../tests/support/jpeg_picture.ts";
import { livePictures, pictureFromPixels } from "./av/picture.ts";
import { FrameInWork } from "./frame_in_work.ts";
import { type AnsweredPicture, Pictures } from "./pictures.ts";

const WIDTH = 640, HEIGHT = 360;
const plain = { key: "plain", overlay: false, quality: 90 };
const half = { key: "half", overlay: false, width: 320, quality: 90 };
const drawn = { key: "drawn", overlay: true, width: 320, quality: 95 };
const ALL = 1000;

/** One frame with a number burned in, and something found in its lower half. */
function frameOf(seq: number): { frame: FrameInWork; result: ResultEnvelope } {
  const data = new Uint8Array(WIDTH * HEIGHT * 3).fill(60);
  writeCounter(data, WIDTH, HEIGHT, seq);
  const picture = pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "rgb24", data });
  const ledger = new Ledger();
  ledger.receive(seq);
  const info = { stream: "cam", epoch: 1, seq, ptsUs: seq * 40_000, arrivedAtMs: nowMs() };
  const box: Detection["box"] = [200, 200, 240, 120];
  const detections = [{ box, label: "thing", classId: 0, score: 0.9, keypoints: [[320, 260, 1]] }];
  const result: ResultEnvelope = {
    v: 1,
    type: "result",
    stream: "cam",
    epoch: 1,
    seq,
    pts: seq * 0.04,
    frame: { width: WIDTH, height: HEIGHT },
    outputs: { detect: { model: "tiny", detections }, count: { value: 1 } },
  };
  return { frame: new FrameInWork(info, picture, ledger), result };
}

function push(pictures: Pictures, seq: number): AnsweredPicture[] {
  const { frame, result } = frameOf(seq);
  const answered: AnsweredPicture[] = [];
  pictures.push(frame, result, (picture) => answered.push(picture));
  frame.complete();
  assert.equal(livePictures().count, 0);
  return answered;
}

Deno.test("while nobody watches, a frame's pixels are not even looked at", () => {
  const pictures = new Pictures();
  const { frame, result } = frameOf(1);
  frame.complete();
  const unseen = new FakePicture();
  unseen.pixels = () => assert.fail("somebody looked");
  pictures.push({ picture: unseen } as unknown as FrameInWork, result, () => assert.fail("a picture came"));
  pictures.watch([{ ...plain, fps: ALL }]);
  pictures.watch([]);
  pictures.once(plain, true);
  pictures.once(plain, false);
  pictures.push({ picture: unseen } as unknown as FrameInWork, result, () => assert.fail("a picture came"));
  assert.deepEqual([pictures.usage, unseen.held], [{ encoded: 0, failed: 0, missed: 0 }, 1]);
});

Deno.test("equal wishes share one encoding, whatever they are called, and pictures are never scaled up", async () => {
  const pictures = new Pictures();
  pictures.watch([{ ...plain, fps: ALL }, { ...plain, key: "wide", width: 4000, fps: ALL }, { ...half, fps: ALL }]);
  pictures.once({ ...plain, key: "exact", width: WIDTH }, true);
  const answered = push(pictures, 77);
  assert.deepEqual(answered.map(({ keys }) => keys), [["exact", "plain", "wide"], ["half"]]);
  assert.deepEqual(answered.map(({ width, height }) => [width, height]), [[640, 360], [320, 180]]);
  assert.equal(pictures.usage.encoded, 2);
  for (const { jpeg, seq, width, height } of answered) {
    const pixels = await jpegPixels(jpeg);
    assert.deepEqual([pixels.width, pixels.height], [width, height]);
    assert.equal(readCounter(pixels.gray, width, height), seq);
  }
});

Deno.test("a picture that is asked for once comes once", () => {
  const pictures = new Pictures();
  pictures.once(plain, true);
  assert.deepEqual(push(pictures, 1).map(({ seq }) => seq), [1]);
  assert.deepEqual(push(pictures, 2), []);
});

Deno.test("pictures that nobody takes do not pile up", () => {
  const pictures = new Pictures();
  pictures.watch([{ ...half, fps: 1e9 }]);
  let came = 0;
  for (let seq = 1; seq <= 12; seq++) came += push(pictures, seq).length;
  assert.deepEqual([came, pictures.usage.missed], [8, 4]);
  pictures.once(plain, true);
  assert.equal(push(pictures, 13).length, 0);
  for (let n = 0; n < 2; n++) pictures.taken();
  assert.deepEqual(push(pictures, 14).map(({ keys }) => keys), [["plain"], ["half"]]);
});

Deno.test("what is found is drawn where it is, at the size asked for", async () => {
  const pictures = new Pictures();
  pictures.watch([{ ...drawn, fps: ALL }, { ...half, fps: ALL }]);
  const answered = push(pictures, 5);
  const withBox = await jpegPixels(answered.find(({ keys }) => keys[0] === "drawn")!.jpeg);
  const without = await jpegPixels(answered.find(({ keys }) => keys[0] === "half")!.jpeg);
  assert.deepEqual([withBox.width, withBox.height], [320, 180]);
  assert.equal(readCounter(withBox.gray, 320, 180), 5);
  const at = ({ rgb }: { rgb: Uint8Array }, x: number, y: number) => [...rgb.subarray((y * 320 + x) * 3).slice(0, 3)];
  const off = (a: number[], b: readonly number[]) => Math.max(...a.map((value, n) => Math.abs(value - b[n])));
  // The box's upper edge at half the size, and a place well inside it.
  const edge = [...Array(5).keys()].map((n) => off(at(withBox, 140, 98 + n), colourOf(0)));
  assert.ok(Math.min(...edge) < 70, `${edge}`);
  assert.ok(off(at(withBox, 140, 140), at(without, 140, 140)) < 12);
  assert.ok(off(at(withBox, 160, 130), at(without, 160, 130)) > 40, "the keypoint");
});

Deno.test("a picture that cannot be made is counted, and who waits gets a later frame's", () => {
  const pictures = new Pictures();
  pictures.once(plain, true);
  const { frame, result } = frameOf(1);
  const broken = new FakePicture();
  broken.pixels = () => {
    throw new Error("no such bits");
  };
  pictures.push({ picture: broken } as unknown as FrameInWork, result, () => assert.fail("a picture came"));
  frame.complete();
  assert.deepEqual(pictures.usage, { encoded: 0, failed: 1, missed: 0, fault: "no such bits" });
  assert.equal(push(pictures, 2).length, 1);
});
