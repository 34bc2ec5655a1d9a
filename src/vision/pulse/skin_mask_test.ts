import assert from "node:assert/strict";
import { SkinMask } from "./skin_mask.ts";

const SIDE = 20;

/** A small picture: `paint` tells the colour of each pixel. */
function picture(paint: (x: number, y: number) => readonly [number, number, number]): Uint8Array {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) pixels.set(paint(i % SIDE, Math.floor(i / SIDE)), i * 3);
  return pixels;
}

Deno.test("skin of any tone is told from hair, clothes and the wall behind", () => {
  for (const skin of [[224, 178, 152], [198, 146, 114], [140, 96, 72], [92, 62, 48]] as const) {
    const mask = new SkinMask();
    const mixed = picture((x, y) => y < 4 ? [40, 32, 30] : x < 3 ? [60, 90, 150] : y > 16 ? [90, 140, 90] : skin);
    const weights = new Float32Array(SIDE * SIDE);
    const { rgb, share } = mask.push(mixed, { weights });
    assert.deepEqual(rgb.map(Math.round), [...skin], `tone ${skin}`);
    assert.ok(Math.abs(share - (17 * 13) / 400) < 0.01, `${share} of the picture`);
    assert.equal(weights[0], 0);
    assert.equal(weights[10 * SIDE + 10], 1);
  }
});

Deno.test("what is too dark, too bright or no skin at all has no share", () => {
  for (const colour of [[20, 14, 12], [250, 245, 240], [40, 90, 200], [128, 128, 128]] as const) {
    assert.equal(new SkinMask().push(picture(() => colour)).share, 0, `${colour}`);
  }
});

Deno.test("a finger on the lens counts as a whole, and channels at their ends are counted", () => {
  const { rgb, share, clipped } = new SkinMask().push(picture(() => [255, 30, 0]), { all: true });
  assert.deepEqual([rgb, share, clipped], [[255, 30, 0], 1, 1]);
  assert.equal(new SkinMask().push(picture(() => [200, 150, 120])).clipped, 0);
});

Deno.test("a pixel on the border of skin fades instead of switching", () => {
  const mask = new SkinMask();
  const at = (blue: number) =>
    mask.push(picture((x) => x === 0 ? [200, 150, blue] : [200, 150, 120]), { weights: border }).share && border[0];
  const border = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < 5; i++) at(120);
  const weights = [120, 138, 146, 154, 180].map(at);
  assert.deepEqual(weights, weights.toSorted((a, b) => b - a));
  assert.ok(weights.some((weight) => weight > 0.1 && weight < 0.9), `${weights}`);
});
