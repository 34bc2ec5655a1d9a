import { isDeepStrictEqual } from "node:util";
import type { CapturedFrame, CaptureModel, CaptureRules, CaptureUsage } from "../src/core/captures.ts";
import type { AlertEvent } from "../src/core/events.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { encodeJpeg } from "./av/jpeg.ts";
import { CaptureChoice, type ReservoirMark } from "./capture_choice.ts";
import type { EventClips } from "./event_clips.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import type { Step } from "./pipeline.ts";

/** What pictures are taken with. */
export interface CapturerOptions {
  stream: string;
  /** A picture is taken; its bytes are the receiver's. */
  emit(capture: CapturedFrame): void;
  clips?: EventClips;
  /** What of the day's sample there is already. */
  sample?: ReservoirMark;
  /** Pictures that may be on their way at once. */
  underWay?: number;
}

const UNDER_WAY = 8;

/**
 * Takes pictures of finished frames by rules, in full size and before anything was done to them, with all that is known of
 * them. Without rules it touches nothing.
 */
export class Capturer {
  #rules?: CaptureRules;
  #models: Record<string, CaptureModel> = {};
  #choice?: CaptureChoice;
  #sample?: ReservoirMark;
  #underWay = 0;
  #usage = { seen: 0, taken: 0, missed: 0, failed: 0 };
  #fault?: string;

  constructor(private readonly options: CapturerOptions) {
    this.#sample = options.sample;
  }

  /** From here on these rules hold, for a pipeline of these steps. */
  follow(rules: CaptureRules | undefined, steps: readonly Step[]): void {
    const active = rules?.enabled ? rules : undefined;
    this.#models = Object.fromEntries(steps.flatMap((step) => "spec" in step ? [[step.name, modelOf(step.spec)]] : []));
    if (!isDeepStrictEqual(active, this.#rules)) {
      // What was counted up to now was counted for other rules.
      // But the day's sample is that of the day.
      this.#sample = this.#choice?.sample ?? this.#sample;
      this.#choice = active && new CaptureChoice(active, { sample: this.#sample });
    }
    this.#rules = active;
    if (this.options.clips) this.options.clips.rules = active?.clips;
  }

  /** Looks at one finished frame, and takes its picture if the rules say so. The frame stays the caller's. */
  push(frame: FrameInWork, result: ResultEnvelope): void {
    if (!this.#rules) return;
    this.#usage.seen++;
    try {
      this.#take(frame, result, this.#rules);
    } catch (error) {
      // The result is out, and nothing else must come of it.
      this.#usage.failed++;
      this.#fault = error instanceof Error ? error.message : String(error);
    }
  }

  #take(frame: FrameInWork, result: ResultEnvelope, { quality }: CaptureRules): void {
    const { stream, clips, emit, underWay = UNDER_WAY } = this.options;
    const { epoch, seq, pts } = result;
    const atMs = Date.now();
    const at = new Date(atMs).toISOString();
    const alerts = frame.alerts.map(({ alert, message }): AlertEvent => {
      return { v: 1, type: "alert", stream, alert, message, at, epoch, seq, pts };
    });
    for (const alert of alerts) clips?.alert(alert, { ptsUs: frame.info.ptsUs, epoch });
    const choice = this.#choice!.choose(result, { atMs, alerted: alerts.length > 0 });
    if (!choice) return;
    if (choice === "refused" || this.#underWay >= underWay) return void this.#usage.missed++;
    const { width, height } = frame.picture;
    const image = encodeJpeg(frame.picture, { quality });
    const told = alerts.length > 0 && { alerts };
    emit({ stream, atMs, ...choice, image, type: "jpg", width, height, models: this.#models, result, ...told });
    this.#usage.taken++;
    this.#underWay++;
  }

  /** A picture has arrived where it is kept: there is room for another. */
  taken(): void {
    this.#underWay = Math.max(0, this.#underWay - 1);
  }

  /** How it goes; undefined where nothing is taken. */
  get usage(): CaptureUsage | undefined {
    if (!this.#rules) return undefined;
    const clips = this.options.clips?.usage;
    return {
      ...this.#usage,
      ...(this.#fault !== undefined && { fault: this.#fault }),
      ...(clips && { clips }),
    };
  }
}

function modelOf(spec: Extract<Step, { spec: unknown }>["spec"]): CaptureModel {
  const { name, sha256, version, minScore, iou, maxDetections } = spec;
  return { name, sha256, ...(version !== undefined && { version }), minScore, iou, maxDetections };
}
