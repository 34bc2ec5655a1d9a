import assert from "node:assert/strict";
import { Background } from "./background.ts";

const [WIDTH, HEIGHT] = [40, 30];
const everything = new Uint8Array(WIDTH * HEIGHT).fill(1);
/** Numbers that look like chance and are the same on every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
}

function scene({ light = 0, square, grain = 0, random = noise(1) }: {
  light?: number;
  square?: number;
  grain?: number;
  random?: () => number;
} = {}): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => {
    const [x, y] = [index % WIDTH, Math.floor(index / WIDTH)];
    const inSquare = square !== undefined && x >= square && x < square + 6 && y >= 10 && y < 16;
    return Math.max(0, Math.min(255, (inSquare ? 200 : 60 + 2 * x) + light + grain * (random() - 0.5)));
  });
}

const changed = (mask?: Uint8Array) => mask?.reduce((sum, one) => sum + one, 0);

Deno.test("a still picture differs nowhere, noise and all; what comes in does, just where it is", () => {
  const background = new Background(WIDTH, HEIGHT, { threshold: 12, adaptMs: 5000 });
  const random = noise(7);
  assert.equal(background.push(scene({ grain: 10, random }), everything, 0), undefined);
  for (let n = 0; n < 50; n++) {
    assert.equal(changed(background.push(scene({ grain: 10, random }), everything, 40)), 0, `frame ${n}`);
  }
  const mask = background.push(scene({ grain: 10, random, square: 5 }), everything, 40)!;
  assert.equal(changed(mask), 36);
  assert.equal(mask[10 * WIDTH + 5], 1);
});

Deno.test("a change of light is no motion", () => {
  const background = new Background(WIDTH, HEIGHT, { threshold: 12, adaptMs: 5000 });
  background.push(scene(), everything, 0);
  assert.equal(changed(background.push(scene({ light: 35 }), everything, 40)), 0);
});

Deno.test("what stays becomes background, later than it would without having moved, and what is not watched never counts", () => {
  const background = new Background(WIDTH, HEIGHT, { threshold: 12, adaptMs: 1000 });
  background.push(scene(), everything, 0);
  let frames = 0;
  while (changed(background.push(scene({ square: 20 }), everything, 40))! > 0 && frames < 2000) frames++;
  assert.ok(frames > 75 && frames < 1000, `${frames}`);
  const unwatched = new Uint8Array(WIDTH * HEIGHT);
  assert.equal(changed(background.push(scene({ square: 3 }), unwatched, 40)), 0);
});

Deno.test("a flicker that is always there becomes noise, and something else in its place is still seen", () => {
  const background = new Background(WIDTH, HEIGHT, { threshold: 12, adaptMs: 1000 });
  const flicker = (n: number) => scene().map((level, index) => index % WIDTH >= 30 && n % 2 ? level + 25 : level);
  for (let n = 0; n < 1500; n++) background.push(flicker(n), everything, 40);
  assert.equal(changed(background.push(flicker(1), everything, 40)), 0);
  assert.ok(changed(background.push(scene({ square: 31 }), everything, 40))! > 20);
});
