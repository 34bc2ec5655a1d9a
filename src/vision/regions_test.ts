import assert from "node:assert/strict";
import { regionsOf } from "./regions.ts";

const mask = (...rows: string[]) => Uint8Array.from(rows.join(""), (cell) => Number(cell === "#"));

Deno.test("what hangs together is one region, largest first", () => {
  const found = regionsOf(mask("##......", "##......", "......#.", "........"), 8, 4);
  assert.deepEqual(found, [{ box: [0, 0, 2, 2], pixels: 4 }, { box: [6, 2, 1, 1], pixels: 1 }]);
});

Deno.test("a gap is bridged as far as it is asked for", () => {
  const gap = mask("#.#..#");
  assert.equal(regionsOf(gap, 6, 1, { bridge: 0 }).length, 3);
  assert.equal(regionsOf(gap, 6, 1).length, 2);
  assert.equal(regionsOf(gap, 6, 1, { bridge: 2 }).length, 1);
});
