import assert from "node:assert/strict";
import { ringArea } from "../vision/rings.ts";
import { pulseOutline } from "./pulse_outline.ts";

Deno.test("what counts is told as outlines in the picture's own pixels, holes and all, without specks", () => {
  const width = 40, height = 40;
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away = Math.hypot(x - 20, y - 20);
      // A face, eyes where nothing counts, and a pixel that looks like skin.
      if (away < 15 && away > 5) values[y * width + x] = 1;
    }
  }
  values[41] = 1;
  const region = { x: 100, y: 60, width: 80, height: 160 };
  const rings = pulseOutline({ width, height, values }, region);
  assert.equal(rings.length, 2);
  const [outer, hole] = rings.map(ringArea);
  // An ellipse: cells are 2 wide and 4 high.
  assert.ok(Math.abs(outer / (Math.PI * 15 * 15 * 2 * 4) - 1) < 0.1, `${outer}`);
  assert.ok(hole < 0 && Math.abs(-hole / (Math.PI * 5 * 5 * 2 * 4) - 1) < 0.25, `${hole}`);
  for (let at = 0; at < rings[0].length; at += 2) {
    assert.ok(rings[0][at] >= 100 && rings[0][at] <= 180 && rings[0][at + 1] >= 60 && rings[0][at + 1] <= 220);
  }
  assert.ok(JSON.stringify(rings).length < 1500);
});

Deno.test("where all counts the outline is the region, and where nothing does there is none", () => {
  const region = { x: 10, y: 20, width: 30, height: 40 };
  const [ring] = pulseOutline({ width: 30, height: 40, values: new Float32Array(1200).fill(1) }, region);
  assert.equal(Math.round(ringArea(ring)), 30 * 40);
  assert.deepEqual(pulseOutline({ width: 30, height: 40, values: new Float32Array(1200) }, region), []);
});
