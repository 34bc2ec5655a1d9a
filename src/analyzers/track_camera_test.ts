import assert from "node:assert/strict";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { createPitchScene } from "../../streams/scenes/pitch_scene.ts";
import type { Detection } from "../core/results.ts";
import { countMot, type MotCounts, sumMot } from "../vision/mot_metrics.ts";
import { type MotRow, motSequence } from "../vision/mot_sequence.ts";
import { analyzerNamed } from "./registry.ts";

const [WIDTH, HEIGHT, FPS] = [640, 360, 12];

/** Shows a match, whose operator follows the ball, to two trackers, with boxes as they truly are. */
function follow(method: string, seed: number): { plain: MotCounts; compensated: MotCounts } {
  const scene = createPitchScene({ seed, fps: FPS, width: WIDTH, height: HEIGHT });
  const trackers = [false, true].map((cameraMotion) =>
    analyzerNamed("track", { method, cameraMotion, fps: FPS, confirm: 0 })
  );
  const truth: MotRow[] = [];
  const tracked: MotRow[][] = [[], []];
  for (let frame = 1; frame <= 100; frame++) {
    const { pixels, truth: { objects, ptsUs } } = scene.next();
    using picture = pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "rgba", data: pixels });
    const people = objects.filter((one) => one.class !== "ball" && one.visible > 0.4);
    for (const { id, box } of people) truth.push({ frame, id, box });
    trackers.forEach((tracker, which) => {
      const detections = people.map(({ box }): Detection => ({
        box: [...box],
        label: "person",
        classId: 0,
        score: 0.9,
      }));
      tracker.push({
        info: { stream: "test", epoch: 1, seq: frame, ptsUs, arrivedAtMs: 0 },
        width: WIDTH,
        height: HEIGHT,
        outputs: { detect: { model: "truth", detections } },
        picture,
      });
      for (const { track, box } of detections) if (track !== undefined) tracked[which].push({ frame, id: track, box });
    });
  }
  const [plain, compensated] = tracked.map((rows) => countMot(motSequence(truth, rows)));
  return { plain, compensated };
}

for (const method of ["bytetrack", "ocsort"]) {
  Deno.test(`${method}: under a camera that pans, identities last longer when its motion is taken out`, () => {
    const runs = [12, 33].map((seed) => follow(method, seed));
    const plain = sumMot(runs.map(({ plain }) => plain));
    const compensated = sumMot(runs.map(({ compensated }) => compensated));
    const told = `${plain.switches} switches, ${plain.identified} right without, ` +
      `${compensated.switches} and ${compensated.identified} with, of ${plain.found + plain.missed}`;
    assert.ok(compensated.switches < 0.5 * plain.switches && compensated.identified > 1.1 * plain.identified, told);
  });
}

Deno.test("a still camera makes no difference, and without pictures there is no motion to take out", () => {
  const boxes = (cameraMotion: boolean, shown: boolean) => {
    const tracker = analyzerNamed("track", { cameraMotion, boxes: "filtered", confirm: 0 });
    const data = new Uint8Array(WIDTH * HEIGHT).map((_, index) => (index * 7919) >> 3 & 255);
    return Array.from({ length: 10 }, (_, frame) => {
      using picture = pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "gray", data });
      const detections: Detection[] = [{ box: [100 + 4 * frame, 50, 20, 40], label: "a", classId: 0, score: 0.9 }];
      const info = { stream: "test", epoch: 1, seq: frame, ptsUs: frame * 40_000, arrivedAtMs: 0 };
      tracker.push({
        info,
        width: WIDTH,
        height: HEIGHT,
        outputs: { detect: { model: "m", detections } },
        ...(shown && { picture }),
      });
      return detections[0].box.map(Math.round);
    });
  };
  assert.deepEqual(boxes(true, true), boxes(false, true));
  assert.deepEqual(boxes(true, false), boxes(false, false));
});
