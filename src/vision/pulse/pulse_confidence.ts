import { rounded } from "../../core/tidy.ts";
import type { PulseCandidate } from "./pulse_candidate.ts";

/** What a confidence is made of; also what it is fitted on. */
export function evidenceOf(
  candidate: PulseCandidate,
  others: readonly PulseCandidate[],
  { seconds }: { seconds: number },
): number[] {
  const tint = Math.log10(candidate.tint + 1e-3);
  const agree = others.filter(({ hz }) => Math.abs(hz - candidate.hz) * 60 <= 5).length;
  return [
    1,
    Math.max(-8, Math.min(8, candidate.snrDb)),
    Math.min(1.5, candidate.lead),
    candidate.steady,
    others.length === 0 ? 0.5 : agree / others.length,
    Math.log2(seconds / 10),
    Math.max(0, -1.1 - tint),
    Math.max(0, tint + 0.8),
  ];
}

/** How likely a candidate is to be within 5 BPM of the truth. */
export function confidenceOf(
  candidate: PulseCandidate,
  others: readonly PulseCandidate[],
  { finger, seconds }: { finger: boolean; seconds: number },
): number {
  const weights = finger ? FINGER : SKIN;
  const sum = evidenceOf(candidate, others, { seconds }).reduce((total, value, i) => total + value * weights[i], 0);
  return 1 / (1 + Math.exp(-sum));
}

/** The rate lies between these about nine times in ten. */
export function intervalOf(
  estimate: { bpm: number; confidence: number },
  seconds: number,
): [low: number, high: number] {
  const half = Math.min(40, (1.2 + 12 / seconds) * Math.exp(8 * Math.max(0, 0.95 - estimate.confidence)));
  return [rounded(Math.max(0, estimate.bpm - half), 10), rounded(estimate.bpm + half, 10)];
}

/** Fitted by scripts/train/pulse/fit_confidence.ts: on synthetic traces for skin, on recordings through a finger. */
const SKIN = [1.138, 0.205, 2.451, 1.255, 0.985, 0.969, -1.733, -6.489];
const FINGER = [-2.92, 0.113, 3.348, 3.409, -0.537, 1.797, 0, 0];
