import type { AlertEvent } from "../../src/core/events.ts";
import type { Detection, ResultEnvelope } from "../../src/core/results.ts";
import type { StateEvent, StreamState } from "../../src/core/stream.ts";

/** A result of the stream `gate` in which these labels were found. */
export function resultOf(seq: number, labels: readonly string[] = ["person"]): ResultEnvelope {
  const detections = labels.map((label): Detection => ({ box: [1, 2, 3, 4], label, classId: 0, score: 0.9 }));
  const outputs = { detect: { model: "m", detections } };
  return {
    v: 1,
    type: "result",
    stream: "gate",
    epoch: 1,
    seq,
    pts: seq / 10,
    frame: { width: 640, height: 480 },
    outputs,
  };
}

/** The stream `gate` changed its state. */
export function stateOf(state: StreamState): StateEvent {
  return {
    v: 1,
    type: "state",
    stream: "gate",
    state,
    previous: "connecting",
    at: "2026-01-31T12:00:00.000Z",
    epoch: 1,
    restarts: 0,
  };
}

/** Something was noticed in the stream `gate`. */
export function alertOf(message: string): AlertEvent {
  return { v: 1, type: "alert", stream: "gate", alert: "loitering", message, at: "2026-01-31T12:00:00.000Z" };
}
