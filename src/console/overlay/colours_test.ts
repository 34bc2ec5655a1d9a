import assert from "node:assert/strict";
import { DARK, inkOn, LIGHT, PALETTE } from "../../vision/palette.ts";
import { OVERLAY_COLOURS, OVERLAY_DARK, overlayColour, overlayInk } from "./colours.ts";

const hex = (colour: readonly number[]) => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

Deno.test("The page draws with the server's colours", () => {
  assert.deepEqual(OVERLAY_COLOURS, PALETTE.map(hex));
  assert.equal(OVERLAY_DARK, hex(DARK));
  for (const colour of PALETTE) {
    assert.equal(
      overlayInk(hex(colour)),
      inkOn(colour) === LIGHT ? hex(LIGHT) : hex(DARK),
      hex(colour),
    );
  }
});

Deno.test("Every number has a colour", () => {
  assert.deepEqual(
    [0, 8, -1, 7.9, NaN].map(overlayColour),
    [0, 0, 7, 7, 0].map((index) => OVERLAY_COLOURS[index]),
  );
});
