import assert from "node:assert/strict";
import {
  bmpImage,
  damagedPng,
  exifData,
  gifImage,
  joined,
  jpegImage,
  palettePng,
  pngChunk,
  pngImage,
  webpImage,
} from "../../tests/support/images.ts";
import { ImageError } from "./image_error.ts";
import { readImageHeader } from "./image_header.ts";
import { type Orientation, unmirrored, UPRIGHT } from "./orientation.ts";
import { livePictures, UndecodableError } from "./picture.ts";
import { StillDecoder } from "./still_decoder.ts";

const LIMITS = { maxPixels: 1_000_000, maxWidth: 4096, maxHeight: 4096 };

function still(
  decoder: StillDecoder,
  bytes: Uint8Array,
  orientation?: Orientation,
  released = (_decoded: boolean) => {},
) {
  const header = readImageHeader(bytes, LIMITS);
  return decoder.picture({ bytes, header, orientation: orientation ?? header.orientation, released });
}

/** The colours in the middle of the four edges. */
function edgesOf(picture: ReturnType<typeof still>) {
  const at = (x: number, y: number) => {
    const region = { x: Math.floor(x * picture.width), y: Math.floor(y * picture.height), width: 1, height: 1 };
    const [red, green, blue] = picture.pixels({ format: "rgb", region });
    return green > 128 ? "white" : red > blue ? "red" : "blue";
  };
  return { top: at(0.5, 0.05), right: at(0.95, 0.5), bottom: at(0.5, 0.95), left: at(0.05, 0.5) };
}

Deno.test("every kind of image is decoded when somebody looks, and not before", () => {
  using decoder = new StillDecoder(LIMITS.maxPixels);
  const bmps = [bmpImage(64, 48), bmpImage(64, 48, { downwards: true })];
  const gifs = [gifImage(64, 48), gifImage(64, 48, { frames: 3 })];
  for (const bytes of [jpegImage(64, 48), pngImage(64, 48), ...bmps, ...gifs]) {
    using picture = still(decoder, bytes);
    assert.deepEqual([picture.width, picture.height, picture.decodeMs], [64, 48, 0]);
    assert.equal(livePictures().bytes, bytes.length);
    const edges = edgesOf(picture);
    assert.deepEqual([edges.top, edges.left, edges.right], ["white", "red", "blue"]);
    assert.ok(picture.decodeMs > 0);
  }
  for (const lossless of [false, true]) {
    using picture = still(decoder, webpImage(33, 17, { lossless }));
    assert.equal(picture.pixels({ format: "gray" }).length, 33 * 17);
  }
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("all eight orientations of EXIF are honoured as the standard has them", () => {
  using decoder = new StillDecoder(LIMITS.maxPixels);
  // Where the first row (the white stripe) and the first column (red) of what is stored are to be seen.
  const standard = [
    ["top", "left"],
    ["top", "right"],
    ["bottom", "right"],
    ["bottom", "left"],
    ["left", "top"],
    ["right", "top"],
    ["right", "bottom"],
    ["left", "bottom"],
  ] as const;
  for (const [index, [row, column]] of standard.entries()) {
    const exif = pngChunk("eXIf", exifData(index + 1));
    for (const bytes of [jpegImage(64, 64, { exif: index + 1 }), pngImage(64, 64, exif)]) {
      using picture = still(decoder, bytes);
      const edges = edgesOf(picture);
      assert.deepEqual([edges[row], edges[column]], ["white", "red"], `EXIF ${index + 1}`);
    }
  }
});

Deno.test("a turned picture's size is known before it is decoded, and a mirrored one is seen the right way round", () => {
  using decoder = new StillDecoder(LIMITS.maxPixels);
  using turned = still(decoder, jpegImage(64, 32), { mirrored: false, rotation: 90 });
  assert.deepEqual([turned.width, turned.height], [32, 64]);
  assert.equal(edgesOf(turned).right, "white");
  using mirrored = still(decoder, pngImage(64, 48), unmirrored(UPRIGHT));
  assert.deepEqual([edgesOf(mirrored).left, edgesOf(mirrored).right], ["blue", "red"]);
});

Deno.test("an image is the same whichever came before it, and however often it comes", () => {
  for (const bytes of [jpegImage(64, 48), pngImage(64, 48), webpImage(64, 48), bmpImage(64, 48), gifImage(64, 48)]) {
    using decoder = new StillDecoder(LIMITS.maxPixels);
    const seen = () => {
      using picture = still(decoder, bytes);
      return picture.pixels({ format: "rgb" });
    };
    const first = seen();
    for (let again = 0; again < 3; again++) assert.deepEqual(seen(), first);
  }
});

Deno.test("an image with a palette shows its colours, whichever way it lies", () => {
  const png = palettePng(64, 48);
  using decoder = new StillDecoder(LIMITS.maxPixels);
  using upright = still(decoder, png);
  const { top, left, right } = edgesOf(upright);
  assert.deepEqual([top, left, right], ["white", "red", "blue"]);
  assert.equal(upright.pixels({ format: "gray", width: 16, height: 16 }).length, 256);
  using mirrored = still(decoder, png, unmirrored(UPRIGHT));
  assert.deepEqual([edgesOf(mirrored).top, edgesOf(mirrored).left], ["white", "blue"]);
  using turned = still(decoder, png, { mirrored: false, rotation: 90 });
  assert.deepEqual([edgesOf(turned).right, edgesOf(turned).top], ["white", "red"]);
  using bmp = still(decoder, paletteBmp());
  assert.deepEqual([...bmp.pixels({ format: "rgb" })], [255, 0, 0, 0, 0, 255]);
});

/** Two pixels, red and blue, out of a palette. */
function paletteBmp(): Uint8Array {
  const bytes = new Uint8Array(54 + 8 + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 62, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 2, true);
  view.setInt32(22, 1, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 8, true);
  view.setUint32(46, 2, true);
  bytes.set([0, 0, 255, 0, 255, 0, 0, 0, 0, 1], 54);
  return bytes;
}

Deno.test("damaged pixels give no picture, and the next image is decoded as if nothing had been", () => {
  using decoder = new StillDecoder(LIMITS.maxPixels);
  for (let round = 0; round < 3; round++) {
    using damaged = still(decoder, damagedPng(32, 32));
    assert.throws(() => damaged.pixels({ format: "rgb" }), UndecodableError);
    using whole = still(decoder, pngImage(32, 32));
    assert.equal(edgesOf(whole).left, "red");
  }
  const webp = webpImage(32, 32);
  using broken = still(decoder, joined(webp.subarray(0, 30), new Uint8Array(webp.length - 30)));
  try {
    broken.pixels({ format: "rgb" });
  } catch (error) {
    assert.ok(error instanceof UndecodableError, String(error));
  }
});

Deno.test("bytes changed at random give a picture or none, and nothing worse", () => {
  using decoder = new StillDecoder(LIMITS.maxPixels);
  let seed = 4711;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const whole = [jpegImage(32, 16, { exif: 5 }), pngImage(16, 16), palettePng(16, 16), webpImage(16, 16)];
  whole.push(bmpImage(31, 17), paletteBmp(), gifImage(31, 17), gifImage(16, 16, { frames: 3 }));
  let decoded = 0;
  for (let round = 0; round < 3000; round++) {
    const bytes = whole[round % whole.length].slice();
    for (let change = 0; change <= round % 4; change++) bytes[random(Math.min(bytes.length, 140))] = random(256);
    try {
      using picture = still(decoder, bytes);
      assert.equal(picture.pixels({ format: "rgb", width: 8, height: 8 }).length, 192);
      decoded++;
    } catch (error) {
      assert.ok(error instanceof ImageError || error instanceof UndecodableError, String(error));
    }
  }
  assert.ok(decoded > 100, `${decoded}`);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("the decoder keeps to its own limit whatever the header was let through with", () => {
  using decoder = new StillDecoder(1000);
  const all = [jpegImage(64, 48), pngImage(64, 48), webpImage(64, 48), bmpImage(64, 48), gifImage(64, 48)];
  for (const bytes of all) {
    using picture = still(decoder, bytes);
    assert.throws(() => picture.pixels({ format: "rgb" }), UndecodableError);
  }
});

Deno.test("its pictures outlive the decoder, and each is let go once, decoded or not", () => {
  const released: boolean[] = [];
  const decoder = new StillDecoder(LIMITS.maxPixels);
  const seen = still(decoder, jpegImage(32, 32), undefined, (decoded) => released.push(decoded));
  const unseen = still(decoder, jpegImage(32, 32), undefined, (decoded) => released.push(decoded));
  decoder[Symbol.dispose]();
  assert.equal(seen.pixels({ format: "gray" }).length, 1024);
  assert.deepEqual(released, [true]);
  seen[Symbol.dispose]();
  unseen[Symbol.dispose]();
  assert.deepEqual(released, [true, false]);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});
