import assert from "node:assert/strict";
import { agreement, type PeerDetection } from "./agreement.ts";

const cat: PeerDetection = [100, 100, 50, 80, 0.9, 15];
const dog: PeerDetection = [300, 120, 60, 60, 0.6, 16];
const moved = ([x, y, ...rest]: PeerDetection, by: number): PeerDetection => [x + by, y, ...rest] as PeerDetection;

Deno.test("rows that see the same a pixel apart agree wholly", () => {
  const a = new Map([[0, [cat, dog]], [1, [cat]]]);
  const b = new Map([[0, [moved(dog, 1), moved(cat, -1)]], [1, [cat]], [2, [dog]]]);
  assert.deepEqual(agreement(a, b, 0.25), { share: 1, frames: 2, detections: 6 });
});

Deno.test("another class, another place or another score is no agreement", () => {
  const others: PeerDetection[] = [[...cat], moved(cat, 40), [...cat]];
  others[0][5] = 16;
  others[2][4] = 0.7;
  for (const other of others) assert.equal(agreement(new Map([[0, [cat]]]), new Map([[0, [other]]]), 0.25).share, 0);
});

Deno.test("a detection at the threshold that only one row has counts for nothing", () => {
  const faint: PeerDetection = [10, 10, 20, 20, 0.27, 1];
  assert.equal(agreement(new Map([[0, [cat, faint]]]), new Map([[0, [cat]]]), 0.25).share, 1);
  assert.equal(agreement(new Map([[0, [cat, dog]]]), new Map([[0, [cat]]]), 0.25).share, 2 / 3);
});

Deno.test("rows without a frame in common do not agree", () => {
  assert.equal(agreement(new Map([[0, [cat]]]), new Map([[1, [cat]]]), 0.25).share, 0);
});
