import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { paintFrame, readIndex } from "../../tests/support/clips.ts";
import { AvPicture, livePictures, newFrame, onPictureLeak, pictureFromPixels, UndecodableError } from "./picture.ts";
import { AV_PIX_FMT_GRAY8 } from "node-av/constants";

const small = () => pictureFromPixels({ width: 64, height: 48, format: "rgb24", data: paintFrame(64, 48, 77) });

Deno.test("the pixels of a picture live as long as its last reference", () => {
  const first = small();
  const second = first.retain();
  assert.equal(livePictures().count, 2);
  first[Symbol.dispose]();
  assert.equal(readIndex(second), 77);
  assert.ok(livePictures().bytes >= 64 * 48 * 3);
  second[Symbol.dispose]();
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a reference is disposed once, and is of no use after that", () => {
  const picture = small();
  const other = picture.retain();
  picture[Symbol.dispose]();
  assert.throws(() => picture[Symbol.dispose](), /twice/);
  assert.throws(() => picture.retain(), /after it was disposed/);
  assert.throws(() => picture.pixels({ format: "rgb" }), /after it was disposed/);
  assert.equal(readIndex(other), 77, "the other reference is untouched by the mistake");
  other[Symbol.dispose]();
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a picture that nobody disposed raises the alarm when it is collected, and its pixels are freed", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const leak = Promise.withResolvers<{ width: number; height: number }>();
  onPictureLeak(leak.resolve);
  (() => void small())();
  const poll = setInterval(collect, 5);
  assert.deepEqual(await leak.promise, { width: 64, height: 48 });
  clearInterval(poll);
  onPictureLeak(undefined);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("pixels in memory become pictures in every format, rows of any length", () => {
  for (const [width, height] of [[64, 48], [63, 47], [1, 1], [17, 2]]) {
    const gray = Uint8Array.from({ length: width * height }, (_, index) => (index * 3) % 256);
    using picture = pictureFromPixels({ width, height, format: "gray", data: gray });
    assert.deepEqual(picture.pixels({ format: "gray" }), gray);
    const rgb = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 7) % 256);
    using coloured = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
    assert.deepEqual(coloured.pixels({ format: "rgb" }), rgb);
    const rgba = Uint8Array.from(
      { length: width * height * 4 },
      (_, index) => index % 4 === 3 ? 255 : (index * 5) % 256,
    );
    using clear = pictureFromPixels({ width, height, format: "rgba", data: rgba });
    assert.deepEqual(clear.pixels({ format: "rgb" }), rgba.filter((_, index) => index % 4 !== 3));
    const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
    const yuv = new Uint8Array(width * height + 2 * chroma).fill(128).fill(235, 0, width * height);
    using white = pictureFromPixels({ width, height, format: "yuv420p", data: yuv });
    assert.ok(white.pixels({ format: "rgb" }).every((value) => value >= 253));
  }
});

Deno.test("pixels that do not make the picture up are refused", () => {
  const data = new Uint8Array(10);
  assert.throws(
    () => pictureFromPixels({ width: 2, height: 2, format: "rgb24", data }),
    /out of 10 bytes: it takes 12/,
  );
  assert.throws(() => pictureFromPixels({ width: 0, height: 2, format: "gray", data: new Uint8Array() }), RangeError);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a region is asked for by whole pixels inside the picture, and scaled when a size is given", () => {
  using picture = small();
  const whole = picture.pixels({ format: "rgb" });
  const region = { x: 5, y: 7, width: 9, height: 11 };
  const cut = picture.pixels({ format: "rgb", region });
  for (let y = 0; y < 11; y++) {
    for (let x = 0; x < 9 * 3; x++) assert.equal(cut[y * 27 + x], whole[(y + 7) * 64 * 3 + 5 * 3 + x]);
  }
  assert.equal(picture.pixels({ format: "rgb", region, width: 3, height: 4 }).length, 36);
  assert.equal(picture.pixels({ format: "gray", width: 10, height: 10 }).length, 100);
  for (const bad of [{ x: -1 }, { y: 40 }, { width: 0 }, { x: 0.5 }, { width: 65, x: 0 }]) {
    assert.throws(() => picture.pixels({ format: "rgb", region: { ...region, ...bad } }), /region/);
  }
  assert.throws(() => picture.pixels({ format: "rgb", width: 0 }), /scale/);
});

Deno.test("a lazy picture decodes once, at first look, and takes the frame's true size", () => {
  let decoded = 0;
  let released = 0;
  const lazy = AvPicture.lazy({
    width: 10,
    height: 10,
    sizeBytes: 1234,
    decode() {
      decoded++;
      return AvPicture.of(newFrame(32, 16, AV_PIX_FMT_GRAY8));
    },
    release: () => released++,
  });
  assert.deepEqual(livePictures(), { count: 1, bytes: 1234 });
  assert.deepEqual([lazy.width, lazy.height, decoded], [10, 10, 0]);
  using other = lazy.retain();
  assert.equal(lazy.pixels({ format: "gray" }).length, 32 * 16);
  assert.equal(other.pixels({ format: "gray" }).length, 32 * 16);
  assert.deepEqual([lazy.width, lazy.height, decoded, released], [32, 16, 1, 1]);
  assert.ok(lazy.decodeMs > 0);
  lazy[Symbol.dispose]();
});

Deno.test("a lazy picture that nobody looks at is let go undecoded", () => {
  let released = 0;
  const lazy = AvPicture.lazy({
    width: 10,
    height: 10,
    sizeBytes: 1,
    decode: () => assert.fail("decoded"),
    release: () => released++,
  });
  lazy[Symbol.dispose]();
  assert.equal(released, 1);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a lazy picture whose bits are damaged says so at every look", () => {
  const lazy = AvPicture.lazy({
    width: 10,
    height: 10,
    sizeBytes: 1,
    decode() {
      throw new UndecodableError("Cannot decode a mjpeg frame: no start");
    },
    release: () => {},
  });
  for (let look = 0; look < 2; look++) assert.throws(() => lazy.pixels({ format: "rgb" }), UndecodableError);
  lazy[Symbol.dispose]();
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});
