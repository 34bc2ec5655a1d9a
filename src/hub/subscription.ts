import type { GapEvent } from "../core/events.ts";
import type { Entry, Form } from "./entry.ts";
import type { EventLog } from "./event_log.ts";
import type { Sieve } from "./filter.ts";

/** One thing for a subscriber: an event as its filter leaves it, or word of what it missed. */
export type Delivery = Form | { gap: GapEvent };

/** How a subscription is served. */
export interface SubscriptionOptions {
  log: EventLog;
  sieve: Sieve;
  /** Events that may wait for the reader; past it the oldest leave, and the reader is told. */
  capacity: number;
  /** Estimated memory of the events that may wait; at least one may. */
  capacityBytes: number;
  /** The position after which to begin, for one that has been here before. */
  after?: number;
  onDispose(subscription: Subscription): void;
}

/** How much to take at a time; there is at least one event in it, if there is any. */
export interface TakeLimits {
  /** Most events, word of gaps included. Default 256. */
  events?: number;
  /** About the most memory of them. Default 64 KiB. */
  bytes?: number;
}

/** Events looked at in one go by a reader that catches up: others want their turn, too. */
const SCAN = 2048;

/**
 * One reader of the log. At first it may catch up with the past, read from the log itself; from then on it has a queue of
 * its own. A reader that is slow loses its own oldest events, is told so, and costs nobody else anything.
 */
export class Subscription implements Disposable {
  #queue: Form[] = [];
  #queueBytes = 0;
  /** What to tell before anything else. */
  #gap: GapEvent | undefined;
  #lost: { first: number; last: number; count: number } | undefined;
  /** How far a reader that catches up has come; undefined once it has. */
  #cursor: number | undefined;
  #wake: (() => void) | undefined;
  #closed = false;
  #disposed = false;
  #dropped = 0;

  constructor(private readonly options: SubscriptionOptions) {
    const { after, log } = options;
    if (after === undefined) return;
    if (after > log.last) {
      // Another log gave that position: whatever is in this one was missed, and nobody can say how much that is.
      if (log.last > 0) this.#gap = this.#missed(1, log.last, "forgotten");
    } else if (after < log.forgotten) {
      this.#gap = this.#missed(after + 1, log.forgotten, "forgotten");
      this.#cursor = log.forgotten;
    } else if (after < log.last) this.#cursor = after;
  }

  /** Events lost to slowness so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** No more will come; what waits may still be taken. */
  get closed(): boolean {
    return this.#closed;
  }

  /** No more will come, and nothing waits. */
  get ended(): boolean {
    return this.#closed && !this.#waiting;
  }

  /** Events that wait in the queue. */
  get depth(): number {
    return this.#queue.length;
  }

  /** Up to here everything that was asked for has been taken: where a reader that goes now may go on later. */
  get position(): number {
    if (this.#gap) return this.#gap.first - 1;
    if (this.#cursor !== undefined) return this.#cursor;
    const first = this.#lost?.first ?? this.#queue[0]?.entry.position;
    return first === undefined ? this.options.log.last : first - 1;
  }

  /** Whether this reader asked for the stream by its name. */
  names(stream: string): boolean {
    return !this.#closed && this.options.sieve.names(stream);
  }

  /** Hands a new event over. */
  push(entry: Entry): void {
    // Who still catches up finds it in the log.
    if (this.#closed || this.#cursor !== undefined) return;
    const form = this.#sifted(entry);
    if (!form) return;
    this.#queue.push(form);
    this.#queueBytes += entry.bytes;
    const { capacity, capacityBytes } = this.options;
    while (this.#queue.length > capacity || (this.#queueBytes > capacityBytes && this.#queue.length > 1)) this.#lose();
    this.#wakeUp();
  }

  /** Some of what waits, oldest first, with word of what was lost in its place. Empty when nothing is at hand. */
  take({ events = 256, bytes = 64 * 1024 }: TakeLimits = {}): Delivery[] {
    const deliveries: Delivery[] = [];
    this.#tell(deliveries, events);
    if (this.#cursor !== undefined) {
      this.#catchUp(deliveries, { events, bytes });
      return deliveries;
    }
    let taken = 0;
    for (let weight = 0; taken < this.#queue.length && deliveries.length < events; taken++) {
      weight += this.#queue[taken].entry.bytes;
      if (weight > bytes && taken > 0) break;
      deliveries.push(this.#queue[taken]);
      this.#queueBytes -= this.#queue[taken].entry.bytes;
    }
    if (taken === this.#queue.length) this.#queue = [];
    else this.#queue.splice(0, taken);
    return deliveries;
  }

  /** Resolves when there may be something to take, or nothing will come any more. One reader at a time. */
  wait(): Promise<void> {
    // The past is long, and who looks for little in it looks long: everybody else comes in between.
    if (this.#cursor !== undefined && !this.#gap) return new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#waiting || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#wakeUp();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#queue = [];
    this.#queueBytes = 0;
    this.#gap = this.#lost = this.#cursor = undefined;
    this.close();
    this.options.onDispose(this);
  }

  get #waiting(): boolean {
    return this.#queue.length > 0 || this.#cursor !== undefined || this.#gap !== undefined || this.#lost !== undefined;
  }

  #sifted(entry: Entry): Form | undefined {
    const { sieve } = this.options;
    if (!sieve.wants(entry.event)) return undefined;
    const form = entry.form(sieve.form, (event) => sieve.sift(event));
    // Only what is sent counts against the rate.
    return form && sieve.inTime(entry.event, entry.atMs) ? form : undefined;
  }

  #lose(): void {
    const { position, bytes } = this.#queue.shift()!.entry;
    this.#queueBytes -= bytes;
    this.#dropped++;
    this.#lost ??= { first: position, last: position, count: 0 };
    this.#lost.last = position;
    this.#lost.count++;
  }

  #tell(deliveries: Delivery[], limit: number): void {
    if (this.#gap) {
      deliveries.push({ gap: this.#gap });
      this.#gap = undefined;
    }
    if (this.#lost && deliveries.length < limit) {
      deliveries.push({ gap: { v: 1, type: "gap", ...this.#lost, reason: "slow" } });
      this.#lost = undefined;
    }
  }

  #catchUp(deliveries: Delivery[], limits: Required<TakeLimits>): void {
    const { log } = this.options;
    if (deliveries.length >= limits.events) return;
    if (this.#cursor! < log.forgotten) {
      // The log has overtaken its reader.
      deliveries.push({ gap: this.#missed(this.#cursor! + 1, log.forgotten, "slow") });
      this.#cursor = log.forgotten;
    }
    let scanned = 0;
    let weight = 0;
    for (const entry of log.after(this.#cursor!)) {
      if (scanned++ === SCAN || weight >= limits.bytes || deliveries.length >= limits.events) return;
      this.#cursor = entry.position;
      const form = this.#sifted(entry);
      if (!form) continue;
      deliveries.push(form);
      weight += entry.bytes;
    }
    this.#cursor = undefined;
  }

  /** Word of what has left the log before this reader came to it: how many events its filter would have let through, nobody knows. */
  #missed(first: number, last: number, reason: GapEvent["reason"]): GapEvent {
    const { log, sieve } = this.options;
    const count = sieve.wantsAll ? log.count(first, last) : undefined;
    return { v: 1, type: "gap", first, last, ...(count !== undefined && { count }), reason };
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
