import assert from "node:assert/strict";
import { PredictLoad } from "./predict_load.ts";

Deno.test("one caller alone gets most places, and somebody new always finds one", () => {
  const load = new PredictLoad(64);
  let own = 0;
  while (load.take("greedy", 1) === 1) own++;
  assert.ok(own >= 44 && own <= 48, `${own}`);
  let second = 0;
  while (load.take("second", 1) === 1) second++;
  assert.ok(second >= 10, `${second}`);
  assert.equal(load.take("third", 1), 1);
  load.give("greedy", own);
  assert.equal(load.taken, second + 1);
  assert.equal(load.take("third", 4), 4);
});

Deno.test("a small server gives all its places to one caller, and a batch takes what there is", () => {
  const load = new PredictLoad(2);
  assert.deepEqual([load.take("a", 4), load.take("a", 1), load.take("b", 1)], [2, 0, 0]);
  load.give("a", 2);
  assert.deepEqual([load.take("b", 1), load.taken], [1, 1]);
});

Deno.test("what an image will take is told by what images took that had as many ahead of them", () => {
  const load = new PredictLoad(64);
  assert.equal(load.expectedMs("m", "a"), 0);
  const under = Array.from({ length: 4 }, () => load.enter("m", "a"));
  assert.equal(load.expectedMs("m", "a"), 0, "nothing is known yet");
  under.forEach((one, index) => one.took(100 * (index + 1)));
  assert.equal(load.expectedMs("m", "a"), 500);
  assert.equal(load.expectedMs("other", "a"), 0);
  under.forEach((one) => one.leave());
  assert.equal(load.expectedMs("m", "a"), 0, "who is alone is never sent away");
});

Deno.test("whoever has few images under way waits for few, whatever others do", () => {
  const load = new PredictLoad(64);
  const first = load.enter("m", "light");
  first.took(100);
  first.leave();
  for (let n = 0; n < 20; n++) load.enter("m", "heavy");
  assert.equal(load.expectedMs("m", "heavy"), 2100);
  assert.equal(load.expectedMs("m", "light"), 200);
});

Deno.test("what threads took to start is forgotten with the first image that was alone", () => {
  const load = new PredictLoad(64);
  const cold = Array.from({ length: 4 }, () => load.enter("m", "a"));
  for (const one of cold) one.took(4000);
  for (const one of cold) one.leave();
  const alone = load.enter("m", "a");
  assert.ok(load.expectedMs("m", "a") > 2000);
  alone.took(20);
  alone.leave();
  const next = load.enter("m", "a");
  assert.equal(load.expectedMs("m", "a"), 40);
  next.took(60);
  next.leave();
  load.enter("m", "a");
  assert.equal(load.expectedMs("m", "a"), 60, "but one that took longer says little");
});
