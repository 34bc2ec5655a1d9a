import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import {
  bmpImage,
  damagedPng,
  exifData,
  gifImage,
  joined,
  jpegImage,
  pngChunk,
  pngHeaderChunk,
  pngImage,
  pngOf,
  webpImage,
  webpOf,
} from "../../tests/support/images.ts";
import { ImageError } from "./image_error.ts";
import { readImageHeader } from "./image_header.ts";
import { exifOrientation, unmirrored } from "./orientation.ts";

const LIMITS = { maxPixels: 1_000_000, maxWidth: 4096, maxHeight: 4096 };
const read = (bytes: Uint8Array) => readImageHeader(bytes, LIMITS);
const none = new Uint8Array();

function refused(bytes: Uint8Array, code: string, what?: string): void {
  try {
    read(bytes);
  } catch (error) {
    assert.ok(error instanceof ImageError, `${what}: ${error}`);
    assert.equal(error.code, code, `${what ?? ""}: ${error.message}`);
    return;
  }
  assert.fail(`${what ?? "it"} was taken`);
}

/** The index of a marker of a JPEG. */
const markerAt = (bytes: Uint8Array, marker: number) =>
  bytes.findIndex((byte, index) => byte === 0xff && bytes[index + 1] === marker);

Deno.test("the size of every kind of image is read from its header", () => {
  const upright = { mirrored: false, rotation: 0 };
  for (const [width, height] of [[64, 48], [63, 47], [16, 16]]) {
    assert.deepEqual(read(jpegImage(width, height)), { codec: "mjpeg", width, height, orientation: upright });
    assert.deepEqual(read(pngImage(width, height)), { codec: "png", width, height, orientation: upright });
    for (const downwards of [false, true]) {
      const bmp = bmpImage(width, height, { downwards });
      assert.deepEqual(read(bmp), { codec: "bmp", width, height, orientation: upright });
    }
    for (const frames of [1, 3]) {
      assert.deepEqual(read(gifImage(width, height, { frames })), {
        codec: "gif",
        width,
        height,
        orientation: upright,
      });
    }
    for (const lossless of [false, true]) {
      const webp = webpImage(width, height, { lossless });
      assert.deepEqual(read(webp), { codec: "webp", width, height, orientation: upright });
    }
  }
});

Deno.test("an extended WebP has the size of its picture, which is that of its canvas", () => {
  const plain = webpImage(64, 48);
  const picture = plain.subarray(20);
  const canvas = (width: number, height: number, flags = 0) =>
    Uint8Array.of(flags, 0, 0, 0, (width - 1) & 255, (width - 1) >> 8, 0, (height - 1) & 255, (height - 1) >> 8, 0);
  assert.equal(read(webpOf(["VP8X", canvas(64, 48)], ["VP8 ", picture])).width, 64);
  refused(webpOf(["VP8X", canvas(32, 48)], ["VP8 ", picture]), "invalid", "a smaller canvas");
  refused(webpOf(["VP8X", canvas(64, 48, 2)], ["VP8 ", picture]), "animated", "an animated canvas");
  refused(webpOf(["VP8X", canvas(64, 48)], ["ANIM", new Uint8Array(6)], ["VP8 ", picture]), "animated");
  refused(webpOf(["VP8X", canvas(64, 48)], ["VP8 ", picture], ["VP8 ", picture]), "invalid", "two pictures");
  refused(webpOf(["VP8X", canvas(64, 48)]), "invalid", "no picture");
});

Deno.test("EXIF tells how a JPEG, a PNG or a WebP lies, whichever of the eight ways", () => {
  const canvas: [string, Uint8Array] = ["VP8X", Uint8Array.of(8, 0, 0, 0, 15, 0, 0, 15, 0, 0)];
  const webp: [string, Uint8Array] = ["VP8 ", webpImage(16, 16).subarray(20)];
  for (let value = 1; value <= 8; value++) {
    const exif = exifData(value);
    const named = joined(new TextEncoder().encode("Exif\0\0"), exif);
    for (
      const bytes of [
        jpegImage(32, 16, { exif: value }),
        pngImage(32, 16, pngChunk("eXIf", exif)),
        webpOf(canvas, webp, ["EXIF", exif]),
        webpOf(canvas, webp, ["EXIF", named]),
      ]
    ) assert.deepEqual(read(bytes).orientation, exifOrientation(value));
  }
  assert.deepEqual(read(pngImage(16, 16, pngChunk("eXIf", exifData(6).subarray(0, 12)))).orientation.rotation, 0);
  for (const value of [0, 9, 255]) assert.deepEqual(exifOrientation(value), { mirrored: false, rotation: 0 });
  for (let value = 1; value <= 8; value++) {
    assert.deepEqual(unmirrored(unmirrored(exifOrientation(value))), exifOrientation(value));
  }
});

Deno.test("an image that is too large is refused by its header alone, however few bytes it has", () => {
  const jpeg = jpegImage(32, 32);
  const frame = markerAt(jpeg, 0xc0);
  const huge = jpeg.slice();
  huge.set([0xff, 0xff, 0xff, 0xff], frame + 5);
  refused(huge, "too_large", "a JPEG of 65535x65535");
  const end = pngChunk("IEND", none);
  const pixels = pngChunk("IDAT", deflateSync(none));
  refused(pngOf(pngHeaderChunk(0x7fffffff, 0x7fffffff), pixels, end), "too_large", "a PNG");
  refused(pngOf(pngHeaderChunk(0xffffffff, 1), pixels, end), "too_large", "a PNG of one row");
  refused(webpOf(["VP8L", Uint8Array.of(0x2f, 255, 255, 255, 15)]), "too_large", "a lossless WebP");
  const gif = gifImage(16, 16);
  gif.set([255, 255, 255, 255], 6);
  refused(gif, "too_large", "a GIF");
  refused(bmpImage(4100, 1), "too_large", "a BMP of one row");
  refused(webpOf(["VP8 ", Uint8Array.of(0, 0, 0, 0x9d, 1, 0x2a, 255, 63, 255, 63)]), "too_large", "a lossy WebP");
  assert.throws(() => readImageHeader(pngImage(64, 48), { ...LIMITS, maxWidth: 63 }), /64x48: at most 63x4096/);
  assert.equal(readImageHeader(pngImage(64, 48), { ...LIMITS, maxPixels: 64 * 48 }).width, 64);
  assert.throws(() => readImageHeader(pngImage(64, 48), { ...LIMITS, maxPixels: 64 * 48 - 1 }), ImageError);
});

Deno.test("an image without a size is refused", () => {
  const jpeg = jpegImage(32, 32).slice();
  jpeg.set([0, 0], markerAt(jpeg, 0xc0) + 5);
  refused(jpeg, "invalid");
  refused(pngOf(pngHeaderChunk(0, 10), pngChunk("IDAT", none), pngChunk("IEND", none)), "invalid");
  refused(webpOf(["VP8 ", Uint8Array.of(0, 0, 0, 0x9d, 1, 0x2a, 0, 0, 9, 0)]), "invalid");
});

Deno.test("every image that is cut short anywhere is refused, and nothing but an image error comes of it", () => {
  for (
    const whole of [
      jpegImage(32, 16, { exif: 6 }),
      pngImage(16, 16),
      webpImage(16, 16),
      webpImage(8, 8, { lossless: true }),
      bmpImage(8, 8),
      gifImage(16, 16, { frames: 2 }),
    ]
  ) {
    read(whole);
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => read(whole.subarray(0, length)), ImageError, `${length} of ${whole.length} bytes`);
    }
  }
});

Deno.test("bytes changed at random never make the reader fail in another way than by refusing", () => {
  let seed = 4711;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  for (
    const whole of [jpegImage(32, 16, { exif: 6 }), pngImage(16, 16), webpImage(16, 16), bmpImage(9, 9), gifImage(9, 9)]
  ) {
    for (let round = 0; round < 2000; round++) {
      const bytes = whole.slice();
      for (let change = 0; change <= round % 4; change++) bytes[random(Math.min(bytes.length, 400))] = random(256);
      try {
        const { width, height } = read(bytes);
        assert.ok(width * height > 0 && width * height <= LIMITS.maxPixels);
      } catch (error) {
        assert.ok(error instanceof ImageError, String(error));
      }
    }
  }
});

Deno.test("other files, and files that are two things at once, are refused", () => {
  const text = (words: string) => new TextEncoder().encode(words);
  refused(none, "truncated", "no bytes");
  for (
    const words of [
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "%PDF-1.7",
      "\0\0\0\x1cftypavif",
    ]
  ) {
    refused(text(words), "unsupported", words);
  }
  refused(text("RIFF\0\0\0\0WAVE"), "unsupported", "a WAVE");
  refused(text("GIF89a\x01\0\x01\0"), "truncated", "the first bytes of a GIF");
  refused(text("GIF89a/*<script>alert(1)</script>*/"), "invalid", "a page that begins as a GIF");
  refused(text("GIF88a\x01\0\x01\0"), "unsupported", "a GIF of no version");
  refused(text("BM"), "truncated", "the first bytes of a BMP");
  refused(text("BMW is a maker of cars, and this is a text about them"), "unsupported", "a text");
  for (const [what, whole] of [["BMP", bmpImage(16, 16)], ["GIF", gifImage(16, 16)]] as const) {
    refused(joined(whole, text("PK\x05\x06 and an archive behind it")), "invalid", `a ${what} with an archive`);
  }
  const outside = gifImage(16, 16);
  outside[13 + 128 * 3 + 1] = 1;
  refused(outside, "invalid", "a GIF whose picture lies beyond its edge");
  const packed = bmpImage(16, 16);
  packed[30] = 4;
  refused(packed, "unsupported", "a BMP with a JPEG inside");
  const overlapping = bmpImage(16, 16);
  overlapping[10] = 20;
  refused(overlapping, "invalid", "a BMP whose pixels are its header");
  const jpeg = jpegImage(32, 32);
  const frame = markerAt(jpeg, 0xc0);
  const again = jpeg.slice(frame, frame + 2 + ((jpeg[frame + 2] << 8) | jpeg[frame + 3]));
  again.set([0x7f, 0xff, 0x7f, 0xff], 5);
  const scan = markerAt(jpeg, 0xda);
  refused(joined(jpeg.subarray(0, scan), again, jpeg.subarray(scan)), "invalid", "a JPEG with a second, larger size");
  refused(joined(jpeg.subarray(0, -2), again, jpeg.subarray(-2)), "invalid", "a JPEG with a second size at its end");
  refused(joined(jpeg.subarray(0, -2), jpegImage(64, 64)), "invalid", "a JPEG with another in its scan");
  const png = pngImage(16, 16);
  refused(joined(png.subarray(0, -12), pngHeaderChunk(9000, 9000), png.subarray(-12)), "invalid", "two headers");
  assert.equal(read(joined(jpeg, text("PK\x03\x04"))).width, 32, "what follows the end is not looked at");
});

Deno.test("what would cost a decoder much more than its bytes is refused", () => {
  const jpeg = jpegImage(32, 32);
  const scan = markerAt(jpeg, 0xda);
  const scans = Array.from({ length: 40 }, () => jpeg.subarray(scan, -2));
  refused(joined(jpeg.subarray(0, scan), ...scans, jpeg.subarray(-2)), "too_large", "a JPEG of many scans");
  const bomb = joined(new TextEncoder().encode("note\0\0"), deflateSync(new Uint8Array(128 << 20)));
  refused(pngImage(16, 16, pngChunk("zTXt", bomb)), "too_large", "a packed note");
  refused(pngImage(16, 16, pngChunk("iCCP", bomb)), "too_large", "a packed profile");
  assert.equal(read(pngImage(16, 16, pngChunk("zTXt", bomb.subarray(0, 1000)))).width, 16);
});

Deno.test("animations are refused: one image is one frame", () => {
  refused(pngImage(16, 16, pngChunk("acTL", new Uint8Array(8))), "animated");
});

Deno.test("a lossless or arithmetic JPEG is not taken", () => {
  for (const marker of [0xc3, 0xc9, 0xcb]) {
    const jpeg = jpegImage(32, 32).slice();
    jpeg[markerAt(jpeg, 0xc0) + 1] = marker;
    refused(jpeg, "unsupported", marker.toString(16));
  }
});

Deno.test("a PNG whose pixels are damaged looks well from outside", () => {
  assert.equal(read(damagedPng(16, 16)).width, 16);
});
