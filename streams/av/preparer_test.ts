import assert from "node:assert/strict";
import type { Fit, InputSpec } from "../../src/core/model.ts";
import { place, type Placement, unplaceBox } from "../../src/vision/fit.ts";
import { livePictures, pictureFromPixels } from "./picture.ts";
import { Preparer } from "./preparer.ts";

const BASE: InputSpec = {
  name: "images",
  width: 64,
  height: 64,
  layout: "nchw",
  colour: "rgb",
  type: "float32",
  fit: "letterbox",
  pad: 114,
  scale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  maxBatch: 1,
};

/** A picture of slopes, which every decent scaler renders alike. */
function slopes(width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rgb.set([(255 * x) / width, (255 * y) / height, 255 - (255 * (x + y)) / (width + height)], (y * width + x) * 3);
    }
  }
  return rgb;
}

/** What the tensor must hold, by the letter of the spec: nothing shared with the code under test but the placement. */
function reference(spec: InputSpec, rgb: Uint8Array, width: number, height: number): Float64Array {
  const { source, target } = place(spec, width, height);
  const channels = spec.colour === "gray" ? 1 : 3;
  const out = new Float64Array(spec.width * spec.height * channels);
  const at = (x: number, y: number, channel: number) => {
    const clampedX = Math.min(Math.max(x, 0), width - 1);
    const clampedY = Math.min(Math.max(y, 0), height - 1);
    return rgb[(clampedY * width + clampedX) * 3 + channel];
  };
  const bilinear = (x: number, y: number, channel: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [dx, dy] = [x - left, y - top];
    return at(left, top, channel) * (1 - dx) * (1 - dy) + at(left + 1, top, channel) * dx * (1 - dy) +
      at(left, top + 1, channel) * (1 - dx) * dy + at(left + 1, top + 1, channel) * dx * dy;
  };
  for (let y = 0; y < spec.height; y++) {
    for (let x = 0; x < spec.width; x++) {
      const inside = x >= target.x && y >= target.y && x < target.x + target.width && y < target.y + target.height;
      const sourceX = source.x + ((x - target.x + 0.5) * source.width) / target.width - 0.5;
      const sourceY = source.y + ((y - target.y + 0.5) * source.height) / target.height - 0.5;
      const [red, green, blue] = [0, 1, 2].map((c) => inside ? bilinear(sourceX, sourceY, c) : spec.pad);
      const levels = spec.colour === "gray"
        ? [inside ? 0.299 * red + 0.587 * green + 0.114 * blue : spec.pad]
        : spec.colour === "rgb"
        ? [red, green, blue]
        : [blue, green, red];
      levels.forEach((level, channel) => {
        const value = (level * spec.scale - spec.mean[channel]) / spec.std[channel];
        const index = spec.layout === "nchw"
          ? (channel * spec.height + y) * spec.width + x
          : (y * spec.width + x) * channels + channel;
        out[index] = value;
      });
    }
  }
  return out;
}

function values(spec: InputSpec, bytes: ArrayBuffer): ArrayLike<number> {
  if (spec.type === "float32") return new Float32Array(bytes);
  return spec.type === "float16" ? new Float16Array(bytes) : new Uint8Array(bytes);
}

function prepare(spec: InputSpec, rgb: Uint8Array, width: number, height: number): [ArrayLike<number>, Placement] {
  using preparer = new Preparer(spec);
  using picture = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
  // Whatever lay in the buffer before must not shine through.
  const target = new Uint8Array(preparer.byteLength).fill(0xff).buffer;
  const placement = preparer.prepare(picture, target);
  return [values(spec, target), placement];
}

/** The largest difference in units of one level of 255. */
function worst(spec: InputSpec, got: ArrayLike<number>, want: Float64Array): number {
  assert.equal(got.length, want.length);
  const level = spec.scale / Math.max(...spec.std);
  let most = 0;
  for (let index = 0; index < want.length; index++) most = Math.max(most, Math.abs(got[index] - want[index]) / level);
  return most;
}

const SIZES: [number, number][] = [[128, 96], [96, 128], [101, 67], [64, 64], [40, 24]];
const FITS: Fit[] = ["letterbox", "letterbox-top-left", "stretch", "crop"];

for (const layout of ["nchw", "nhwc"] as const) {
  for (const colour of ["rgb", "bgr", "gray"] as const) {
    for (const type of ["float32", "float16", "uint8"] as const) {
      Deno.test(`a ${layout} input of ${type} in ${colour} holds what its spec says, however the picture is fitted`, () => {
        const plain = { scale: type === "uint8" ? 1 : 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
        const trained = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
        for (const normalisation of type === "uint8" ? [plain] : [plain, trained]) {
          for (const fit of FITS) {
            for (const [width, height] of SIZES) {
              const spec = { ...BASE, layout, colour, type, fit, ...normalisation };
              const rgb = slopes(width, height);
              const [got, placement] = prepare(spec, rgb, width, height);
              assert.deepEqual(placement, place(spec, width, height));
              const off = worst(spec, got, reference(spec, rgb, width, height));
              // Edges of upscaled slopes are where scalers differ; a level or two in 255.
              assert.ok(off <= 4, `${fit} of ${width}x${height}: ${off.toFixed(2)} levels off`);
            }
          }
        }
      });
    }
  }
}

Deno.test("padding is normalised like any pixel, to the last bit", () => {
  for (const type of ["float32", "float16"] as const) {
    for (const layout of ["nchw", "nhwc"] as const) {
      const spec: InputSpec = { ...BASE, type, layout, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
      for (const [width, height] of [[128, 64], [64, 128]]) {
        const [got] = prepare(spec, slopes(width, height), width, height);
        for (const channel of [0, 1, 2]) {
          const first = layout === "nchw" ? channel * 64 * 64 : channel;
          const exact = ((114 / 255) - spec.mean[channel]) / spec.std[channel];
          const want = type === "float32" ? Math.fround(exact) : new Float16Array([exact])[0];
          assert.ok(Math.abs(got[first] - want) < 1e-6, `${type} ${layout} channel ${channel}`);
        }
      }
    }
  }
});

Deno.test("means and deviations go by the order of the channels in the tensor", () => {
  const spec: InputSpec = { ...BASE, colour: "bgr", fit: "stretch", scale: 1, mean: [10, 20, 30], std: [1, 2, 4] };
  const rgb = new Uint8Array(64 * 64 * 3);
  for (let index = 0; index < rgb.length; index += 3) rgb.set([200, 100, 50], index);
  const [got] = prepare(spec, rgb, 64, 64);
  const plane = 64 * 64;
  // The scaler's own arithmetic is a third of a level off.
  [[got[0], 50 - 10], [got[plane], (100 - 20) / 2], [got[2 * plane], (200 - 30) / 4]].forEach(([value, want]) => {
    assert.ok(Math.abs(value - want) < 0.35, `${value} is not ${want}`);
  });
});

Deno.test("one buffer serves pictures of any size one after the other", () => {
  using preparer = new Preparer(BASE);
  const target = new ArrayBuffer(preparer.byteLength);
  for (const [width, height] of [[128, 96], [96, 128], [64, 64], [33, 77], [128, 96]]) {
    const rgb = slopes(width, height);
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
    preparer.prepare(picture, target);
    const off = worst(BASE, new Float32Array(target), reference(BASE, rgb, width, height));
    assert.ok(off <= 4, `${width}x${height}: ${off} levels off`);
  }
});

Deno.test("a buffer of the wrong size is refused", () => {
  using preparer = new Preparer(BASE);
  using picture = pictureFromPixels({ width: 8, height: 8, format: "gray", data: new Uint8Array(64) });
  assert.throws(() => preparer.prepare(picture, new ArrayBuffer(8)), /images in 8 bytes: it takes 49152/);
});

Deno.test("a picture stays its owner's, and preparing leaves none behind", () => {
  using preparer = new Preparer(BASE);
  {
    using picture = pictureFromPixels({ width: 8, height: 8, format: "gray", data: new Uint8Array(64).fill(50) });
    preparer.prepare(picture, new ArrayBuffer(preparer.byteLength));
    assert.equal(picture.pixels({ format: "gray" })[0], 50);
    assert.equal(livePictures().count, 1);
  }
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("video's colours are turned into red, green and blue by BT.601, as other tools do it", () => {
  const [width, height] = [64, 64];
  for (
    const [y, u, v] of [[16, 128, 128], [235, 128, 128], [81, 90, 240], [145, 54, 34], [100, 150, 90], [200, 100, 140]]
  ) {
    const data = new Uint8Array((width * height * 3) / 2);
    data.fill(y, 0, width * height);
    data.fill(u, width * height, (width * height * 5) / 4);
    data.fill(v, (width * height * 5) / 4);
    const luma = 1.164384 * (y - 16);
    const exact = [
      luma + 1.596027 * (v - 128),
      luma - 0.391762 * (u - 128) - 0.812968 * (v - 128),
      luma + 2.017232 * (u - 128),
    ].map((value) => Math.min(255, Math.max(0, value)));
    using picture = pictureFromPixels({ width, height, format: "yuv420p", data });
    for (const type of ["float32", "float16", "uint8"] as const) {
      for (const layout of ["nchw", "nhwc"] as const) {
        const spec = { ...BASE, type, layout, scale: type === "uint8" ? 1 : 1 / 255 };
        using preparer = new Preparer(spec);
        const target = new ArrayBuffer(preparer.byteLength);
        preparer.prepare(picture, target);
        const got = values(spec, target);
        exact.forEach((level, channel) => {
          const at = layout === "nchw" ? channel * 64 * 64 + 700 : 700 * 3 + channel;
          const off = Math.abs(got[at] / spec.scale - level);
          assert.ok(off <= 1.3, `${type} ${layout} of ${[y, u, v]}: channel ${channel} is ${off.toFixed(2)} off`);
        });
      }
    }
  }
});

Deno.test("a part of a picture is laid in as a picture of its own would be, and maps back to the whole picture's pixels", () => {
  const [width, height] = [200, 120];
  const rgb = slopes(width, height);
  const region = { x: 40, y: 30, width: 81, height: 57 };
  const cut = new Uint8Array(region.width * region.height * 3);
  for (let y = 0; y < region.height; y++) {
    const from = ((y + region.y) * width + region.x) * 3;
    cut.set(rgb.subarray(from, from + region.width * 3), y * region.width * 3);
  }
  for (const fit of FITS) {
    const spec = { ...BASE, fit };
    using preparer = new Preparer(spec);
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: rgb });
    const target = new Uint8Array(preparer.byteLength).fill(0xff).buffer;
    const placement = preparer.prepare(picture, target, region);
    const off = worst(spec, values(spec, target), reference(spec, cut, region.width, region.height));
    assert.ok(off <= 4, `${fit}: ${off.toFixed(2)} levels off`);
    const { x, y, width: across, height: down } = placement.target;
    const box = unplaceBox(placement, [x, y, x + across, y + down]);
    const { source } = placement;
    assert.deepEqual(box.map(Math.round), [source.x, source.y, source.width, source.height]);
    // What the model believes to see beyond the part is cut off where the part ends.
    assert.deepEqual(unplaceBox(placement, [-1e4, -1e4, 1e4, 1e4]), [region.x, region.y, region.width, region.height]);
  }
});
