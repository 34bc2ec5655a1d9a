import { rounded } from "../../core/tidy.ts";
import { filtfilt } from "./filtfilt.ts";
import type { WaveCandidate } from "./pulse_candidate.ts";
import { bandPass } from "./pulse_methods.ts";
import { moments, type RgbTrace } from "./rgb_trace.ts";

/** What a confidence is made of; also what it is fitted on. */
export function evidenceOf(
  candidate: WaveCandidate,
  others: readonly WaveCandidate[],
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
  candidate: WaveCandidate,
  others: readonly WaveCandidate[],
  { finger, seconds }: { finger: boolean; seconds: number },
): number {
  const weights = finger ? FINGER : SKIN;
  const sum = evidenceOf(candidate, others, { seconds }).reduce((total, value, i) => total + value * weights[i], 0);
  // Nothing here was measured finer than that.
  return Math.min(0.99, 1 / (1 + Math.exp(-sum)));
}

/** Skin darker than this, 0–255, is mostly the sensor's own noise. */
const LEAST_LIGHT = 55;
/** Light that swings by more of itself than this, at the rates of a heart, drowns a pulse of half a percent. */
const MOST_UNREST = 0.025;

/** What of a confidence is left where the picture itself is bad: what no evidence from the spectrum can tell. */
export function trustIn(trace: RgbTrace, fps: number): number {
  const light = Float64Array.from(trace[0], (red, i) => (red + trace[1][i] + trace[2][i]) / 3);
  const { mean } = moments(light);
  const swing = moments(filtfilt(bandPass(2, [0.65, 4], fps), light.map((value) => value / mean))).deviation;
  return Math.min(1, mean / LEAST_LIGHT) * Math.min(1, MOST_UNREST / swing);
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
const SKIN = [-0.888, 0.034, 1.667, 0.649, 2.292, 0.46, -4.154, -4.946];
const FINGER = [-4.364, 0.114, 3.912, 4.243, -0.635, 2.387, 0, 0];
