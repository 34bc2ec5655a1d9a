import assert from "node:assert/strict";
import { Unanswered } from "./unanswered.ts";

const picture = (takenAtMs: number) => ({ picture: new Blob([`${takenAtMs}`]), takenAtMs });

Deno.test("an answer gives out its own picture, and those that it overtook are gone", () => {
  const unanswered = new Unanswered();
  for (const at of [1, 2, 3, 4]) assert.equal(unanswered.add(at, picture(at)), 0);
  const taken = unanswered.take(3);
  assert.deepEqual([taken?.takenAtMs, taken?.overtaken, unanswered.size], [3, 2, 1]);
  assert.equal(unanswered.take(2), undefined);
  assert.equal(unanswered.take(NaN), undefined);
  assert.equal(unanswered.take(4)?.overtaken, 0);
});

Deno.test("it holds so many and no more, and says how many it lost", () => {
  const unanswered = new Unanswered();
  let lost = 0;
  for (let at = 0; at < 200; at++) lost += unanswered.add(at, picture(at));
  assert.equal(lost + unanswered.size, 200);
  assert.ok(unanswered.size < 100);
  assert.equal(unanswered.take(0), undefined, "the oldest went first");
  assert.equal(unanswered.take(199)?.takenAtMs, 199);
  unanswered.add(200, picture(200));
  assert.equal(unanswered.clear(), 1);
  assert.equal(unanswered.size, 0);
});
