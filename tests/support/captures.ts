import type { CapturedFrame } from "../../src/core/captures.ts";

/** A captured frame as a thread hands it over; its picture is as large as asked for, and no JPEG. */
export function capturedFrame(over: Partial<CapturedFrame> & { sizeBytes?: number } = {}): CapturedFrame {
  const { sizeBytes = 1000, ...rest } = over;
  const { stream = "gate" } = rest;
  return {
    stream,
    atMs: Date.parse("2026-01-31T12:00:00Z"),
    reasons: ["nth"],
    image: new Uint8Array(sizeBytes).fill(7),
    type: "jpg",
    width: 64,
    height: 48,
    models: {
      detect: { name: "m", sha256: "ab".repeat(32), minScore: 0.25, iou: 0.45, maxDetections: 300 },
    },
    result: {
      v: 1,
      type: "result",
      stream,
      epoch: 1,
      seq: 1,
      pts: 0,
      frame: { width: 64, height: 48 },
      outputs: {
        detect: { model: "m", detections: [{ box: [4, 8, 16, 24], label: "person", classId: 0, score: 0.9 }] },
      },
    },
    ...rest,
  };
}
