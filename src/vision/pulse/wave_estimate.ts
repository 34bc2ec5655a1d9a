import { detrend } from "./detrend.ts";
import { clippedIn, type PulseEstimate, pulseEstimates } from "./estimate_pulse.ts";
import { filtfilt } from "./filtfilt.ts";
import { candidateIn, PULSE_BAND } from "./pulse_candidate.ts";
import { confidenceOf, trustIn } from "./pulse_confidence.ts";
import { bandPass } from "./pulse_methods.ts";
import type { RgbTrace } from "./rgb_trace.ts";

/** An estimate out of a wave that a model has answered frame by frame. */
export type WaveEstimate = Omit<PulseEstimate, "way">;

/**
 * The rate in a wave of somebody else's making; undefined when nothing moves in it. It is trusted like a method's own: by
 * its spectrum, by what the methods make of the colours that were seen meanwhile, and by these colours themselves.
 */
export function waveEstimate(wave: Float64Array, trace: RgbTrace, fps: number): WaveEstimate | undefined {
  const candidate = candidateIn(filtfilt(bandPass(2, PULSE_BAND, fps), detrend(wave, 100)), trace, fps);
  if (!candidate) return undefined;
  const seconds = wave.length / fps;
  const confidence = trustIn(trace, fps) *
    confidenceOf(candidate, pulseEstimates(trace, fps), { finger: false, seconds });
  return { ...candidate, bpm: candidate.hz * 60, confidence, clipped: clippedIn(trace) };
}
