import assert from "node:assert/strict";
import { random } from "../../scripts/bench/random.ts";
import { golden } from "../../tests/golden/recipe.ts";
import { Candidates, nms } from "./nms.ts";

interface NmsCase {
  seed: number;
  count: number;
  classes: number;
  iou: number;
  steps: number;
  kept: string;
}

function candidatesOf({ seed, count, classes, steps }: NmsCase): Candidates {
  const next = random(seed);
  const candidates = new Candidates();
  for (let i = 0; i < count; i++) {
    const x = next() * 320;
    const y = next() * 320;
    const width = 4 + next() * 120;
    const height = 4 + next() * 120;
    const score = next();
    const rounded = steps ? Math.trunc(score * steps) / steps : score;
    candidates.push(x, y, x + width, y + height, rounded, Math.floor(next() * classes), i);
  }
  return candidates;
}

for (const nmsCase of golden<{ cases: NmsCase[] }>("nms.json").cases) {
  const { count, classes, iou, steps, kept } = nmsCase;
  const ties = steps ? `, scores in ${steps} steps` : "";
  Deno.test(`nms keeps what torchvision keeps of ${count} boxes, ${classes} classes, IoU ${iou}${ties}`, () => {
    assert.equal(nms(candidatesOf(nmsCase), { iou, maxDetections: Infinity }).join(" "), kept);
  });
}

Deno.test("nms of nothing is nothing", () => {
  assert.deepEqual(nms(new Candidates(), { iou: 0.5, maxDetections: 10 }), []);
});

Deno.test("nms stops at the limit with the best of all", () => {
  const [nmsCase] = golden<{ cases: NmsCase[] }>("nms.json").cases.slice(2);
  const all = nms(candidatesOf(nmsCase), { iou: nmsCase.iou, maxDetections: Infinity });
  assert.deepEqual(nms(candidatesOf(nmsCase), { iou: nmsCase.iou, maxDetections: 7 }), all.slice(0, 7));
});

Deno.test("nms keeps boxes of different classes on the same spot", () => {
  const candidates = new Candidates();
  candidates.push(0, 0, 10, 10, 0.5, 0, 0);
  candidates.push(0, 0, 10, 10, 0.9, 1, 1);
  candidates.push(0, 0, 10, 10, 0.7, 0, 2);
  assert.deepEqual(nms(candidates, { iou: 0.5, maxDetections: 10 }), [1, 2]);
});

Deno.test("nms with an IoU of one keeps every box, best first, equal scores in their order", () => {
  const candidates = new Candidates(1);
  [0.5, 0.9, 0.5, 0.9].forEach((score, row) => candidates.push(0, 0, 10, 10, score, 0, row));
  assert.deepEqual(nms(candidates, { iou: 1, maxDetections: 10 }), [1, 3, 0, 2]);
});

Deno.test("nms keeps a box that overlaps by exactly the threshold", () => {
  const candidates = new Candidates();
  candidates.push(0, 0, 10, 10, 0.9, 0, 0);
  candidates.push(0, 0, 10, 5, 0.8, 0, 1);
  assert.deepEqual(nms(candidates, { iou: 0.5, maxDetections: 10 }), [0, 1]);
  assert.deepEqual(nms(candidates, { iou: 0.49, maxDetections: 10 }), [0]);
});
