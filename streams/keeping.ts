import type { CapturedClip, CapturedFrame, CaptureRules, CaptureUsage } from "../src/core/captures.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import type { PacketTap } from "./av/packet_tap.ts";
import type { ReservoirMark } from "./capture_choice.ts";
import { Capturer } from "./capturer.ts";
import { clipsBound, EventClips } from "./event_clips.ts";
import type { FrameInWork } from "./frame_in_work.ts";
import type { Step } from "./pipeline.ts";

/** Where what is kept of a stream goes. */
export interface KeepingPlace {
  /** Where clips are written for whoever takes them over. */
  incoming: string;
  /** What of the day's sample there is already. */
  sample?: ReservoirMark;
  /** Pictures that may be on their way at once; default a few. */
  underWay?: number;
}

/** What a stream's keeping stands on. */
export interface KeepingOptions {
  stream: string;
  /** Without a place nothing is kept, whatever the rules say. */
  place?: KeepingPlace;
  emitFrame(capture: CapturedFrame): void;
  emitClip(clip: CapturedClip): void;
}

/** What is kept of one stream: pictures by rules, and video around alerts. */
export class Keeping {
  #capturer?: Capturer;
  #clips?: EventClips;
  #boundBytes = 0;

  constructor({ stream, place, emitFrame, emitClip }: KeepingOptions) {
    if (!place) return;
    this.#clips = new EventClips({ stream, directory: place.incoming, emit: emitClip });
    const { sample, underWay } = place;
    this.#capturer = new Capturer({ stream, emit: emitFrame, clips: this.#clips, sample, underWay });
  }

  /** Sees the source's packets. */
  get tap(): PacketTap | undefined {
    return this.#clips;
  }

  /** The most memory that it takes. */
  get boundBytes(): number {
    return this.#boundBytes;
  }

  /** How it goes; undefined where nothing is kept. */
  get usage(): CaptureUsage | undefined {
    return this.#capturer?.usage;
  }

  /** From here on these rules hold, for a pipeline of these steps. */
  follow(rules: CaptureRules | undefined, steps: readonly Step[]): void {
    this.#capturer?.follow(rules, steps);
    this.#boundBytes = this.#capturer && rules?.enabled && rules.clips ? clipsBound(rules.clips) : 0;
  }

  /** Looks at one finished frame, which stays the caller's. */
  push(frame: FrameInWork, result: ResultEnvelope): void {
    this.#capturer?.push(frame, result);
  }

  /** A picture has arrived where it is kept. */
  taken(): void {
    this.#capturer?.taken();
  }

  /** No more frames come: what was begun is finished, and nothing is held any more. */
  async settle(): Promise<void> {
    await this.#clips?.[Symbol.asyncDispose]();
  }
}
