import assert from "node:assert/strict";
import { matrixOfRotation, type Rotation, rotationOfMatrix } from "./rotation.ts";

for (const rotation of [0, 90, 180, 270] as Rotation[]) {
  Deno.test(`a display matrix keeps a turn of ${rotation} degrees`, () => {
    assert.equal(rotationOfMatrix(matrixOfRotation(rotation)), rotation);
  });
}

Deno.test("no matrix, half a matrix and an empty one turn nothing", () => {
  assert.equal(rotationOfMatrix(null), 0);
  assert.equal(rotationOfMatrix(undefined), 0);
  assert.equal(rotationOfMatrix(new Uint8Array(35)), 0);
  assert.equal(rotationOfMatrix(new Uint8Array(36)), 0);
});

Deno.test("a turn that is no quarter is taken for the nearest one", () => {
  const view = new DataView(new ArrayBuffer(36));
  const put = (degrees: number) => {
    view.setInt32(0, Math.cos((degrees * Math.PI) / 180) * 65536, true);
    view.setInt32(4, Math.sin((degrees * Math.PI) / 180) * 65536, true);
    return rotationOfMatrix(new Uint8Array(view.buffer));
  };
  assert.deepEqual([10, 80, 100, 170, 190, 260, 280, 350].map(put), [0, 90, 90, 180, 180, 270, 270, 0]);
});
