import type { Box } from "./results.ts";

/** Why there is no rate, or one that is not to be trusted. */
export const PULSE_REASONS = ["noFace", "tooShort", "lowRate", "dark", "clipped", "motion", "weak"] as const;

/** One of {@link PULSE_REASONS}. */
export type PulseReason = (typeof PULSE_REASONS)[number];

/** The mean colour of skin at a time, seconds. */
export type SkinColour = [time: number, red: number, green: number, blue: number];

/** What is known of one face's pulse, as it is published. */
export interface FacePulse {
  /** The tracker's identity, where there is one. */
  track?: number;
  /** Beats a minute; absent while the confidence is below the threshold. */
  bpm?: number;
  /** How likely the rate is to be within 5 BPM, 0 to 1. */
  confidence: number;
  /** The rate lies between these nine times in ten. */
  interval?: [low: number, high: number];
  /** What speaks against a rate, or against trusting it. */
  reasons: PulseReason[];
  /** The rate's power over that of the rest of the band; the estimated rate stands in for the true one. */
  snrDb?: number;
  method?: string;
  /** How much of the trace was looked at, seconds. */
  windowS: number;
  /** Mean skin colour, 0–255. */
  rgb?: [number, number, number];
  /** How much of the region is skin, 0 to 1. */
  skin?: number;
  /** What was looked at, in source pixels. */
  region?: Box;
  /** What in it counted as skin, in the form of a detection's mask; absent where all of it counts. */
  mask?: number[][];
  /** The latest stretch of the pulse wave, of deviation 1. */
  wave?: { fps: number; values: number[] };
  /** Every frame's mean colour since the result before: its time in seconds, red, green, blue. */
  colours?: SkinColour[];
  /** Power by rate, the highest 1; at `from + i × step` BPM. */
  spectrum?: { from: number; step: number; values: number[] };
}
