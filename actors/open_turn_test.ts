import assert from "node:assert/strict";
import { OpenTurn } from "./open_turn.ts";

/** Two threads' views of one turn. */
function views(): [OpenTurn, OpenTurn] {
  const memory = OpenTurn.memory();
  return [new OpenTurn(memory), new OpenTurn(memory)];
}

Deno.test("a turn that lies open is taken once, with what was said of it", () => {
  const [one, other] = views();
  assert.equal(other.take(Infinity), undefined);
  one.lay({ batch: 7, dueMs: 100, expectedMs: 12.5 });
  assert.equal(other.lies, true);
  assert.deepEqual(other.take(100), { batch: 7, expectedMs: 12.5 });
  assert.equal(one.take(100), undefined);
  assert.equal(one.clear(), false, "it is not there to be taken back");
});

Deno.test("before it is due a turn is for those only who gain nothing by waiting", () => {
  const [one, other] = views();
  one.lay({ batch: 1, dueMs: 100, expectedMs: 0 });
  assert.equal(other.take(99), undefined);
  assert.equal(one.lies, true);
  assert.deepEqual(other.take(Infinity), { batch: 1, expectedMs: 0 });
});

Deno.test("a turn that is taken back is nobody's, and the next one takes its place", () => {
  const [one, other] = views();
  one.lay({ batch: 1, dueMs: 0, expectedMs: 0 });
  assert.equal(one.clear(), true);
  assert.equal(other.take(Infinity), undefined);
  one.lay({ batch: 2 ** 31 + 5, dueMs: 0, expectedMs: 0 });
  assert.equal(other.take(Infinity)?.batch, 2 ** 31 + 5, "batches may be many");
});
