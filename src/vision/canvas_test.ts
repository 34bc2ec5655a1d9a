import assert from "node:assert/strict";
import { Canvas, type Point } from "./canvas.ts";
import { Font } from "./font.ts";
import type { Colour } from "./palette.ts";

const WHITE: Colour = [255, 255, 255];

function blank(width: number, height: number): Canvas {
  return new Canvas(new Uint8Array(width * height * 3), width, height);
}

/** The picture as text: `#` full, `+` partly, `.` nothing. */
function look({ rgb, width, height }: Canvas): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const value = rgb[(y * width + x) * 3];
      return value === 255 ? "#" : value > 0 ? "+" : ".";
    }).join(""));
}

Deno.test("a rectangle covers exactly its pixels", () => {
  const canvas = blank(6, 4);
  canvas.fillRect({ x: 1, y: 1, width: 4, height: 2 }, WHITE);
  assert.deepEqual(look(canvas), ["......", ".####.", ".####.", "......"]);
});

Deno.test("an outline lies inside its rectangle and does not pile up at corners", () => {
  const canvas = blank(7, 6);
  canvas.strokeRect({ x: 1, y: 1, width: 5, height: 4 }, { colour: WHITE, thickness: 1, alpha: 0.5 });
  assert.deepEqual(look(canvas), [".......", ".+++++.", ".+...+.", ".+...+.", ".+++++.", "......."]);
  assert.deepEqual(new Set(canvas.rgb), new Set([0, 127]));
});

Deno.test("an outline thicker than its rectangle fills it and no more", () => {
  const canvas = blank(5, 5);
  canvas.strokeRect({ x: 1, y: 1, width: 3, height: 3 }, { colour: WHITE, thickness: 9 });
  assert.deepEqual(look(canvas), [".....", ".###.", ".###.", ".###.", "....."]);
});

Deno.test("cut corners are steps", () => {
  const canvas = blank(6, 6);
  canvas.fillRect({ x: 0, y: 0, width: 6, height: 6 }, WHITE, { cut: 2 });
  assert.deepEqual(look(canvas), ["..##..", ".####.", "######", "######", ".####.", "..##.."]);
});

Deno.test("straight lines are crisp, slanted ones soft, and both are as thick as asked", () => {
  const canvas = blank(6, 6);
  canvas.strokeLine([[0, 3], [6, 3]], { colour: WHITE, thickness: 2 });
  assert.deepEqual(look(canvas), ["......", "......", "######", "######", "......", "......"]);
  const upright = blank(4, 4);
  upright.strokeLine([[2, 4], [2, 0]], { colour: WHITE, thickness: 2 });
  assert.deepEqual(look(upright), [".##.", ".##.", ".##.", ".##."]);
  const slanted = blank(60, 60);
  slanted.strokeLine([[0, 0], [60, 60]], { colour: WHITE, thickness: 3 });
  const covered = slanted.rgb.reduce((sum, value) => sum + value, 0) / 3 / 255;
  const expected = 60 * Math.SQRT2 * 3;
  assert.ok(Math.abs(covered - expected) < expected * 0.05, `${covered} pixels instead of ${expected}`);
});

Deno.test("a line through points does not count the joints twice", () => {
  const bent = blank(20, 5);
  bent.strokeLine([[0, 2], [7, 2], [13, 2], [20, 2]], { colour: WHITE, thickness: 2, alpha: 0.5 });
  assert.deepEqual(new Set(bent.rgb), new Set([0, 127]));
});

Deno.test("a polygon with a hole made of itself is filled even-odd", () => {
  const canvas = blank(6, 6);
  const outer: Point[] = [[0, 0], [6, 0], [6, 6], [0, 6], [0, 0]];
  const inner: Point[] = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]];
  canvas.fillPolygon([...outer, ...inner], WHITE);
  assert.deepEqual(look(canvas), ["######", "######", "##..##", "##..##", "######", "######"]);
});

Deno.test("a disc is round and has the area of a circle", () => {
  const canvas = blank(40, 40);
  canvas.fillDisc([20, 20], 15, WHITE);
  const covered = canvas.rgb.reduce((sum, value) => sum + value, 0) / 3 / 255;
  assert.ok(Math.abs(covered - Math.PI * 225) < 8, `${covered}`);
});

Deno.test("text is written where it is wanted, in its colour alone", () => {
  const canvas = blank(10, 9);
  canvas.text([1, 0], "il", { font: new Font(1), colour: WHITE });
  assert.deepEqual(look(canvas), [
    "..#..##...",
    "......#...",
    ".##...#...",
    "..#...#...",
    "..#...#...",
    "..#...#...",
    ".###.###..",
    "..........",
    "..........",
  ]);
});

Deno.test("a buffer that is too small is refused", () => {
  assert.throws(() => new Canvas(new Uint8Array(10), 2, 2), /12 are needed/);
});

Deno.test("nothing is ever drawn outside the picture, whatever the coordinates", () => {
  let seed = 1;
  const draw = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const wild = [NaN, Infinity, -Infinity, 1e12, -1e12, -0.5, 0, 16];
  const number = () => draw() < 0.15 ? wild[Math.floor(draw() * wild.length)] : draw() * 60 - 20;
  const font = new Font(2);
  const guard = 64 * 3;
  const memory = new Uint8Array(16 * 9 * 3 + 2 * guard).fill(7);
  const canvas = new Canvas(memory.subarray(guard, memory.length - guard), 16, 9);
  for (let round = 0; round < 3_000; round++) {
    const rect = { x: number(), y: number(), width: number(), height: number() };
    const points: Point[] = Array.from({ length: 1 + Math.floor(draw() * 5) }, () => [number(), number()]);
    const alpha = draw() * 1.5;
    canvas.fillRect(rect, WHITE, { alpha, cut: Math.floor(draw() * 4) });
    canvas.strokeRect(rect, { colour: WHITE, thickness: number(), alpha });
    canvas.strokeLine(points, { colour: WHITE, thickness: draw() * 9, alpha });
    canvas.fillPolygon(points, WHITE, { alpha });
    canvas.fillDisc(points[0], draw() * 30, WHITE, { alpha });
    canvas.text(points[0], "Ag", { font, colour: WHITE });
  }
  assert.ok(memory.subarray(0, guard).every((value) => value === 7), "above the picture");
  assert.ok(memory.subarray(memory.length - guard).every((value) => value === 7), "below the picture");
  assert.ok(canvas.rgb.every((value) => value === 255), "the picture itself was never touched");
});

Deno.test("what lies left of the picture does not come out on its right", () => {
  const canvas = blank(8, 4);
  canvas.fillRect({ x: -6, y: 1, width: 4, height: 2 }, WHITE);
  canvas.strokeRect({ x: 9, y: 0, width: 4, height: 4 }, { colour: WHITE, thickness: 1 });
  canvas.fillDisc([-3, 2], 2, WHITE);
  canvas.text([-7, 0], "l", { font: new Font(1), colour: WHITE });
  canvas.strokeLine([[-5, 0], [-1, 4]], { colour: WHITE, thickness: 1 });
  canvas.fillPolygon([[-5, 0], [-1, 0], [-1, 4]], WHITE);
  assert.ok(canvas.rgb.every((value) => value === 0));
});
