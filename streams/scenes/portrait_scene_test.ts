import assert from "node:assert/strict";
import { PortraitHeart } from "./portrait_heart.ts";
import { createPortraitScene } from "./portrait_scene.ts";

const options = { seed: 3, width: 320, height: 240, fps: 30 };

Deno.test("the same options give the same portrait, whatever is skipped and whenever it is drawn", () => {
  const one = createPortraitScene(options), other = createPortraitScene(options);
  for (let i = 0; i < 5; i++) one.next();
  const late = one.later();
  one.next();
  for (let i = 0; i < 5; i++) other.skip();
  const expected = other.next(), drawn = late();
  assert.deepEqual(drawn.truth, expected.truth);
  assert.deepEqual(drawn.pixels, expected.pixels);
  const somebodyElse = createPortraitScene({ ...options, seed: 4 }).next();
  assert.notDeepEqual(somebodyElse.pixels, createPortraitScene(options).next().pixels);
});

Deno.test("skin is darker after a beat than before it, and the room is not", () => {
  const scene = createPortraitScene({ ...options, bpm: 60 });
  const cells: { blood: number; skin: number; wall: number }[] = [];
  for (let i = 0; i < 60; i++) {
    const { pixels, truth } = scene.next();
    const [x, y, width] = truth.objects[0].box.map(Math.round);
    cells.push({
      blood: truth.blood,
      skin: green(pixels, { x: x + (width >> 2), y: y + (width >> 2) * 2, size: width >> 1 }),
      wall: green(pixels, { x: 4, y: 4, size: 60 }),
    });
  }
  const slope = (of: "skin" | "wall") => {
    const [blood, level] = [mean(cells.map((cell) => cell.blood)), mean(cells.map((cell) => cell[of]))];
    return mean(cells.map((cell) => (cell.blood - blood) * (cell[of] - level))) /
      mean(cells.map((cell) => (cell.blood - blood) ** 2)) / level;
  };
  assert.ok(slope("skin") < -0.004 && slope("skin") > -0.008, `${slope("skin")}`);
  assert.ok(Math.abs(slope("wall")) < 0.0005, `${slope("wall")}`);
});

Deno.test("a heart beats as often as its rate says, through every change", () => {
  const heart = new PortraitHeart(7);
  for (const from of [0, 25, 50, 75, 1000]) {
    let beats = 0, before = heart.bloodAt(from);
    for (let i = 1; i <= 25 * 200; i++) {
      const blood = heart.bloodAt(from + i / 200);
      if (before < 0 && blood >= 0) beats++;
      before = blood;
    }
    const rate = heart.rateAt(from + 1);
    assert.ok(Math.abs(beats - (rate * 25) / 60) <= 1.2, `${beats} beats in 25 s at ${rate}`);
    assert.equal(Math.abs(heart.rateAt(from + 26) - rate), 20);
  }
  assert.equal(new PortraitHeart(7, 118).rateAt(40), 118);
});

Deno.test("a portrait of an odd size is drawn within its edges", () => {
  for (const [width, height] of [[64, 64], [98, 300], [640, 100]]) {
    const { pixels, truth } = createPortraitScene({ seed: 1, width, height, fps: 10 }).next();
    assert.equal(pixels.length, width * height * 3);
    assert.ok(truth.objects[0].box.every(Number.isFinite));
  }
});

function green(pixels: Uint8Array, { x, y, size }: { x: number; y: number; size: number }): number {
  let sum = 0;
  for (let row = y; row < y + size; row++) {
    for (let column = x; column < x + size; column++) sum += pixels[(row * options.width + column) * 3 + 1];
  }
  return sum / (size * size);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
