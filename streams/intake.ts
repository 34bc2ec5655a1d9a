import { Observable } from "rxjs/internal/Observable";
import { Subject } from "rxjs/internal/Subject";
import { nowMs } from "../src/core/clock.ts";
import type { DropCause } from "../src/core/drops.ts";
import type { FrameInfo, Picture } from "../src/core/frame.ts";
import { Ledger } from "../src/core/ledger.ts";
import type { Admission, Arrival, SourceProperties, SourceSink } from "../src/core/source.ts";
import type { StreamPolicy } from "../src/core/stream.ts";
import type { Credits } from "./credits.ts";
import { FrameInWork } from "./frame_in_work.ts";
import { Lag } from "./lag.ts";
import { Sampler } from "./sampler.ts";
import { Thrift } from "./thrift.ts";

/** What an {@link Intake} needs besides the frames. */
export interface IntakeOptions {
  stream: string;
  policy: StreamPolicy;
  /** Room for frames that wait, in mode `block`. */
  credits?: Credits;
  /** Where numbering goes on, for a stream that was elsewhere before. */
  from?: { epoch: number; seq: number };
  onProperties?(properties: SourceProperties): void;
  /** Called for every frame that arrives, before it is numbered; feeds the watchdog and starts epochs. */
  onArrival?(): void;
  onLost?(cause: DropCause, reason?: string): void;
}

/** How many key intervals a sampling period must hold before only key frames are decoded. */
const KEY_INTERVALS_PER_SAMPLE = 2;

/**
 * The way in: opens every frame's account, decides before decoding what need not be decoded, and hands decoded frames
 * to the pipeline. It lives as long as the stream; the source behind it may come and go.
 */
export class Intake implements SourceSink {
  readonly ledger = new Ledger();
  readonly thrift = new Thrift();
  #frames = new Subject<FrameInWork>();
  #policy: StreamPolicy;
  #credits?: Credits;
  #sampler: Sampler;
  #seq = 0;
  #epoch = 0;
  #intraOnly = false;
  #properties?: SourceProperties;
  /** A frame others need was left out: nothing decodes until the next key frame. */
  #chainBroken = false;
  /** The frame just admitted is not asked for itself. */
  #passing = false;
  #lastKeyUs?: number;
  #keyIntervalUs = Number.POSITIVE_INFINITY;
  #lag = new Lag();
  /** Frames in the decoder with their role, and whether they are there only because later ones need them. */
  #decoding = new Map<FrameInfo, { role: Arrival["role"]; passing: boolean }>();
  /**
   * Numbers of the frames in the decoder. Frames arrive in the order of decoding and leave in the order of showing;
   * numbers are given for good as they leave, so that they rise with presentation time.
   */
  #numbers: number[] = [];

  constructor(private readonly options: IntakeOptions) {
    this.#policy = options.policy;
    this.#credits = options.credits;
    this.#sampler = new Sampler(options.policy);
    this.#seq = options.from?.seq ?? 0;
    this.#epoch = options.from?.epoch ?? 0;
  }

  /** Decoded frames that the policy asks for; whoever subscribes owns them. */
  get frames$(): Observable<FrameInWork> {
    return this.#frames.asObservable();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get properties(): SourceProperties | undefined {
    return this.#properties;
  }

  /** Another policy from the next frame on; the source, the numbers and the accounts go on. */
  reconfigure(policy: StreamPolicy, credits: Credits | undefined): void {
    const { fps, every, keyframes } = this.#policy;
    this.#policy = policy;
    this.#credits = credits;
    // The schedule goes on where the rate stays: an unrelated change lets no frame through ahead of its time.
    if (policy.fps === fps && policy.every === every && policy.keyframes === keyframes) return;
    this.#sampler = new Sampler(policy);
  }

  /** The source starts (again): presentation times start anew. */
  startEpoch(): void {
    this.#epoch++;
    this.#chainBroken = false;
    this.#lastKeyUs = undefined;
    this.#keyIntervalUs = Number.POSITIVE_INFINITY;
    this.#lag.reset();
    this.#sampler.reset();
  }

  /** The source has come to its end: what still waits may run out. */
  end(): void {
    this.#frames.complete();
  }

  /** Frames will come again after an end. */
  reopen(): void {
    this.#frames = new Subject();
  }

  opened(properties: SourceProperties): void {
    this.#properties = properties;
    this.#intraOnly = properties.intraOnly;
    this.options.onProperties?.(properties);
  }

  arrived(arrival: Arrival): Admission {
    const { role, ptsUs } = arrival;
    this.options.onArrival?.();
    const info: FrameInfo = {
      stream: this.options.stream,
      epoch: this.#epoch,
      seq: ++this.#seq,
      ptsUs,
      arrivedAtMs: arrival.arrivedAtMs,
      ...(arrival.capturedAtMs !== undefined && { capturedAtMs: arrival.capturedAtMs }),
    };
    this.ledger.receive(info.seq);
    if (role === "key") this.#sawKey(ptsUs);
    this.thrift.arrived(ptsUs, role);
    const cause = this.#leaveOut(arrival);
    if (cause) {
      this.ledger.drop(info.seq, cause);
      if (role !== "disposable" && !this.#intraOnly) this.#chainBroken = true;
      return { info, decode: false };
    }
    this.#decoding.set(info, { role, passing: this.#passing });
    this.#numbers.push(info.seq);
    return { info, decode: true };
  }

  decoded(info: FrameInfo, picture: Picture): Promise<void> | void {
    const admitted = this.#decoding.get(info);
    this.#leaveDecoder(info);
    if (admitted && (admitted.passing || !this.#wantsShown(info, admitted.role))) {
      if (picture.decodeMs > 0) this.ledger.decode();
      picture[Symbol.dispose]();
      this.ledger.drop(info.seq, "sampled");
      return;
    }
    const frame = new FrameInWork(info, picture, this.ledger);
    if (!this.#frames.observed || this.#frames.closed) return frame.drop("stopped");
    this.thrift.decoded();
    this.#frames.next(frame);
    return this.#credits?.room();
  }

  lost(info: FrameInfo, cause: DropCause, reason?: string): void {
    if (!this.#leaveDecoder(info)) return;
    this.ledger.drop(info.seq, cause);
    this.options.onLost?.(cause, reason);
  }

  /** The source lags behind the world by more than a result may be old: decoding what has passed would keep it there. */
  #tooOld({ arrivedAtMs }: Arrival): boolean {
    const { mode, maxAgeMs } = this.#policy;
    return mode === "latest" && maxAgeMs !== undefined && nowMs() - arrivedAtMs > maxAgeMs;
  }

  /** Out of order, the sampler can judge only what comes out of the decoder, in the order of showing. */
  #wantsShown({ ptsUs }: FrameInfo, role: Arrival["role"]): boolean {
    return !this.#properties?.reordered || this.#sampler.wants({ ptsUs, role });
  }

  #leaveDecoder(info: FrameInfo): boolean {
    if (!this.#decoding.delete(info)) return false;
    info.seq = this.#numbers.shift()!;
    return true;
  }

  #sawKey(ptsUs: number): void {
    this.#chainBroken = false;
    if (this.#lastKeyUs !== undefined && ptsUs > this.#lastKeyUs) this.#keyIntervalUs = ptsUs - this.#lastKeyUs;
    this.#lastKeyUs = ptsUs;
  }

  /** Why a frame is not even decoded; undefined when it must be. */
  #leaveOut(arrival: Arrival): DropCause | undefined {
    const { role } = arrival;
    const keysSuffice = this.#policy.keyframes ||
      this.#sampler.periodUs >= KEY_INTERVALS_PER_SAMPLE * this.#keyIntervalUs;
    if (this.#tooOld(arrival)) return "stale";
    if (keysSuffice && role !== "key" && !this.#intraOnly) return "sampled";
    if (this.#chainBroken && role !== "key" && !this.#intraOnly) return "skipped";
    if (this.#policy.mode === "latest" && !this.#intraOnly) {
      if (this.#lag.skips(arrival, this.#keyIntervalUs / 1000) || this.thrift.skips(role)) return "skipped";
    }
    this.#passing = !this.#properties?.reordered && !this.#sampler.wants(arrival);
    return this.#passing && (this.#intraOnly || role === "disposable") ? "sampled" : undefined;
  }
}
