import assert from "node:assert/strict";
import type { ResultEnvelope } from "../core/results.ts";
import { Trails } from "./trails.ts";

function outputs(...tracks: Array<[track: number | undefined, x: number]>): ResultEnvelope["outputs"] {
  const detections = tracks.map(([track, x]) => ({
    box: [x, 10, 4, 20] as [number, number, number, number],
    label: "player",
    classId: 0,
    score: 0.9,
    ...(track !== undefined && { track }),
  }));
  return { detect: { model: "m", detections }, presence: { present: true } };
}

Deno.test("a trail leads through the feet of a track's boxes", () => {
  const trails = new Trails();
  trails.push(outputs([7, 0], [undefined, 50]));
  assert.deepEqual(trails.push(outputs([7, 6])), [{ track: 7, points: [[2, 30], [8, 30]] }]);
});

Deno.test("a trail is only so long, and ends when its track has not been seen for as long", () => {
  const trails = new Trails(3);
  for (let x = 0; x < 10; x++) trails.push(outputs([1, x]));
  assert.deepEqual(trails.push(outputs())[0].points.map(([x]) => x), [9, 10, 11]);
  assert.equal(trails.push(outputs()).length, 1);
  assert.equal(trails.push(outputs()).length, 0);
});

Deno.test("a track that two steps carry on counts once a frame", () => {
  const both = { ...outputs([1, 0]), track: outputs([1, 0]).detect };
  assert.deepEqual(new Trails().push(both)[0].points.length, 1);
});

Deno.test("reset forgets all trails", () => {
  const trails = new Trails();
  trails.push(outputs([1, 0]));
  trails.reset();
  assert.deepEqual(trails.push(outputs([1, 5]))[0].points, [[7, 30]]);
});
