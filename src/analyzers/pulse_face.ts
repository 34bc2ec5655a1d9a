import type { FacePulse, PulseReason } from "../core/face_pulse.ts";
import type { Picture } from "../core/frame.ts";
import type { Box } from "../core/results.ts";
import { rounded } from "../core/tidy.ts";
import { estimatePulse, type PulseEstimate } from "../vision/pulse/estimate_pulse.ts";
import { type NetworkEstimate, networkEstimate } from "../vision/pulse/network_estimate.ts";
import { PULSE_BAND, type PulseWay } from "../vision/pulse/pulse_candidate.ts";
import { intervalOf } from "../vision/pulse/pulse_confidence.ts";
import type { PulseNetwork } from "../vision/pulse/pulse_network.ts";
import { LEAST_FPS, LEAST_S, reasonsAgainst } from "../vision/pulse/pulse_reasons.ts";
import { type PulseSample, PulseTrace, type PulseWindow, TRACE_FPS } from "../vision/pulse/pulse_trace.ts";
import { type WaveEstimate, waveEstimate } from "../vision/pulse/wave_estimate.ts";
import { SkinMask } from "../vision/pulse/skin_mask.ts";
import { pulseOutline } from "./pulse_outline.ts";
import { type PixelRegion, PulseRegion } from "./pulse_region.ts";

/** How a face is read. */
export interface PulseFaceOptions {
  method: PulseWay | "auto" | "network";
  /** The step whose model answers the wave, in the place of a method. */
  wave?: string;
  windowS: number;
  longWindowS: number;
  minConfidence: number;
  skin: boolean;
  waveS: number;
  spectrum: boolean;
  colours: boolean;
  mask: boolean;
  /** Opens the network, once it is needed. */
  network(): PulseNetwork;
}

type Estimate = PulseEstimate | NetworkEstimate | WaveEstimate & { way: string };

/** Frames whose colours wait for the next result. */
const COLOURS_MAX = 2000;
/** Side of the small picture that colours are taken from. */
const SIDE = 40;
/** What the network looks at, and a little more, so that nothing is missing at its edge. */
const NETWORK_S = 30.2;
const LEAST_SKIN = 0.08;
/** Above this, nothing speaks against a rate. */
const SURE = 0.8;
/** From one reading to the next, BPM. */
const MOST_JUMP = 12;

/** One face, or one fixed part of the picture: its colours over time and what they say of the heart. */
export class PulseFace {
  #region = new PulseRegion();
  #mask = new SkinMask();
  #trace: PulseTrace;
  #last?: { rgb: readonly [number, number, number]; skin: number; region: PixelRegion; width: number; height: number };
  /** How much each pixel of the last small picture counted. */
  #weights?: Float32Array;
  #colours: NonNullable<FacePulse["colours"]> = [];
  #before?: { bpm: number; time: number };
  /** When it was last seen, seconds. */
  seenAt = Number.NEGATIVE_INFINITY;
  box?: Box;

  constructor(private readonly options: PulseFaceOptions, public track?: number) {
    this.#trace = new PulseTrace(Math.max(options.windowS, options.longWindowS, NETWORK_S) + 1);
  }

  /** The face is here, as far as anybody knows: takes its colour, and what a model says of its wave. */
  push(picture: Picture, box: Box, time: number, wave?: number): void {
    this.box = box;
    const { moved } = this.#region.push(box, time);
    const region = this.#region.within(picture.width, picture.height);
    if (region) this.#take(picture, region, { time, moved, wave });
  }

  /** Takes the colour of a fixed part of the picture. */
  pushFixed(picture: Picture, region: PixelRegion, time: number, wave?: number): void {
    this.#take(picture, region, { time, moved: 0, wave });
  }

  /** Forgets what was seen: a new epoch. */
  reset(): void {
    this.#trace.reset();
    this.#mask.reset();
    this.#region = new PulseRegion();
    this.#last = this.#before = undefined;
    this.#colours = [];
    this.seenAt = Number.NEGATIVE_INFINITY;
  }

  /** What is known at `time`. */
  read(time: number): FacePulse {
    const short = this.#trace.window(this.options.windowS);
    const gone = this.#trace.lastTime === undefined || time - this.#trace.lastTime > 0.6;
    const reasons: PulseReason[] = gone ? ["noFace"] : [];
    const said = { ...(this.track !== undefined && { track: this.track }) };
    if (!short || gone || short.seconds < LEAST_S) {
      if (!gone) reasons.push("tooShort");
      return { ...said, confidence: 0, reasons, windowS: rounded(short?.seconds ?? 0, 10), ...this.#seen(gone) };
    }
    const { window, estimate } = this.options.wave === undefined ? this.#estimate(short) : this.#waveEstimate(short);
    if (this.options.method === "network" && window.seconds < 29.9) reasons.push("tooShort");
    // A wave made of too few frames a second is not the heart's, whatever it looks like.
    const confidence = estimate && window.fps >= LEAST_FPS ? estimate.confidence * this.#steadiness(estimate, time) : 0;
    const enough = confidence >= this.options.minConfidence;
    if (confidence < SURE) reasons.push(...reasonsAgainst(window, estimate));
    if (!enough && reasons.length === 0) reasons.push("weak");
    return {
      ...said,
      ...(enough && { bpm: rounded(estimate!.bpm, 10), interval: intervalOf(estimate!, window.seconds) }),
      confidence: rounded(confidence, 1000),
      reasons,
      ...(estimate && { snrDb: rounded(estimate.snrDb, 10), method: estimate.way }),
      windowS: rounded(window.seconds, 10),
      ...this.#seen(),
      ...(estimate && this.#pictures(estimate)),
    };
  }

  /** By the short window, which is quick; where that does not do, by the long one; where that does not, by the network. */
  #estimate(short: PulseWindow): { window: PulseWindow; estimate?: Estimate } {
    const { method, longWindowS, minConfidence } = this.options;
    const way = method === "network" ? "auto" : method;
    let best: { window: PulseWindow; estimate?: Estimate } = {
      window: short,
      estimate: estimatePulse(short.trace, TRACE_FPS, way),
    };
    const surer = (other: typeof best) => {
      if ((other.estimate?.confidence ?? 0) > (best.estimate?.confidence ?? 0)) best = other;
    };
    const longer = this.#trace.seconds >= short.seconds * 1.5;
    if ((best.estimate?.confidence ?? 0) < minConfidence && longer && method !== "network") {
      const window = this.#trace.window(longWindowS)!;
      surer({ window, estimate: estimatePulse(window.trace, TRACE_FPS, way) });
    }
    if (method !== "network" && (method !== "auto" || (best.estimate?.confidence ?? 0) >= SURE)) return best;
    const window = this.#trace.window(NETWORK_S)!;
    const lent = best.estimate?.way === "network" ? undefined : best.estimate as PulseEstimate | undefined;
    const estimate = networkEstimate(window.trace, lent, this.options.network);
    if (method === "network") return { window, ...(estimate && { estimate }) };
    surer({ window, estimate });
    return best;
  }

  /** By what the model says, in the short window or, where that does not do, in the long one. */
  #waveEstimate(short: PulseWindow): { window: PulseWindow; estimate?: Estimate } {
    const { wave: way = "", longWindowS, minConfidence } = this.options;
    const estimated = (window: PulseWindow) => {
      const estimate = window.wave && waveEstimate(window.wave, window.trace, TRACE_FPS);
      return { window, ...(estimate && { estimate: { ...estimate, way } }) };
    };
    const best = estimated(short), sure = best.estimate?.confidence ?? 0;
    if (sure >= minConfidence || this.#trace.seconds < short.seconds * 1.5) return best;
    const other = estimated(this.#trace.window(longWindowS)!);
    return (other.estimate?.confidence ?? 0) > sure ? other : best;
  }

  /** Windows overlap, so that one rate follows from the last; one that jumps has to stand out the more. */
  #steadiness({ bpm }: Estimate, time: number): number {
    const before = this.#before;
    this.#before = { bpm, time };
    return before && time - before.time < 3 && Math.abs(bpm - before.bpm) > MOST_JUMP ? 0.75 : 1;
  }

  #take(picture: Picture, region: PixelRegion, { time, moved, wave }: Omit<PulseSample, "rgb" | "clipped">): void {
    const size = { width: Math.min(SIDE, region.width), height: Math.min(SIDE, region.height) };
    const pixels = picture.pixels({ format: "rgb", region, ...size });
    const weights = this.options.mask && this.options.skin
      ? this.#weights ??= new Float32Array(SIDE * SIDE)
      : undefined;
    const { rgb, share, clipped } = this.#mask.push(pixels, { all: !this.options.skin, ...(weights && { weights }) });
    this.#last = { rgb, skin: share, region, ...size };
    if (share < LEAST_SKIN) return;
    this.#trace.push({ time, rgb, clipped, moved, wave });
    if (!this.options.colours || this.#colours.length >= COLOURS_MAX) return;
    const [red, green, blue] = rgb.map((value) => rounded(value, 1000));
    this.#colours.push([rounded(time, 1000), red, green, blue]);
  }

  #seen(gone = false): Pick<FacePulse, "rgb" | "skin" | "region" | "mask" | "colours"> {
    if (!this.#last) return {};
    const { rgb, skin, region, width, height } = this.#last;
    const colours = this.#colours;
    this.#colours = [];
    // Where a face was nobody looks any more; a fixed part of the picture stays.
    const place = !gone || !this.box;
    return {
      ...(this.options.colours && { colours }),
      rgb: rgb.map((value) => rounded(value, 1000)) as [number, number, number],
      skin: rounded(skin, 1000),
      ...(place && { region: [region.x, region.y, region.width, region.height] }),
      ...(place && this.#weights && { mask: pulseOutline({ width, height, values: this.#weights }, region) }),
    };
  }

  #pictures({ pulse, spectrum }: Estimate): Pick<FacePulse, "wave" | "spectrum"> {
    const { waveS } = this.options;
    const stretch = pulse.subarray(Math.max(0, pulse.length - Math.round(waveS * TRACE_FPS)));
    const deviation = Math.sqrt(pulse.reduce((sum, value) => sum + value * value, 0) / pulse.length);
    // Blood darkens the skin: the methods turn that around, and so the wave rises with the beat.
    const wave = { fps: TRACE_FPS, values: Array.from(stretch, (value) => rounded(value / deviation, 100)) };
    if (!this.options.spectrum) return { wave };
    const step = Math.max(1, Math.round(1 / 60 / spectrum.stepHz)) * spectrum.stepHz;
    const from = PULSE_BAND[0], values: number[] = [];
    for (let hz = from; hz <= PULSE_BAND[1]; hz += step) values.push(spectrum.power[Math.round(hz / spectrum.stepHz)]);
    const top = Math.max(...values);
    return {
      wave,
      spectrum: {
        from: rounded(from * 60, 100),
        step: rounded(step * 60, 100),
        values: values.map((value) => rounded(value / top, 1000)),
      },
    };
  }
}
