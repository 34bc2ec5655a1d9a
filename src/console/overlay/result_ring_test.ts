import assert from "node:assert/strict";
import { ResultRing } from "./result_ring.ts";

Deno.test("A ring finds the result of a frame, knows what it has, and forgets the oldest", () => {
  const ring = new ResultRing<{ epoch: number; seq: number; note?: string }>(2);
  assert.equal(ring.push({ epoch: 1, seq: 5 }), true);
  assert.equal(ring.push({ epoch: 1, seq: 5, note: "again" }), false);
  assert.deepEqual(ring.of({ epoch: 1, seq: 5 }), { epoch: 1, seq: 5 });
  assert.equal(
    ring.of({ epoch: 2, seq: 5 }),
    undefined,
    "another epoch is another frame",
  );
  ring.push({ epoch: 1, seq: 6 });
  ring.push({ epoch: 1, seq: 7 });
  assert.deepEqual(ring.list().map(({ seq }) => seq), [6, 7]);
});
