import assert from "node:assert/strict";
import type { Box, Detection } from "../src/core/results.ts";
import { type CropRules, CropSelection } from "./crop_selection.ts";

const PICTURE = { width: 640, height: 480 };
const RULES: CropRules = { margin: 0, minSize: 16, max: 2, everyNth: 1 };

const found = (score: number, track?: number, box: Box = [100, 100, 50, 80], label = "person"): Detection => ({
  box,
  label,
  classId: 0,
  score,
  ...(track !== undefined && { track }),
});

const chosen = (rules: Partial<CropRules>) => {
  const selection = new CropSelection({ ...RULES, ...rules });
  return (...detections: Detection[]) => selection.next(detections, PICTURE).crops.map(({ of }) => of);
};

Deno.test("without tracks the best go first, and those beyond the most are counted", () => {
  const selection = new CropSelection(RULES);
  const { crops, skipped } = selection.next([found(0.5), found(0.9), found(0.7)], PICTURE);
  assert.deepEqual(crops.map(({ of }) => of), [1, 2]);
  assert.equal(skipped, 1);
});

Deno.test("with tracks, whoever has waited longest goes first, and everybody gets a turn", () => {
  const next = chosen({ max: 1 });
  const frame = () => next(found(0.9, 1), found(0.8, 2), found(0.7, 3));
  assert.deepEqual([frame(), frame(), frame(), frame(), frame()], [[0], [1], [2], [0], [1]]);
});

Deno.test("every nth sighting of a track is cut out, and a track that is new is not waited for", () => {
  const next = chosen({ everyNth: 3 });
  const frames = Array.from({ length: 7 }, (_, n) => next(found(0.9, 1), ...(n < 2 ? [] : [found(0.5, 2)])));
  assert.deepEqual(frames, [[0], [], [1], [0], [], [1], [0]]);
});

Deno.test("a track that was due and had no place is not set back", () => {
  const next = chosen({ everyNth: 2, max: 1 });
  const frames = Array.from({ length: 4 }, () => next(found(0.9, 1), found(0.5, 2)));
  assert.deepEqual(frames, [[0], [1], [0], [1]]);
});

Deno.test("of what nobody follows, every nth frame is cut out", () => {
  const next = chosen({ everyNth: 2 });
  assert.deepEqual([next(found(0.9)), next(found(0.9)), next(found(0.9))], [[0], [], [0]]);
});

Deno.test("a margin grows the crop on all sides, on even pixels, as far as the picture goes", () => {
  const selection = new CropSelection({ ...RULES, margin: 0.2, max: 8 });
  const { crops } = selection.next(
    [found(0.9, undefined, [101, 101, 50, 80]), found(0.8, undefined, [-10, 440, 40, 60])],
    PICTURE,
  );
  assert.deepEqual(crops[0].region, { x: 90, y: 84, width: 71, height: 113 });
  assert.deepEqual(crops[1].region, { x: 0, y: 428, width: 38, height: 52 });
});

Deno.test("what is too small, of another label, outside, or no box at all is left out", () => {
  const next = chosen({ label: "person", minSize: 24, max: 9 });
  const boxes: Box[] = [[0, 0, 23, 90], [700, 0, 50, 50], [NaN, 0, 50, 50], [0, 0, Infinity, NaN]];
  assert.deepEqual(next(...boxes.map((box) => found(1, undefined, box)), found(1, 1, [0, 0, 60, 60], "car")), []);
  assert.deepEqual(next(found(1, undefined, [0, 0, 24, 24])), [0]);
});

Deno.test("tracks of an epoch that is over do not hold back those of the next", () => {
  const selection = new CropSelection({ ...RULES, everyNth: 100 });
  const next = () => selection.next([found(0.9, 1)], PICTURE).crops.length;
  assert.deepEqual([next(), next()], [1, 0]);
  selection.reset();
  assert.equal(next(), 1);
});

Deno.test("however many tracks come by, a bounded number is remembered", () => {
  const selection = new CropSelection({ ...RULES, everyNth: 1_000_000 });
  const next = (track: number) => selection.next([found(0.9, track)], PICTURE).crops.length;
  for (let track = 0; track < 5000; track++) assert.equal(next(track), 1);
  assert.equal(next(4999), 0);
  assert.equal(next(0), 1);
});
