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

Deno.test("outlines, zones and lines change sides with what they are about", () => {
  const { detect, pulse, zones } = mirrored({
    frame: { width: 100, height: 50 },
    outputs: {
      detect: {
        model: "m",
        detections: [{ box: [0, 0, 10, 10], label: "a", classId: 0, score: 1, mask: [[0, 1, 10, 2, 10, 3]] }],
      },
      pulse: { reasons: [], faces: [{ region: [10, 5, 20, 30], mask: [[10, 5, 30, 5, 30, 35]], bpm: 72 }, {}] },
      zones: { box: { count: 2, points: [[10, 5]] }, half: { from: [10, 0], to: [20, 50], in: 1 }, events: [{ a: 1 }] },
    },
  }) as Record<string, Record<string, unknown>>;
  assert.deepEqual((detect.detections as { mask: number[][] }[])[0].mask, [[100, 1, 90, 2, 90, 3]]);
  assert.deepEqual(pulse, {
    reasons: [],
    faces: [{ region: [70, 5, 20, 30], mask: [[90, 5, 70, 5, 70, 35]], bpm: 72 }, {}],
  });
  assert.deepEqual(zones, {
    box: { count: 2, points: [[90, 5]] },
    half: { from: [90, 0], to: [80, 50], in: 1 },
    events: [{ a: 1 }],
  });
});
