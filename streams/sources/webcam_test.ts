import assert from "node:assert/strict";
import { nowMs } from "../../src/core/clock.ts";
import type { SentFrame } from "../../src/core/services.ts";
import { damagedPng, jpegImage, pngImage, webpImage } from "../../tests/support/images.ts";
import { RecordingSink, type RecordingSinkOptions } from "../../tests/support/recording_sink.ts";
import { livePictures } from "../av/picture.ts";
import { Inlet } from "./inlet.ts";
import { webcam, type WebcamConfig, webcamSchema } from "./webcam.ts";

/** A webcam that runs into a recording sink, with a sender at its other end. */
function rig(options: RecordingSinkOptions & { config?: Partial<WebcamConfig> } = {}) {
  const refusals: string[] = [];
  let credits = 0;
  const inlet = new Inlet({
    grant: (_, granted) => credits += granted,
    refuse: (_, { code }) => void refusals.push(code),
    renew: () => {},
  });
  const stop = new AbortController();
  const sink = new RecordingSink({ blind: true, ...options });
  const config = webcamSchema.parse({ kind: "webcam", ...options.config });
  const run = webcam.open(config, { stream: "test", inlet }).run(sink, stop.signal);
  inlet.setSender(1, 0);
  return {
    sink,
    refusals,
    inlet,
    credits: () => credits,
    send(bytes: Uint8Array, about: Partial<SentFrame> = {}) {
      inlet.push(1, { bytes, arrivedAtMs: nowMs(), ...about });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      assert.equal(await run, "aborted");
      inlet[Symbol.dispose]();
      assert.equal(sink.ledger.read().unaccounted, 0);
      assert.equal(sink.ledger.read().inFlight, 0);
      assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
    },
  };
}

Deno.test("a webcam is open once the first frame is there, and again when its size or kind changes", async () => {
  await using r = rig();
  assert.equal(r.sink.opens.length, 0);
  r.send(jpegImage(64, 48));
  r.send(jpegImage(64, 48));
  r.send(webpImage(32, 32));
  r.send(jpegImage(64, 48), { rotation: 90 });
  const opens = r.sink.opens.map(({ codec, width, height }) => `${codec} ${width}x${height}`);
  assert.deepEqual(opens, ["mjpeg 64x48", "webp 32x32", "mjpeg 48x64"]);
  assert.ok(r.sink.opens.every(({ live, intraOnly }) => live && intraOnly));
  assert.deepEqual(r.sink.frames.map(({ width, height }) => [width, height]), [[64, 48], [64, 48], [32, 32], [48, 64]]);
});

Deno.test("nothing is decoded that nobody looks at", async () => {
  const decodeMs: number[] = [];
  await using r = rig({ onDecoded: (_, picture) => void decodeMs.push(picture.decodeMs) });
  for (let n = 0; n < 3; n++) r.send(damagedPng(64, 48));
  assert.deepEqual(decodeMs, [0, 0, 0]);
  assert.equal(r.sink.ledger.read().completed, 3);
});

Deno.test("what is no image is counted as undecodable, before and after the first that is one", async () => {
  await using r = rig({ config: { maxPixels: 5000 } });
  r.send(new Uint8Array());
  r.send(jpegImage(64, 48));
  r.send(jpegImage(64, 48).subarray(0, 200));
  r.send(pngImage(100, 100));
  r.send(new TextEncoder().encode("<svg/>"));
  assert.deepEqual(r.refusals, ["truncated", "truncated", "too_large", "unsupported"]);
  const { received, completed, dropped } = r.sink.ledger.read();
  assert.deepEqual([received, completed, dropped.undecodable], [5, 1, 4]);
  assert.match(r.sink.losses[2].reason!, /100x100: at most 8192x8192 and 5000 pixels/);
});

Deno.test("a frame without a credit is counted, though its bytes never came this far", async () => {
  await using r = rig();
  r.inlet.push(1, undefined);
  r.send(jpegImage(64, 48));
  r.inlet.push(1, undefined);
  const { received, dropped } = r.sink.ledger.read();
  assert.deepEqual([received, dropped.overflow], [3, 2]);
});

Deno.test("when a frame was taken is what its sender says, unless no clock can show it", async () => {
  await using r = rig();
  r.send(jpegImage(16, 16), { capturedAtMs: 1_000_000 });
  r.send(jpegImage(16, 16), { capturedAtMs: 1_000_040.5 });
  for (const capturedAtMs of [Number.NaN, Infinity, 9e15]) r.send(jpegImage(16, 16), { capturedAtMs });
  const captured = r.sink.arrivals.map((arrival) => arrival.capturedAtMs);
  assert.deepEqual(captured, [1_000_000, 1_000_040.5, undefined, undefined, undefined]);
  assert.equal(r.sink.arrivals[1].ptsUs, 40_500);
  assert.ok(r.sink.arrivals.every(({ role }) => role === "key"));
});

Deno.test("the way a frame lies is the sender's word, then EXIF's; a mirrored one is turned round", async () => {
  const seen: string[] = [];
  const colour = ([red, green, blue]: Uint8Array) => green > 128 ? "white" : red > blue ? "red" : "blue";
  await using r = rig({
    onDecoded(_, picture) {
      const at = (x: number, y: number) =>
        colour(picture.pixels({ format: "rgb", region: { x, y, width: 1, height: 1 } }));
      seen.push([at(32, 2), at(61, 32), at(32, 61), at(2, 32)].join(" "));
    },
  });
  r.send(jpegImage(64, 64, { exif: 6 }));
  r.send(jpegImage(64, 64, { exif: 6 }), { rotation: 0 });
  r.send(jpegImage(64, 64, { exif: 6 }), { rotation: 180 });
  r.send(jpegImage(64, 64), { mirrored: true });
  const [turned, asItLies, upsideDown, mirrored] = seen.map((edges) => edges.split(" "));
  assert.deepEqual([turned[1], turned[0]], ["white", "red"]);
  assert.deepEqual([asItLies[0], asItLies[3]], ["white", "red"]);
  assert.deepEqual([upsideDown[2], upsideDown[1]], ["white", "red"]);
  assert.deepEqual([mirrored[0], mirrored[1]], ["white", "red"]);
});

Deno.test("without a way in there is nothing to open", () => {
  assert.throws(() => webcam.open(webcamSchema.parse({ kind: "webcam" }), { stream: "gate" }), /webcam gate/);
});
