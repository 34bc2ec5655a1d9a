import assert from "node:assert/strict";
import { blend, Canvas, shade } from "./canvas.ts";
import { HEADROOM, pack, packDelta } from "./colour.ts";
import { Random } from "./random.ts";
import { Sprite } from "./sprite.ts";

const channels = (colour: number) => [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255, colour >>> 24];

Deno.test("blending two packed colours blends each channel on its own", () => {
  const random = new Random(1);
  for (let i = 0; i < 500; i++) {
    const a = [0, 1, 2].map(() => 24 + random.int(200)), b = [0, 1, 2].map(() => 24 + random.int(200));
    const alpha = random.int(257);
    const mixed = channels(blend(pack(a as never), pack(b as never), alpha));
    a.forEach((value, channel) => {
      const exact = value + ((b[channel] - value) * alpha) / 256;
      assert.ok(Math.abs(mixed[channel] - exact) <= 1, `${value}, ${b[channel]}, ${alpha}: ${mixed[channel]}`);
    });
    assert.equal(mixed[3], 255);
  }
});

Deno.test("shading leaves headroom however dark it gets, and full light changes nothing", () => {
  const colour = pack([200, 120, 60]);
  assert.deepEqual(channels(shade(colour, 256)), channels(colour));
  for (const factor of [0, 40, 128]) {
    for (const level of channels(shade(colour, factor)).slice(0, 3)) assert.ok(level >= HEADROOM - 1);
  }
});

Deno.test("grain is added to each channel on its own, also downwards", () => {
  const canvas = new Canvas(2, 1);
  canvas.pixels.fill(pack([100, 101, 102]));
  canvas.addGrain(Int32Array.of(packDelta(-7, 3, -10), packDelta(10, -10, 10)), packDelta(1, -1, 0), () => 0);
  assert.deepEqual(channels(canvas.pixels[0]), [94, 103, 92, 255]);
  assert.deepEqual(channels(canvas.pixels[1]), [111, 90, 112, 255]);
});

Deno.test("a strip thinner than a pixel leaves its area's worth of colour", () => {
  const canvas = new Canvas(40, 20);
  canvas.pixels.fill(pack([50, 50, 50]));
  canvas.line(5, 10.5, 35, 10.5, { colour: pack([210, 210, 210]), width: 0.4, alpha: 1, softness: 1 });
  const sum = canvas.pixels.reduce((total, colour) => total + ((colour & 255) - 50) / 160, 0);
  assert.ok(Math.abs(sum - 30 * 0.4) < 1.5, `${sum} pixels' worth`);
});

Deno.test("a strip is cut at the picture's edges", () => {
  const canvas = new Canvas(16, 16);
  canvas.line(-1000, -1000, 1000, 1000, { colour: pack([210, 0, 0]), width: 3, alpha: 1, softness: 1 });
  canvas.line(500, -3000, 600, 4000, { colour: pack([0, 210, 0]), width: 3, alpha: 1, softness: 1 });
  const painted = canvas.pixels.filter((colour) => colour !== 0).length;
  assert.ok(painted > 16 * 3 && painted < 16 * 7, `${painted} pixels of the diagonal`);
});

Deno.test("a sprite knows its whole area, and what of it shows after another covers it", () => {
  const canvas = new Canvas(60, 40);
  const areas = new Int32Array(3);
  const disc = (x: number, owner: number) => {
    const sprite = new Sprite();
    sprite.begin(x - 12, 8, x + 12, 32);
    const shape = { x0: x, y0: 20, r0: 10, x1: x, y1: 20, r1: 10, softness: 1 };
    sprite.capsule(shape, { colour: pack([200, 0, 0]) }, { x: 0, y: 0, depth: 0 });
    return sprite.paste(canvas, owner, areas);
  };
  const far = disc(5, 1);
  assert.ok(Math.abs(far - Math.PI * 100) < 16, `${far}`);
  assert.ok(areas[1] < far * 0.85 && areas[1] > far * 0.7, "a quarter of it lies outside");
  const alone = areas[1];
  disc(15, 2);
  assert.ok(areas[1] < alone * 0.7, `${areas[1]} of ${alone}`);
  assert.equal(areas[1] + areas[2], canvas.owners.filter((owner) => owner > 0).length);
});
