import assert from "node:assert/strict";
import { join } from "node:path";
import { feedsOf } from "../../models/feeds.ts";
import { resolveModel } from "../../models/manifest.ts";
import type { Manifest } from "../../models/manifest_schema.ts";
import { openModel } from "../../models/onnx.ts";
import { adapterNamed } from "../../models/registry.ts";
import type { ModelSpec } from "../../src/core/model.ts";
import type { Detection, ModelOutput } from "../../src/core/results.ts";
import { readImageHeader } from "../../streams/av/image_header.ts";
import { StillDecoder } from "../../streams/av/still_decoder.ts";
import { place, type Placement } from "../../src/vision/fit.ts";
import { bitsOf, pointsInside } from "../golden/masks.ts";
import { MODEL_FILES } from "../golden/model_files.ts";
import { random } from "../../scripts/bench/random.ts";
import { golden } from "../golden/recipe.ts";
import { assetTest } from "../support/assets.ts";
import { inDirectory } from "../support/in_directory.ts";

type PictureRecipe =
  | { blocks: number; size: [number, number] }
  | { image: string; region: [number, number, number, number]; size: [number, number]; gray: boolean };

interface GoldenCase {
  model: string;
  asset: boolean;
  picture: PictureRecipe;
  manifest: Manifest;
  detections?: (Omit<Detection, "mask" | "label"> & { mask?: string })[];
  classes?: { classId: number; score: number }[];
  embedding?: number[];
  tensors?: ModelOutput["tensors"];
}

const BLOCK = 8;
const MASK_SIDE = 128;
const BOX_ERROR = 0.5;
const SCORE_ERROR = 1e-3;

/** Squares of any colours, as scripts/golden/models.py makes them. */
function blocks(seed: number, [width, height]: [number, number]): Uint8Array {
  const next = random(seed);
  const across = width / BLOCK;
  const colours = Uint8Array.from({ length: across * (height / BLOCK) * 3 }, () => Math.floor(next() * 256));
  const rgb = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const block = Math.floor(Math.floor(at / width) / BLOCK) * across + Math.floor((at % width) / BLOCK);
    rgb.set(colours.subarray(block * 3, block * 3 + 3), at * 3);
  }
  return rgb;
}

/** A part of a picture in the left top corner of a black one. */
async function part(file: string, { region, size: [width, height], gray }: Extract<PictureRecipe, { image: string }>) {
  const bytes = await Deno.readFile(file);
  const header = readImageHeader(bytes, { maxPixels: 1e6, maxWidth: 1000, maxHeight: 1000 });
  using decoder = new StillDecoder(1e6);
  using whole = decoder.picture({ bytes, header, orientation: header.orientation, released() {} });
  const [x, y, w, h] = region;
  const pixels = whole.pixels({ format: "rgb", region: { x, y, width: w, height: h } });
  const rgb = new Uint8Array(width * height * 3);
  for (let row = 0; row < h; row++) rgb.set(pixels.subarray(row * w * 3, (row + 1) * w * 3), row * width * 3);
  if (gray) { for (let at = 0; at < rgb.length; at++) rgb[at] = rgb[at - at % 3]; }
  return rgb;
}

interface Pixels {
  width: number;
  height: number;
  rgb: Uint8Array;
}

async function pixelsOf(recipe: PictureRecipe, assets?: string): Promise<Pixels> {
  const rgb = "blocks" in recipe
    ? blocks(recipe.blocks, recipe.size)
    : await part(join(assets!, "images", recipe.image), recipe);
  const [width, height] = recipe.size;
  return { width, height, rgb };
}

const TYPED = { float32: Float32Array, float16: Float16Array, uint8: Uint8Array };

/** The model's input as its specification says, number by number: nothing is scaled, so no resampler has a say. */
function tensorOf({ input }: ModelSpec, { width, height, rgb }: Pixels, { target }: Placement) {
  assert.deepEqual([target.width, target.height], [width, height], "the picture is laid in as it is");
  const channels = input.colour === "gray" ? 1 : 3;
  const values = new TYPED[input.type](input.width * input.height * channels);
  for (let y = 0; y < input.height; y++) {
    for (let x = 0; x < input.width; x++) {
      const [column, row] = [x - target.x, y - target.y];
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      for (let channel = 0; channel < channels; channel++) {
        const from = (row * width + column) * 3 + (input.colour === "bgr" ? 2 - channel : channel);
        const level = inside ? rgb[from] : input.pad;
        const value = (level * input.scale - input.mean[channel]) / input.std[channel];
        const planar = (channel * input.height + y) * input.width + x;
        values[input.layout === "nchw" ? planar : (y * input.width + x) * channels + channel] = value;
      }
    }
  }
  return values;
}

async function look(spec: ModelSpec, pixels: Pixels): Promise<{ output: Partial<ModelOutput>; placement: Placement }> {
  const placement = place(spec.input, pixels.width, pixels.height);
  const data = tensorOf(spec, pixels, placement);
  const model = await openModel(spec.file, { device: "cpu", threads: 1, deterministic: true });
  try {
    const outputs = await model.run(feedsOf(spec, { data, count: 1 }), spec.outputs);
    return { output: adapterNamed(spec.adapter).read(outputs, 0, spec, placement), placement };
  } finally {
    await model.close();
  }
}

function assertNear(actual: number, expected: number, { error, what }: { error: number; what: string }): void {
  assert.ok(Math.abs(actual - expected) <= error, `${what}: ${actual}, expected ${expected}`);
}

/** The detections in the reference's order: scores that are equal but for rounding may come either way round. */
function assertDetections(
  actual: Detection[],
  { detections }: GoldenCase,
  context: { placement: Placement; side: number },
) {
  const left = [...actual];
  let [inBoth, inEither] = [0, 0];
  for (const expected of detections!) {
    const what = JSON.stringify({ ...expected, mask: undefined });
    const index = left.findIndex(({ classId, box }) =>
      classId === expected.classId && box.every((value, i) => Math.abs(value - expected.box[i]) <= BOX_ERROR)
    );
    assert.ok(index >= 0, `nothing is where the reference saw ${what}`);
    const [found] = left.splice(index, 1);
    assertNear(found.score, expected.score, { error: SCORE_ERROR, what });
    assert.equal(found.keypoints?.length, expected.keypoints?.length);
    found.keypoints?.forEach(([x, y, score], i) => {
      const [ex, ey, escore] = expected.keypoints![i];
      assertNear(x, ex, { error: BOX_ERROR, what });
      assertNear(y, ey, { error: BOX_ERROR, what });
      if (escore !== undefined) assertNear(score, escore, { error: SCORE_ERROR, what });
    });
    assert.equal(found.mask === undefined, expected.mask === undefined);
    if (!found.mask) continue;
    const reference = bitsOf(expected.mask!);
    const { placement, side: size } = context;
    const drawn = pointsInside(found.mask, { placement, size, side: MASK_SIDE });
    for (let at = 0; at < drawn.length; at++) {
      inBoth += drawn[at] & reference[at];
      inEither += drawn[at] | reference[at];
    }
  }
  assert.deepEqual(left, [], "the reference saw no more");
  if (inEither > 0) assert.ok(inBoth / inEither > 0.95, `the masks overlap by ${inBoth / inEither}`);
}

async function check(goldenCase: GoldenCase, file: string, assets?: string): Promise<void> {
  const spec = await resolveModel(file, goldenCase.manifest);
  const { output, placement } = await look(spec, await pixelsOf(goldenCase.picture, assets));
  if (goldenCase.detections) assertDetections(output.detections!, goldenCase, { placement, side: spec.input.width });
  goldenCase.classes?.forEach(({ classId, score }, i) => {
    assert.equal(output.classes![i].classId, classId);
    assertNear(output.classes![i].score, score, { error: SCORE_ERROR, what: `class ${classId}` });
  });
  for (const [name, { shape, data }] of Object.entries(goldenCase.tensors ?? {})) {
    assert.deepEqual(output.tensors![name].shape, shape);
    data.forEach((value, i) => assertNear(output.tensors![name].data[i], value, { error: SCORE_ERROR, what: name }));
  }
  assert.equal(output.embedding?.length, goldenCase.embedding?.length);
  goldenCase.embedding?.forEach((value, i) => {
    assertNear(output.embedding![i], value, { error: SCORE_ERROR, what: `number ${i}` });
  });
}

for (const goldenCase of golden<{ cases: GoldenCase[] }>("models.json").cases) {
  const { model } = goldenCase;
  const name = `${model} sees what ONNX Runtime and numpy see, from pixels to answers`;
  if (goldenCase.asset) {
    assetTest(name, ["data"], (assets) => check(goldenCase, join(assets, "models", model), assets));
    continue;
  }
  Deno.test(name, () =>
    inDirectory(async (folder) => {
      const file = join(folder, model);
      await Deno.writeFile(file, MODEL_FILES[model.replace(/\.onnx$/, "")]());
      await check(goldenCase, file);
    }));
}
