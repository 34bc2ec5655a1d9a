import { confidenceOf, trustIn } from "./pulse_confidence.ts";
import { type PulseCandidate, pulseCandidate, type PulseWay } from "./pulse_candidate.ts";
import { moments, type RgbTrace } from "./rgb_trace.ts";

/** What a stretch of colours says of the heart. */
export interface PulseEstimate extends PulseCandidate {
  bpm: number;
  /** How likely the rate is to be within 5 BPM, 0 to 1. */
  confidence: number;
  /** Channels that are all black or all white, and say nothing. */
  clipped: ("red" | "green" | "blue")[];
}

/** Ways that are looked at when none is given, for skin that reflects light, and for a finger that it shines through. */
export const SKIN_WAYS: readonly PulseWay[] = ["pos", "chrom", "lgi", "omit"];
export const FINGER_WAYS: readonly PulseWay[] = ["red", "green", "blue"];

const NAMES = ["red", "green", "blue"] as const;
/** Beyond these levels a channel's mean is what the sensor cut off. */
const BLACK = 1.5, WHITE = 253.5;
/** Through a finger only red comes. */
const THROUGH = 3;

/** The best estimate for a trace at a steady rate, by one way or by the most trustworthy; undefined when nothing moves. */
export function estimatePulse(
  trace: RgbTrace,
  fps: number,
  way: PulseWay | "auto" = "auto",
): PulseEstimate | undefined {
  const estimates = pulseEstimates(trace, fps, way === "auto" ? [] : [way]);
  if (way !== "auto") return estimates.find((estimate) => estimate.way === way);
  return estimates.reduce<PulseEstimate | undefined>((a, b) => a && a.confidence >= b.confidence ? a : b, undefined);
}

/** What each way of the trace's kind makes of it, and what `more` ways do. */
export function pulseEstimates(trace: RgbTrace, fps: number, more: readonly PulseWay[] = []): PulseEstimate[] {
  const clipped = clippedIn(trace);
  const finger = fingerIn(trace);
  const family = finger ? FINGER_WAYS : SKIN_WAYS;
  const candidates = [...new Set([...family, ...more])].flatMap((way) => {
    // Skin's ways need all three channels; a channel's own only that one.
    const needs = NAMES.filter((name) => name === way);
    if (clipped.some((channel) => needs.length === 0 || needs.includes(channel))) return [];
    return pulseCandidate(way, trace, fps) ?? [];
  });
  const seconds = trace[0].length / fps;
  const trust = finger ? 1 : trustIn(trace, fps);
  return candidates.map((candidate) => {
    const others = candidates.filter((other) => other !== candidate && family.includes(other.way));
    const confidence = trust * confidenceOf(candidate, others, { finger, seconds });
    return { ...candidate, bpm: candidate.hz * 60, confidence, clipped };
  });
}

/** Channels that are all black or all white. */
export function clippedIn(trace: RgbTrace): PulseEstimate["clipped"] {
  const levels = trace.map((channel) => moments(channel).mean);
  return NAMES.filter((_, index) => levels[index] < BLACK || levels[index] > WHITE);
}

/** Whether a finger lies on the lens: then red comes through, and next to nothing else. */
export function fingerIn(trace: RgbTrace): boolean {
  const [red, green, blue] = trace.map((channel) => moments(channel).mean);
  return red > THROUGH * Math.max(green, blue);
}
