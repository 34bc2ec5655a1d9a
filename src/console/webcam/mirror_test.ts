import assert from "node:assert/strict";
import { mirrored } from "./mirror.ts";

Deno.test("in a mirror boxes and points change sides, and all else stays", () => {
  const outputs = {
    detect: {
      model: "m",
      detections: [{
        box: [10, 20, 30, 40] as [number, number, number, number],
        label: "a",
        classId: 0,
        score: 1,
      }],
    },
    pose: {
      model: "p",
      detections: [
        {
          box: [0, 0, 100, 5] as [number, number, number, number],
          label: "b",
          classId: 1,
          score: 1,
          keypoints: [[99, 2, 0.5]],
        },
      ],
    },
    counter: { value: 3 },
  };
  const before = structuredClone(outputs);
  const turned = mirrored({ outputs, frame: { width: 100, height: 50 } });
  assert.deepEqual(turned, {
    detect: { model: "m", detections: [{ ...outputs.detect.detections[0], box: [60, 20, 30, 40] }] },
    pose: { model: "p", detections: [{ ...outputs.pose.detections[0], keypoints: [[1, 2, 0.5]] }] },
    counter: { value: 3 },
  });
  assert.deepEqual(mirrored({ outputs: turned, frame: { width: 100, height: 50 } }), before);
});
