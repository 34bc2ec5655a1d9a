import {
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GBRP,
  AV_PIX_FMT_GBRPF32LE,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_GRAYF32LE,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P10LE,
  AV_PIX_FMT_YUYV422,
} from "node-av/constants";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { paintFrame } from "../../tests/support/clips.ts";
import { newFrame, pictureFromPixels } from "./picture.ts";
import { cutPlanes, OVERRUN, paddedStride, scaleRegion } from "./region.ts";
import { framePlanes, Scaler } from "./scaler.ts";

const TARGETS = [
  { name: "RGB", format: AV_PIX_FMT_RGB24, planes: 1, bytes: 3 },
  { name: "BGR", format: AV_PIX_FMT_BGR24, planes: 1, bytes: 3 },
  { name: "planar RGB", format: AV_PIX_FMT_GBRP, planes: 3, bytes: 1 },
  { name: "planar float RGB", format: AV_PIX_FMT_GBRPF32LE, planes: 3, bytes: 4 },
  { name: "gray", format: AV_PIX_FMT_GRAY8, planes: 1, bytes: 1 },
  { name: "float gray", format: AV_PIX_FMT_GRAYF32LE, planes: 1, bytes: 4 },
];

// The preparer lets the scaler write into buffers whose end is the end of the memory.
for (const { name, format, planes, bytes } of TARGETS) {
  Deno.test(`scaling to ${name} stays inside the room that it is given`, () => {
    using scaler = new Scaler(1);
    using picture = pictureFromPixels({ width: 96, height: 64, format: "rgb24", data: paintFrame(96, 64, 5) });
    const yuv = newFrame(96, 64, AV_PIX_FMT_YUV420P);
    scaler.scale(picture.planes(), framePlanes(yuv));
    for (let width = 8; width <= 140; width++) {
      for (const source of [picture.planes(), framePlanes(yuv)]) {
        const height = 5;
        const row = width * bytes;
        const whole = row % OVERRUN === 0;
        const stride = whole ? row : paddedStride(row);
        const room = stride * height + (whole ? 0 : OVERRUN);
        const memory = Array.from({ length: planes }, () => Buffer.alloc(room + 256, 0xa5));
        const strides = memory.map(() => stride);
        const rect = { x: 0, y: 0, width: source.width, height: source.height };
        scaleRegion(scaler, source, rect, { data: memory, strides, width, height, format });
        for (const plane of memory) {
          const after = plane.subarray(room);
          assert.ok(after.every((byte) => byte === 0xa5), `width ${width}`);
        }
      }
    }
    yuv.free();
  });
}

for (const format of [AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12, AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUYV422]) {
  Deno.test(`a region is exact to the pixel wherever it begins, in pixel format ${format}`, () => {
    using scaler = new Scaler(8);
    const [width, height] = [64, 48];
    const rgb = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) rgb.set([x * 4, y * 5, 128], (y * width + x) * 3);
    }
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
    const frame = newFrame(width, height, format);
    scaler.scale(picture.planes(), framePlanes(frame));
    for (const [x, y] of [[0, 0], [2, 2], [1, 0], [0, 1], [7, 5], [31, 23]]) {
      const rect = { x, y, width: 16, height: 12 };
      const stride = paddedStride(16 * 3);
      const out = Buffer.alloc(stride * 12 + OVERRUN);
      const target = { data: [out], strides: [stride], width: 16, height: 12, format: AV_PIX_FMT_RGB24 };
      scaleRegion(scaler, framePlanes(frame), rect, target);
      for (const [column, line] of [[3, 3], [8, 6], [12, 9]]) {
        const at = line * stride + column * 3;
        assert.ok(Math.abs(out[at] - (x + column) * 4) <= 4, `red at ${x}+${column}: ${out[at]}`);
        assert.ok(Math.abs(out[at + 1] - (y + line) * 5) <= 5, `green at ${y}+${line}: ${out[at + 1]}`);
      }
    }
    frame.free();
  });
}

Deno.test("planes are cut without copying only where the chroma grid lets them", () => {
  const frame = newFrame(64, 48, AV_PIX_FMT_YUV420P);
  const planes = framePlanes(frame);
  const rect = { x: 2, y: 4, width: 8, height: 8 };
  assert.ok(cutPlanes(planes, rect));
  assert.equal(cutPlanes(planes, { ...rect, x: 3 }), undefined);
  assert.equal(cutPlanes(planes, { ...rect, y: 5 }), undefined);
  frame.free();
});
