import assert from "node:assert/strict";
import { paintFrame, readIndex, writeBytes } from "../../tests/support/clips.ts";
import { Decoder } from "./decoder.ts";
import { openInput } from "./input.ts";
import { encodeJpeg } from "./jpeg.ts";
import { jpegSize } from "./jpeg_size.ts";
import { livePictures, pictureFromPixels } from "./picture.ts";

const painted = (width: number, height: number, index = 99) =>
  pictureFromPixels({ width, height, format: "rgb24", data: paintFrame(width, height, index) });

Deno.test("a JPEG holds the picture, at the width asked for", async () => {
  using picture = painted(320, 240);
  for (const width of [320, 161, 640]) {
    const jpeg = encodeJpeg(picture, { width });
    const height = Math.round((240 * width) / 320);
    assert.deepEqual(jpegSize(jpeg), { width, height });
    const path = writeBytes(jpeg, `${width}.jpg`);
    const timeouts = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };
    await using input = await openInput(
      { url: `file:${path}`, protocolWhitelist: "file", ...timeouts },
      new AbortController().signal,
    );
    using decoder = new Decoder<null>(input.video);
    const packet = input.readPacketSync();
    assert.ok(packet !== "ended");
    using decoded = decoder.decode(packet.packet, null).pictures[0].picture;
    assert.equal(readIndex(decoded), 99);
    const before = picture.pixels({ format: "rgb", width, height });
    const after = decoded.pixels({ format: "rgb" });
    const off = before.reduce((sum, value, index) => sum + Math.abs(value - after[index]), 0) / before.length;
    assert.ok(off < 3, `${width} wide: ${off.toFixed(2)} levels off on average`);
  }
});

Deno.test("quality trades bytes for faithfulness", () => {
  using picture = painted(320, 240);
  const sizes = [1, 30, 60, 80, 95].map((quality) => encodeJpeg(picture, { quality }).length);
  assert.ok(sizes.every((size, index) => index === 0 || size > sizes[index - 1]), String(sizes));
});

Deno.test("a JPEG that cannot be is refused, and the picture stays its owner's", () => {
  using picture = painted(32, 24);
  for (const options of [{ width: 0 }, { width: 70_000 }, { quality: 0 }, { quality: 101 }, { width: NaN }]) {
    assert.throws(() => encodeJpeg(picture, options), /Cannot encode a JPEG/);
  }
  assert.equal(livePictures().count, 1);
});

Deno.test("the size is read off the frame header, past whatever stands before it", () => {
  const comment = [0xff, 0xfe, 0, 6, 1, 2, 3, 4];
  const sof = [0xff, 0xc2, 0, 11, 8, 0x01, 0x10, 0x02, 0x20, 1, 1, 0x11, 0];
  assert.deepEqual(jpegSize(Uint8Array.of(0xff, 0xd8, ...comment, 0xff, ...sof)), { width: 544, height: 272 });
  assert.equal(jpegSize(Uint8Array.of(0xff, 0xd8, ...comment)), undefined);
  assert.equal(jpegSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 3, 1, ...sof)), undefined);
  assert.equal(jpegSize(Uint8Array.of(...sof)), undefined);
  assert.equal(jpegSize(new Uint8Array()), undefined);
});

Deno.test("bytes of any kind have a size or none, and reading them ends", () => {
  let state = 7;
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  let sizes = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: random(80) }, () => [0, 0xff, 0xc0 + random(64), random(256)][random(4)]);
    bytes.set([0xff, 0xd8].slice(0, bytes.length));
    const size = jpegSize(bytes);
    if (size) sizes++;
    assert.ok(!size || (size.width > 0 && size.height > 0));
  }
  assert.ok(sizes > 100);
});
