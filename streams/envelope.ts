import { nowMs } from "../src/core/clock.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { rounded } from "../src/core/tidy.ts";
import type { FrameInWork } from "./frame_in_work.ts";

/** What is published of a frame that has gone all the way. */
export function envelope(frame: FrameInWork): ResultEnvelope {
  const { info, picture } = frame;
  const publishedAtMs = nowMs();
  const inferredFromMs = frame.inferredFromMs ?? publishedAtMs;
  const before = frame.firstPrepareMs ?? 0;
  return {
    v: 1,
    type: "result",
    stream: info.stream,
    epoch: info.epoch,
    seq: info.seq,
    pts: info.ptsUs / 1e6,
    ...(info.capturedAtMs !== undefined && { capturedAt: new Date(info.capturedAtMs).toISOString() }),
    ageMs: micros(publishedAtMs - info.arrivedAtMs),
    frame: { width: picture.width, height: picture.height },
    timings: {
      decodeMs: micros(picture.decodeMs),
      queueMs: micros(Math.max(0, inferredFromMs - frame.decodedAtMs - before)),
      prepareMs: micros(frame.prepareMs),
      inferMs: micros(frame.inferMs),
      postMs: micros(Math.max(0, publishedAtMs - inferredFromMs - frame.inferMs - (frame.prepareMs - before))),
    },
    outputs: frame.outputs,
  };
}

/** Milliseconds to the microsecond; the clock knows no more. */
function micros(ms: number): number {
  return rounded(ms, 1000);
}
