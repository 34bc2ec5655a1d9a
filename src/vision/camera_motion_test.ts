import assert from "node:assert/strict";
import { CameraMotion, type CameraShift } from "./camera_motion.ts";

const [WIDTH, HEIGHT] = [192, 108];

/** A world of soft blobs, the same for every camera. */
function world(x: number, y: number): number {
  let level = 128;
  for (let blob = 0; blob < 60; blob++) {
    const [cx, cy] = [((blob * 79) % 400) - 100, ((blob * 131) % 240) - 60];
    const size = 4 + (blob % 5) * 3;
    const distance = ((x - cx) ** 2 + (y - cy) ** 2) / (size * size);
    if (distance < 6) level += (blob % 2 ? 70 : -70) * Math.exp(-distance);
  }
  // Ripples of no common period, or the world would look alike in many places.
  const ripples = Math.sin(x / 1.9) * Math.cos(y / 2.3) + Math.sin((x + 2 * y) / 5.1) + Math.cos((2 * x - y) / 7.7);
  return level + 14 * ripples;
}

/** What the camera sees after it has moved: what was at `p` is at `scale × p + (x, y)`. */
function seen({ scale, x, y }: CameraShift, light = 0): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => {
    const [px, py] = [index % WIDTH, Math.floor(index / WIDTH)];
    return Math.max(0, Math.min(255, world((px - x) / scale, (py - y) / scale) + light));
  });
}

const still: CameraShift = { scale: 1, x: 0, y: 0 };

/** How far, at most, two shifts place a corner of the picture apart. */
function apart(a: CameraShift, b: CameraShift): number {
  const corners = [[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]];
  return Math.max(
    ...corners.map(([x, y]) => Math.hypot((a.scale - b.scale) * x + a.x - b.x, (a.scale - b.scale) * y + a.y - b.y)),
  );
}

Deno.test("pans and zooms are measured to a fraction of a small pixel", () => {
  const moves: CameraShift[] = [
    still,
    { scale: 1, x: 7.3, y: -2.6 },
    { scale: 1, x: -31, y: 12 },
    { scale: 1.04, x: -3.84, y: -2.16 },
    { scale: 0.97, x: 12, y: 1 },
  ];
  for (const move of moves) {
    const motion = new CameraMotion(WIDTH, HEIGHT);
    assert.equal(motion.push(seen(still)), undefined);
    const told = motion.push(seen(move))!;
    assert.ok(apart(told, move) < 1, `${JSON.stringify(told)} for ${JSON.stringify(move)}`);
  }
});

Deno.test("something large that moves by itself is not the camera", () => {
  const motion = new CameraMotion(WIDTH, HEIGHT);
  const withBus = (left: number, picture: Uint8Array) => {
    for (let y = 30; y < 85; y++) {
      for (let x = left; x < left + 60; x++) picture[y * WIDTH + x] = ((x - left) * 37 + y * 11) % 200;
    }
    return picture;
  };
  motion.push(withBus(40, seen(still)));
  const told = motion.push(withBus(60, seen({ scale: 1, x: -4, y: 0 })))!;
  assert.ok(apart(told, { scale: 1, x: -4, y: 0 }) < 1, JSON.stringify(told));
});

Deno.test("where nothing can be told, nothing is", () => {
  const motion = new CameraMotion(WIDTH, HEIGHT);
  motion.push(new Uint8Array(WIDTH * HEIGHT).fill(70));
  assert.equal(motion.push(new Uint8Array(WIDTH * HEIGHT).fill(70)), undefined, "a wall");
  motion.push(seen(still));
  motion.reset();
  assert.equal(motion.push(seen(still)), undefined, "after a reset");
  let state = 5;
  const random = () => {
    for (const by of [13, -17, 5]) state ^= by > 0 ? state << by : state >>> -by;
    return state & 255;
  };
  const noise = () => Uint8Array.from({ length: WIDTH * HEIGHT }, random);
  motion.push(noise());
  assert.equal(motion.push(noise()), undefined, "two pictures that have nothing to do with each other");
  const tiny = new CameraMotion(12, 8);
  tiny.push(new Uint8Array(96));
  assert.equal(tiny.push(new Uint8Array(96)), undefined, "too small to look at");
});
