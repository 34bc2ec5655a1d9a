import assert from "node:assert/strict";
import { colourOf, DARK, inkOn, PALETTE } from "./palette.ts";

function luminance(colour: readonly number[]): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

Deno.test("text contrasts with every colour of the palette at least 4.5 to 1", () => {
  for (const colour of [...PALETTE, DARK]) {
    const [low, high] = [luminance(colour), luminance(inkOn(colour))].toSorted((a, b) => a - b);
    assert.ok((high + 0.05) / (low + 0.05) >= 4.5, `${colour}: ${(high + 0.05) / (low + 0.05)}`);
  }
});

/** How a colour looks without one of the three kinds of cones, in linear light (Viénot, Brettel and Mollon 1999). */
const BLINDNESSES = {
  protanopia: [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
  deuteranopia: [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
};

function lab(colour: readonly number[], matrix?: number[][]): number[] {
  let linear = colour.map((value) => (value / 255) ** 2.2);
  if (matrix) linear = matrix.map((row) => row.reduce((sum, weight, index) => sum + weight * linear[index], 0));
  const [red, green, blue] = linear.map((value) => Math.max(0, value));
  const x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
  const y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
  const [fx, fy, fz] = [x, y, z].map((value) => value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

Deno.test("any two colours differ visibly, for people who cannot tell red from green too", () => {
  for (const [name, matrix] of [["full sight", undefined], ...Object.entries(BLINDNESSES)] as const) {
    for (let one = 0; one < PALETTE.length; one++) {
      for (let other = 0; other < one; other++) {
        const [a, b] = [lab(PALETTE[one], matrix), lab(PALETTE[other], matrix)];
        const distance = Math.sqrt(a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0));
        assert.ok(distance >= 10, `${name}: colours ${other} and ${one} are ${distance.toFixed(1)} apart`);
      }
    }
  }
});

Deno.test("every number has a colour, the same each time", () => {
  for (const id of [0, 7, 8, 1e9, -1, -8, 2.5, NaN]) assert.equal(colourOf(id), colourOf(id));
  assert.equal(colourOf(9), PALETTE[1]);
  assert.equal(colourOf(-1), PALETTE[7]);
  assert.ok(colourOf(NaN));
});
