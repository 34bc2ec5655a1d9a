import type { GapEvent, LogEvent } from "../core/events.ts";
import type { Entry, EventLog } from "./event_log.ts";
import type { Sieve } from "./filter.ts";

/** One thing for a subscriber: an event, or word of what it missed. */
export type Delivery = { entry: Entry; event: LogEvent } | { gap: GapEvent };

/** How a subscription is served. */
export interface SubscriptionOptions {
  log: EventLog;
  sieve: Sieve;
  /** Events that may wait for the reader; past it the oldest leave, and the reader is told. */
  capacity: number;
  /** The position after which to begin, for one that has been here before. */
  after?: number;
  onDispose(subscription: Subscription): void;
}

/** Events handed over at a time to a reader that catches up: others want their turn, too. */
const CATCH_UP = 256;

/**
 * One reader of the log. At first it may catch up with the past, read from the log itself; from then on it has a queue of
 * its own. A reader that is slow loses its own oldest events, is told so, and costs nobody else anything.
 */
export class Subscription implements Disposable {
  #queue: Entry[] = [];
  #lost: { first: number; last: number; count: number } | undefined;
  /** How far a reader that catches up has come; undefined once it has. */
  #cursor: number | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  #dropped = 0;

  constructor(private readonly options: SubscriptionOptions) {
    const { after, log } = options;
    // A position that is yet to come was given by another log: nothing of it is here, and nothing was missed.
    if (after !== undefined && after < log.last) this.#cursor = after;
  }

  /** Events lost to slowness so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** No more will come; what waits may still be taken. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Events that wait in the queue. */
  get depth(): number {
    return this.#queue.length;
  }

  /** Hands a new event over. */
  push(entry: Entry): void {
    const { sieve, capacity } = this.options;
    // Who still catches up finds it in the log.
    if (this.#closed || this.#cursor !== undefined) return;
    if (!sieve.wants(entry.event) || !sieve.inTime(entry.event, entry.atMs)) return;
    this.#queue.push(entry);
    if (this.#queue.length > capacity) {
      const { position } = this.#queue.shift()!;
      this.#dropped++;
      this.#lost ??= { first: position, last: position, count: 0 };
      this.#lost.last = position;
      this.#lost.count++;
    }
    this.#wakeUp();
  }

  /** What waits, oldest first, with word of what was lost in its place. May be empty. */
  take(): Delivery[] {
    const deliveries: Delivery[] = [];
    if (this.#cursor !== undefined) {
      this.#catchUp(deliveries, this.#cursor);
      return deliveries;
    }
    if (this.#lost) deliveries.push({ gap: { v: 1, type: "gap", ...this.#lost, reason: "slow" } });
    this.#lost = undefined;
    const entries = this.#queue;
    this.#queue = [];
    for (const entry of entries) this.#sift(deliveries, entry);
    return deliveries;
  }

  /** Resolves when there may be something to take, or nothing will come any more. One reader at a time. */
  wait(): Promise<void> {
    if (this.#queue.length > 0 || this.#cursor !== undefined || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#wakeUp();
  }

  [Symbol.dispose](): void {
    this.close();
    this.#queue = [];
    this.#cursor = undefined;
    this.options.onDispose(this);
  }

  #catchUp(deliveries: Delivery[], cursor: number): void {
    const { log, sieve } = this.options;
    if (cursor < log.forgotten) {
      deliveries.push({ gap: { v: 1, type: "gap", first: cursor + 1, last: log.forgotten, reason: "forgotten" } });
    }
    for (const entry of log.after(cursor)) {
      this.#cursor = entry.position;
      if (sieve.wants(entry.event) && sieve.inTime(entry.event, entry.atMs)) this.#sift(deliveries, entry);
      if (deliveries.length >= CATCH_UP) return;
    }
    this.#cursor = undefined;
  }

  #sift(deliveries: Delivery[], entry: Entry): void {
    const event = this.options.sieve.sift(entry.event);
    if (event) deliveries.push({ entry, event });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
