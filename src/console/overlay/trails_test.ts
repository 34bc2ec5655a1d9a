import assert from "node:assert/strict";
import type { Box } from "../../core/results.ts";
import { Trails } from "./trails.ts";

const at = (epoch: number, track: number, box: Box) => ({
  epoch,
  outputs: {
    detect: {
      model: "m",
      detections: [{ box, label: "a", classId: 0, score: 1, track }],
    },
  },
});

Deno.test("A trail is where a track stood, and a new epoch begins anew", () => {
  const trails = new Trails(2);
  trails.push(at(1, 7, [0, 0, 10, 20]));
  assert.deepEqual(trails.push(at(1, 7, [10, 0, 10, 20])), [{
    track: 7,
    points: [[5, 20], [15, 20]],
  }]);
  assert.deepEqual(trails.push(at(1, 7, [20, 0, 10, 20]))[0].points, [
    [15, 20],
    [25, 20],
  ]);
  assert.deepEqual(trails.push(at(2, 7, [0, 0, 10, 20]))[0].points, [[5, 20]]);
});

Deno.test("A track that is not seen any more loses its trail", () => {
  const trails = new Trails(3);
  trails.push(at(1, 1, [0, 0, 1, 1]));
  for (let frame = 0; frame < 3; frame++) trails.push(at(1, 2, [0, 0, 1, 1]));
  assert.deepEqual(
    trails.push(at(1, 2, [0, 0, 1, 1])).map(({ track }) => track),
    [2],
  );
});
