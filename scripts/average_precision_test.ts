import assert from "node:assert/strict";
import type { Box } from "../src/core/results.ts";
import { type Asked, averagePrecision, type Found } from "./average_precision.ts";

const BOX: Box = [10, 10, 20, 40];
const ELSEWHERE: Box = [200, 10, 20, 40];
const FURTHER: Box = [400, 10, 20, 40];

const find = (box: Box, score: number, label = "player"): Found => ({ label, box, score });
const ask = (box: Box, ignored = false, label = "player"): Asked => ({ label, box, ignored });

Deno.test("Everything found and nothing else is a precision of one", () => {
  const { ap, objects, recall } = averagePrecision([
    { found: [find(BOX, 0.9)], asked: [ask(BOX)] },
    { found: [find(ELSEWHERE, 0.4)], asked: [ask(ELSEWHERE)] },
  ], "player");
  assert.deepEqual({ ap, objects, recall }, { ap: 1, objects: 2, recall: 1 });
});

Deno.test("The area lies under the envelope of precision over recall", () => {
  // Hit, miss, hit, with a third object never found: 1/3 at precision 1, 1/3 at precision 2/3.
  const { ap } = averagePrecision([{
    found: [find(BOX, 0.9), find([90, 300, 20, 40], 0.8), find(ELSEWHERE, 0.7)],
    asked: [ask(BOX), ask(ELSEWHERE), ask(FURTHER)],
  }], "player");
  assert.ok(Math.abs(ap - (1 / 3 + (1 / 3) * (2 / 3))) < 1e-12);
});

Deno.test("A second detection of one object is a mistake", () => {
  const { precision, recall } = averagePrecision([{
    found: [find(BOX, 0.9), find([11, 10, 20, 40], 0.8)],
    asked: [ask(BOX)],
  }], "player");
  assert.deepEqual({ precision, recall }, { precision: 0.5, recall: 1 });
});

Deno.test("A box of less than the asked overlap finds nothing", () => {
  const shifted: Box = [10, 24, 20, 40];
  const scene = [{ found: [find(shifted, 0.9)], asked: [ask(BOX)] }];
  assert.equal(averagePrecision(scene, "player").ap, 0);
  assert.equal(averagePrecision(scene, "player", { iou: 0.45 }).ap, 1);
});

Deno.test("An ignored object is neither asked for nor held against whoever finds it", () => {
  const { ap, objects } = averagePrecision([{
    found: [find(ELSEWHERE, 0.95), find(BOX, 0.9)],
    asked: [ask(BOX), ask(ELSEWHERE, true)],
  }], "player");
  assert.deepEqual({ ap, objects }, { ap: 1, objects: 1 });
});

Deno.test("Classes are judged apart", () => {
  const scene = [{ found: [find(BOX, 0.9, "referee")], asked: [ask(BOX)] }];
  assert.equal(averagePrecision(scene, "player").recall, 0);
  assert.ok(Number.isNaN(averagePrecision(scene, "referee").ap));
});
