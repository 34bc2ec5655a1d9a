import type { SignalMethod, SignalRequest } from "../../core/signals.ts";
import { clippedIn, estimatePulse, fingerIn, type PulseEstimate } from "./estimate_pulse.ts";
import { type NetworkEstimate, networkEstimate } from "./network_estimate.ts";
import { pulseCandidate } from "./pulse_candidate.ts";
import { intervalOf } from "./pulse_confidence.ts";
import type { PulseNetwork } from "./pulse_network.ts";
import { LEAST_FPS, LEAST_S, reasonsAgainst } from "./pulse_reasons.ts";
import { PulseTrace, type PulseWindow, TRACE_FPS } from "./pulse_trace.ts";
import { moments, type RgbTrace } from "./rgb_trace.ts";

/** What a signal says of the heart; the method is the one that was taken. */
export interface SignalReading {
  bpm?: number;
  confidence: number;
  interval?: [low: number, high: number];
  method: Exclude<SignalMethod, "auto">;
  snrDb?: number;
  windowS: number;
  reasons: string[];
}

/** Why a signal cannot be read at all. */
export interface SignalRefusal {
  refused: string;
}

/** The end of a signal that is looked at, and of that what the network wants. */
const WINDOW_S = 30.2, NETWORK_S = 29.9;
/** Above this, nothing speaks against a rate. */
const SURE = 0.8;
/** A signal without its mean is laid around a middle level, its swings as large as those of skin. */
const MIDDLE = 128, SWING = 0.005;
/** What is brighter is no 8-bit colour; a little more is how sums of floats are rounded. */
const BRIGHTEST = 255.5;
/** What moves less, in its own size, does not move. */
const STILL = 1e-9;

/** Reads the pulse in colours over time, as it is read live; `open` is called only where the network is asked. */
export function readSignal(
  { times, channels, method }: Pick<SignalRequest, "times" | "channels" | "method">,
  open: () => PulseNetwork,
): SignalReading | SignalRefusal {
  const spreads = channels.map((channel) => moments(channel).deviation);
  const size = Math.max(
    ...channels.map((channel) => channel.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
  );
  if (!(Math.max(...spreads) > STILL * size)) return { refused: "is constant: nothing in it moves" };
  if (size > BRIGHTEST) return { refused: `goes up to ${size}: colours are 0 to 255, or 0 to 1` };
  const colours = levelled(channels, size, Math.max(...spreads));
  const trace = new PulseTrace(WINDOW_S + 1);
  times.forEach((time, i) => trace.push({ time, rgb: [colours[0][i], colours[1][i], colours[2][i]] }));
  const window = trace.window(WINDOW_S);
  if (!window || window.seconds < LEAST_S) return { refused: tooShort(times, window) };
  const { seconds } = window, windowS = Math.round(seconds * 100) / 100;
  if (method === "network" && seconds < NETWORK_S) {
    return { refused: `is ${windowS} s long, and the network wants 30 s: another method does with 5 s` };
  }
  const { way, estimate } = estimated(method, window, open);
  if (!estimate) {
    return { method: way, confidence: 0, windowS, reasons: reasonsOf(window, clippedIn(window.trace), 0) };
  }
  const { bpm, clipped } = estimate;
  // A wave made of too few samples a second is not the heart's, whatever it looks like.
  const confidence = window.fps >= LEAST_FPS ? estimate.confidence : 0;
  return {
    bpm,
    confidence,
    interval: intervalOf({ bpm, confidence }, seconds),
    method: way,
    snrDb: estimate.snrDb,
    windowS,
    reasons: reasonsOf(window, clipped, confidence),
  };
}

type Estimated = { way: SignalReading["method"]; estimate?: PulseEstimate | NetworkEstimate };

/** By the network where it can be asked; else, of skin by POS, and of a finger by the channel that is most trustworthy. */
function estimated(method: SignalMethod, { trace, seconds }: PulseWindow, open: () => PulseNetwork): Estimated {
  const finger = fingerIn(trace);
  if (method === "network" || (method === "auto" && !finger && seconds >= NETWORK_S)) {
    const clipped = clippedIn(trace);
    const lent = clipped.length === 0 ? pulseCandidate("pos", trace, TRACE_FPS) : undefined;
    const best = lent && { ...lent, bpm: lent.hz * 60, confidence: 0, clipped };
    const estimate = networkEstimate(trace, best, open);
    if (estimate || method === "network") return { way: "network", ...(estimate && { estimate }) };
  }
  if (method !== "auto") {
    return { way: method, ...found(estimatePulse(trace, TRACE_FPS, method)) };
  }
  // Where all channels are the same, the methods that compare them see nothing.
  const estimate = finger
    ? estimatePulse(trace, TRACE_FPS)
    : estimatePulse(trace, TRACE_FPS, "pos") ?? estimatePulse(trace, TRACE_FPS, "green");
  return { way: estimate?.way ?? (finger ? "red" : "pos"), ...found(estimate) };
}

function found(estimate: PulseEstimate | undefined): { estimate?: PulseEstimate } {
  return estimate ? { estimate } : {};
}

function reasonsOf(window: PulseWindow, clipped: readonly string[], confidence: number): string[] {
  if (confidence >= SURE) return [];
  const reasons = reasonsAgainst(window, { clipped });
  return reasons.length > 0 ? reasons : ["weak"];
}

/** The same as 8-bit colours. */
function levelled(channels: RgbTrace, size: number, spread: number): RgbTrace {
  const negative = channels.some((channel) => channel.some((value) => value < 0));
  if (!negative && size > 1) return channels;
  const level = (value: number) => negative ? MIDDLE * (1 + (SWING * value) / spread) : value * 255;
  return channels.map((channel) => channel.map(level)) as unknown as RgbTrace;
}

function tooShort(times: Float64Array, window: PulseWindow | undefined): string {
  const all = times[times.length - 1] - times[0];
  const step = all / (times.length - 1);
  const seconds = (value: number) => `${Math.round(value * 100) / 100} s`;
  if (step > 0.5) return `has a sample every ${seconds(step)} only (timestamps are seconds)`;
  const gap = all > LEAST_S + 1 ? ` after its last gap of more than 1.5 s` : "";
  return `is ${seconds(gap ? window?.seconds ?? 0 : all)} long${gap}: at least 5 s are needed`;
}
