import { beatRate } from "./beat_rate.ts";
import { detrend } from "./detrend.ts";
import { filtfilt } from "./filtfilt.ts";
import { bandPass, type PulseMethod, pulseOf } from "./pulse_methods.ts";
import { moments, type RgbTrace } from "./rgb_trace.ts";
import { type Band, peakOf, snrDb, type Spectrum, welch, windowed } from "./spectrum.ts";
import { tintAt } from "./tint.ts";

/** Where a heart may beat, Hz: 39 to 240 a minute. */
export const PULSE_BAND: Band = [0.65, 4];

/** A way to a rate: one of the methods for skin, or a channel alone, for a finger on the lens. */
export type PulseWay = PulseMethod | "red" | "blue";

/** What one way makes of a stretch, and what speaks for it. */
export interface PulseCandidate extends WaveCandidate {
  way: PulseWay;
}

/** The same, whatever way the wave has come. */
export interface WaveCandidate {
  hz: number;
  snrDb: number;
  /** How far the highest point stands over the next that is no multiple of it, in decades of power. */
  lead: number;
  /** How evenly the phase turns, 0 to 1. */
  steady: number;
  /** What colour swings at this rate; see {@link tintAt}. */
  tint: number;
  pulse: Float64Array;
  spectrum: Spectrum;
}

/** A stretch this long or longer is looked at in overlapping parts; a shorter one as a whole. */
const LONG = 512;
/** Below this the phase slips, and the spectrum knows better. */
const STEADY = 0.5, CLEAN = 0.6;
/** What a change of rate leaves of a window that is not clean as a whole: its last part, if that is. */
const LATE_S = 5, LATE_CLEAN = 0.8;

const CHANNELS = { red: 0, green: 1, blue: 2 } as const;

/** Finds the rate in a trace by one way; undefined when there is nothing in it that moves. */
export function pulseCandidate(way: PulseWay, trace: RgbTrace, fps: number): PulseCandidate | undefined {
  const candidate = candidateIn(pulseBy(way, trace, fps), trace, fps);
  return candidate && { way, ...candidate };
}

/** Finds the rate in a wave that was made of a trace; undefined when nothing moves in it. */
export function candidateIn(pulse: Float64Array, trace: RgbTrace, fps: number): WaveCandidate | undefined {
  if (!(moments(pulse).deviation > 1e-9)) return undefined;
  const long = pulse.length >= LONG;
  const window = leaning(pulse.length, 2);
  const spectrum = long ? welch(pulse, fps) : windowed(pulse, fps, window);
  const top = peakOf(spectrum, PULSE_BAND);
  const beat = beatRate(pulse, fps, { nearHz: top.hz, ...(!long && { weights: window }) });
  const hz = long
    ? beat.steady >= STEADY ? beat.hz : top.hz
    // A clean wave tells its rate in the last few beats; so a change of rate is seen before most of the window has seen it.
    : beat.steady >= CLEAN
    ? beatRate(pulse, fps, { nearHz: beat.hz, weights: leaning(pulse.length, 4) }).hz
    : lateRate(pulse, fps) ?? top.hz;
  return {
    hz: Math.abs(hz - top.hz) < 0.25 * top.hz ? hz : top.hz,
    tint: tintAt(trace, fps, top.hz),
    snrDb: snrDb(spectrum, top.hz, PULSE_BAND),
    lead: Math.log10(top.power / nextPeak(spectrum, top.hz)),
    steady: beat.steady,
    pulse,
    spectrum,
  };
}

function pulseBy(way: PulseWay, trace: RgbTrace, fps: number): Float64Array {
  if (way === "pos" || way === "chrom") return pulseOf(way, trace, fps, PULSE_BAND);
  const raw = way in CHANNELS ? trace[CHANNELS[way as keyof typeof CHANNELS]] : pulseOf(way as PulseMethod, trace, fps);
  return filtfilt(bandPass(2, PULSE_BAND, fps), detrend(raw, 100));
}

/** The rate of the last beats alone, where they are clean. */
function lateRate(pulse: Float64Array, fps: number): number | undefined {
  const late = pulse.subarray(Math.max(0, pulse.length - Math.round(LATE_S * fps)));
  const { hz: nearHz } = peakOf(windowed(late, fps, leaning(late.length, 1)), PULSE_BAND);
  const { hz, steady } = beatRate(late, fps, { nearHz });
  return steady >= LATE_CLEAN ? hz : undefined;
}

/** A window whose weight lies on what is new: a rate that changes is followed sooner. */
function leaning(size: number, by: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.sin(Math.PI * Math.pow((i + 0.5) / size, by)) ** 2);
}

/** The highest power that is neither the beat's own nor its double's or half's. */
function nextPeak({ stepHz, power }: Spectrum, hz: number): number {
  let most = 1e-30;
  for (let i = Math.ceil(PULSE_BAND[0] / stepHz); i <= Math.floor(PULSE_BAND[1] / stepHz); i++) {
    const at = i * stepHz;
    if ([1, 2, 0.5].some((times) => Math.abs(at - times * hz) < 0.2)) continue;
    if (power[i] > most) most = power[i];
  }
  return most;
}
