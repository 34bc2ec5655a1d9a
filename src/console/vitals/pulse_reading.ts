import type { Box, ResultEnvelope } from "../../core/results.ts";

/** What is known of one face's pulse, as results tell it. */
export interface FacePulse {
  track?: number;
  /** Beats a minute; absent where they are not to be trusted. */
  bpm?: number;
  /** 0 to 1. */
  confidence: number;
  interval?: [low: number, high: number];
  /** What speaks against it. */
  reasons: string[];
  snrDb?: number;
  method?: string;
  windowS: number;
  rgb?: [number, number, number];
  /** How much of the region is skin, 0 to 1. */
  skin?: number;
  region?: Box;
  mask?: number[][];
  wave?: { fps: number; values: number[] };
  /** Every frame's mean colour since the reading before: its time in seconds, red, green, blue. */
  colours?: Colour[];
  /** Power by rate: at `from + i × step` BPM. */
  spectrum?: { from: number; step: number; values: number[] };
}

/** The mean colour of skin at a time, seconds. */
export type Colour = [time: number, red: number, green: number, blue: number];

/** What the analyzer said at one moment: of the largest face first. */
export interface PulseReading {
  reasons: string[];
  faces: FacePulse[];
}

/** What a result says of pulses, if it says anything: it does so once a second. */
export function pulseReadingOf(outputs: ResultEnvelope["outputs"]): PulseReading | undefined {
  const found = (Object.values(outputs) as Record<string, unknown>[]).findLast(({ faces, reasons }) =>
    Array.isArray(faces) && Array.isArray(reasons)
  );
  return found as unknown as PulseReading | undefined;
}
