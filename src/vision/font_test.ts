import assert from "node:assert/strict";
import { ASCENT_ROWS, DESCENT_ROWS, Font } from "./font.ts";

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

Deno.test("every printable character has a shape of its own, in every size", () => {
  for (const scale of [1, 2, 3, 6]) {
    const font = new Font(scale);
    const shapes = new Map<string, string>();
    for (const character of [...PRINTABLE, "ü"]) {
      const { width, rows, ink } = font.glyph(character);
      assert.equal(rows, (ASCENT_ROWS + DESCENT_ROWS) * scale);
      assert.equal(ink.length, width * rows);
      const shape = `${width} ${ink.join("")}`;
      assert.equal(shapes.get(shape), undefined, `${character} looks like ${shapes.get(shape)}`);
      shapes.set(shape, character);
    }
  }
});

Deno.test("no glyph has a blank column at its edges, so that gaps between letters are even", () => {
  const font = new Font(1);
  // Digits are padded to one width.
  for (const character of PRINTABLE.slice(1).filter((character) => !/\d/.test(character))) {
    const { width, rows, ink } = font.glyph(character);
    for (const x of [0, width - 1]) {
      const column = Array.from({ length: rows }, (_, y) => ink[y * width + x]);
      assert.ok(column.includes(1), `column ${x} of ${character}`);
    }
  }
});

Deno.test("digits are all as wide, so that counting numbers do not jump", () => {
  const font = new Font(2);
  assert.deepEqual(new Set([..."0123456789"].map((digit) => font.glyph(digit).width)), new Set([10]));
});

Deno.test("what is not printable ASCII is a box", () => {
  const font = new Font(1);
  const box = font.glyph("ü");
  for (const character of ["é", "漢", "😀", "\n", "\x7f", ""]) assert.equal(font.glyph(character), box);
  // A character outside the basic plane is one box, not two.
  assert.equal(font.measure("😀"), box.width);
});

Deno.test("a text is as wide as its letters and the gaps between them", () => {
  assert.equal(new Font(1).measure("ball"), 5 + 1 + 5 + 1 + 3 + 1 + 3);
  assert.equal(new Font(3).measure("ball"), 3 * 19);
  assert.equal(new Font(1).measure(""), 0);
});

Deno.test("larger sizes keep square corners square and turn steps into slopes", () => {
  const rowsOf = (font: Font, character: string) => {
    const { width, rows, ink } = font.glyph(character);
    return Array.from({ length: rows }, (_, y) => ink.slice(y * width, (y + 1) * width).join(""));
  };
  assert.deepEqual(rowsOf(new Font(2), "[").slice(0, 4), ["111111", "111111", "110000", "110000"]);
  assert.deepEqual(rowsOf(new Font(2), ">").slice(0, 6), [
    "11000000",
    "11100000",
    "01110000",
    "00111000",
    "00011100",
    "00001110",
  ]);
});
