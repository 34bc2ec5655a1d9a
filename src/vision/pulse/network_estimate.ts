import { fingerIn, type PulseEstimate } from "./estimate_pulse.ts";
import { PULSE_BAND } from "./pulse_candidate.ts";
import { trustIn } from "./pulse_confidence.ts";
import { NETWORK_FRAMES, type PulseNetwork } from "./pulse_network.ts";
import { TRACE_FPS } from "./pulse_trace.ts";
import type { RgbTrace } from "./rgb_trace.ts";
import { snrDb } from "./spectrum.ts";
import { tintAt } from "./tint.ts";

/** An estimate of the network's, with the wave of the method that it was surer than. */
export type NetworkEstimate = Omit<PulseEstimate, "way"> & { way: "network" };

/** The network was trained on synthetic traces only; surer than this it is not to be. */
const SUREST = 0.95;
/** Blood has more colour than this. */
const LEAST_TINT = 0.03;

/**
 * What the network makes of the last half minute; undefined where that is shorter, or not skin. `best` lends its wave;
 * `open` is called only where the network runs.
 */
export function networkEstimate(
  trace: RgbTrace,
  best: PulseEstimate | undefined,
  open: () => PulseNetwork,
): NetworkEstimate | undefined {
  const size = trace[0].length;
  if (!best || size < NETWORK_FRAMES || best.clipped.length > 0 || fingerIn(trace)) return undefined;
  const last = trace.map((channel) => channel.subarray(size - NETWORK_FRAMES)) as unknown as RgbTrace;
  const { bpm, quality } = open().run(last);
  // What swings without a colour of its own is light or motion.
  const tint = Math.min(1, tintAt(last, TRACE_FPS, bpm / 60) / LEAST_TINT);
  const confidence = Math.min(SUREST, quality) * trustIn(last, TRACE_FPS) * tint;
  return { ...best, way: "network", bpm, hz: bpm / 60, confidence, snrDb: snrDb(best.spectrum, bpm / 60, PULSE_BAND) };
}
