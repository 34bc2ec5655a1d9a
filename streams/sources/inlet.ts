import { nowMs } from "../../src/core/clock.ts";
import type { SentFrame } from "../../src/core/services.ts";

/** A frame that somebody sent, with the moment it arrived on the clock of `nowMs()`. */
export interface PushedFrame extends SentFrame {
  arrivedAtMs: number;
}

/** What takes frames in while a source runs. */
export interface Receiver {
  /** A frame came in its turn. */
  receive(frame: PushedFrame): void;
  /** One came without a credit; its bytes are gone already, but it counts. */
  overrun(arrivedAtMs: number): void;
}

/** Who hears what an inlet has to say to its sender. */
export interface InletOptions {
  /** So many more frames may be sent. */
  grant(sender: number, credits: number): void;
  /** A frame was not taken, for this reason. */
  refuse(sender: number, fault: { code: string; message: string }): void;
  /** Somebody else sends from here on: what follows is another film. */
  renew(): void;
}

/** Frames of one sender that may be on their way or wait: one that runs next, one that takes its place, one on the wire. */
const CREDITS = 3;
/** Pictures that a sender is asked for while one runs: the one that runs next is then but so much of a run old. */
const PER_TURN = 4;
const PACE_MAX_MS = 250;
/** Share of the latest interval in the average. */
const SMOOTHING = 0.25;

/**
 * The way of pushed frames into a stream. It lives as long as the stream; sources and senders come and go. A frame takes
 * a credit until it has left the waiting place: at once when its turn came, but when a newer one took its place only at
 * the pace at which turns come. So a sender is slowed down to what is of use, and what runs next is still fresh.
 */
export class Inlet implements Disposable {
  #sender: number | undefined;
  #receiver: Receiver | undefined;
  /** Credits that the sender holds. */
  #out = 0;
  /** Numbers of the frames that wait. */
  #waiting = new Set<number>();
  /** Credits of frames that were passed over, given back at their pace. */
  #passed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turnMs = 0;
  #turnAtMs = nowMs();
  /** Frames came in since the source began to run. */
  #begun = false;
  #closed = false;

  constructor(private readonly options: InletOptions) {}

  /** Somebody else sends from here on, and holds so many credits already; or nobody does. */
  setSender(sender: number | undefined, credits: number): void {
    this.#sender = sender;
    this.#out = credits;
    if (sender !== undefined && this.#begun) this.options.renew();
    else this.#settle();
  }

  /** A frame of a sender; without one when it came beyond its credits. */
  push(sender: number, frame: PushedFrame | undefined): void {
    if (sender !== this.#sender) return;
    if (frame) this.#out = Math.max(0, this.#out - 1);
    // Like every camera, a paused one is not heard.
    if (!this.#receiver) return;
    this.#begun = true;
    if (frame) this.#receiver.receive(frame);
    else this.#receiver.overrun(nowMs());
    this.#settle();
  }

  /** Frames go to this receiver until it is disposed. */
  attach(receiver: Receiver): Disposable {
    this.#receiver = receiver;
    this.#begun = false;
    this.#turnAtMs = nowMs();
    this.#settle();
    return {
      [Symbol.dispose]: () => {
        if (this.#receiver !== receiver) return;
        this.#receiver = undefined;
        this.#begun = false;
      },
    };
  }

  /** A frame has been taken in and waits for its turn. */
  waits(seq: number): void {
    this.#waiting.add(seq);
  }

  /** A frame's turn has come, or its result is out: the next one may be sent. */
  used(seq: number): void {
    if (!this.#waiting.delete(seq)) return;
    const now = nowMs();
    const interval = Math.min(now - this.#turnAtMs, PER_TURN * PACE_MAX_MS);
    this.#turnMs += (interval - this.#turnMs) * SMOOTHING;
    this.#turnAtMs = now;
    this.#settle();
  }

  /** A frame will not have its turn. Does nothing for one that had it. */
  passed(seq: number): void {
    if (!this.#waiting.delete(seq)) return;
    this.#giveLater();
  }

  /** A frame was not taken in at all; its sender is told why. */
  refused(fault: { code: string; message: string }): void {
    if (this.#sender !== undefined) this.options.refuse(this.#sender, fault);
    this.#giveLater();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sender = undefined;
    this.#receiver = undefined;
  }

  #giveLater(): void {
    if (this.#closed) return;
    this.#passed++;
    this.#timer ??= setTimeout(() => this.#give(), this.#paceMs());
  }

  #give(): void {
    this.#timer = undefined;
    if (this.#passed > 0) this.#passed--;
    if (this.#passed > 0) this.#timer = setTimeout(() => this.#give(), this.#paceMs());
    this.#settle();
  }

  /** The slower turns come, or the longer one does not come at all, the longer until the next picture. */
  #paceMs(): number {
    return Math.min(PACE_MAX_MS, Math.max(this.#turnMs, nowMs() - this.#turnAtMs) / PER_TURN);
  }

  #settle(): void {
    if (this.#sender === undefined || !this.#receiver) return;
    const free = CREDITS - this.#out - this.#waiting.size - this.#passed;
    if (free <= 0) return;
    this.#out += free;
    this.options.grant(this.#sender, free);
  }
}
