import assert from "node:assert/strict";
import { counterRegion, readCounter, writeCounter } from "./counter_code.ts";

const NUMBERS = [0, 1, 25, 255, 256, 65_535, 123_456_789, 0x80000000, 0xfffffffe, 0xffffffff];

function painted(width: number, height: number, n: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3).fill(90);
  writeCounter(rgb, width, height, n);
  return rgb.filter((_, i) => i % 3 === 0);
}

/** Nearest neighbour, the crudest of scalers. */
function resized(gray: Uint8Array, from: [number, number], to: [number, number]): Uint8Array {
  const answer = new Uint8Array(to[0] * to[1]);
  for (let y = 0, at = 0; y < to[1]; y++) {
    const row = Math.floor((y * from[1]) / to[1]) * from[0];
    for (let x = 0; x < to[0]; x++) answer[at++] = gray[row + Math.floor((x * from[0]) / to[0])];
  }
  return answer;
}

for (const [width, height] of [[1280, 720], [320, 240], [161, 91], [360, 640]] as const) {
  Deno.test(`a counter written into ${width}x${height} is read back`, () => {
    for (const n of NUMBERS) assert.equal(readCounter(painted(width, height, n), width, height), n);
  });
}

Deno.test("a counter survives scaling, also of one side alone", () => {
  for (const n of NUMBERS.slice(0, 5)) {
    const gray = painted(1280, 720, n);
    for (const to of [[640, 384], [416, 416], [224, 224], [1920, 1080]] as [number, number][]) {
      assert.equal(readCounter(resized(gray, [1280, 720], to), to[0], to[1]), n);
    }
  }
});

Deno.test("the upper part of a picture is enough to read the counter", () => {
  const region = counterRegion(1280, 720);
  assert.ok(region.height < 200);
  const gray = painted(1280, 720, 4711).subarray(0, region.width * region.height);
  assert.equal(readCounter(gray, 1280, 720), 4711);
});

Deno.test("a faint counter is read, a counter under noise is read", () => {
  const gray = painted(640, 360, 987_654);
  assert.equal(readCounter(gray.map((level) => 90 + level * 0.3), 640, 360), 987_654);
  assert.equal(readCounter(gray.map((level, i) => (level * 3 + ((i * 7919) % 256)) / 4), 640, 360), 987_654);
});

Deno.test("pictures without a counter give none", () => {
  for (const level of [0, 128, 255]) {
    assert.equal(readCounter(new Uint8Array(320 * 240).fill(level), 320, 240), undefined);
  }
  const noise = Uint8Array.from({ length: 320 * 240 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  assert.equal(readCounter(noise, 320, 240), undefined);
  assert.equal(readCounter(new Uint8Array(0), 320, 240), undefined);
});

Deno.test("a counter with one wrong cell is refused rather than misread", () => {
  const whole = painted(480, 240, 55_555);
  for (let cell = 0; cell < 48; cell++) {
    const gray = whole.slice();
    const x0 = 30 + (cell % 12) * 35, y0 = 5 + Math.floor(cell / 12) * 12.5;
    for (let y = Math.floor(y0); y < y0 + 12.5; y++) {
      for (let x = x0; x < x0 + 35; x++) gray[y * 480 + x] = 255 - gray[y * 480 + x];
    }
    assert.equal(readCounter(gray, 480, 240), undefined, `cell ${cell}`);
  }
});
