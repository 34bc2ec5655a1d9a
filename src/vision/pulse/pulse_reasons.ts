import type { PulseReason } from "../../core/face_pulse.ts";
import type { PulseWindow } from "./pulse_trace.ts";

/** Shorter traces hold too few beats, seconds. */
export const LEAST_S = 4.9;
/** A wave made of fewer frames a second is not the heart's, whatever it looks like. */
export const LEAST_FPS = 14;
const LEAST_LIGHT = 55, MOST_CLIPPED = 0.15, MOST_MOVED = 0.12;

/** What of a stretch speaks against a rate that was found in it; `clipped` are the channels that are all black or white. */
export function reasonsAgainst(window: PulseWindow, { clipped = [] }: { clipped?: readonly string[] } = {}) {
  const reasons: PulseReason[] = [];
  if (window.fps < LEAST_FPS) reasons.push("lowRate");
  if (window.brightness < LEAST_LIGHT) reasons.push("dark");
  if (window.clipped > MOST_CLIPPED || clipped.length > 0) reasons.push("clipped");
  if (window.moved > MOST_MOVED) reasons.push("motion");
  return reasons;
}
