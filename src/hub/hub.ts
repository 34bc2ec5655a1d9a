import type { LogEvent } from "../core/events.ts";
import type { Entry } from "./entry.ts";
import { EventLog, type EventLogOptions } from "./event_log.ts";
import { type EventFilter, Sieve } from "./filter.ts";
import { Subscription } from "./subscription.ts";

/** How somebody listens. */
export interface SubscribeOptions {
  filter?: EventFilter;
  /** The position after which to begin; without it only what comes from now on. */
  after?: number;
  /** Events that may wait for the reader. Default the hub's. */
  capacity?: number;
  /** Estimated memory of the events that may wait. Default 8 MiB. */
  capacityBytes?: number;
}

/** How much is kept, and how much may wait. */
export interface HubOptions extends EventLogOptions {
  /** Events that may wait for one reader. Default 1024. */
  queue?: number;
}

/** What the hub does, for metrics. */
export interface HubStats {
  subscribers: number;
  published: number;
  /** Lost to slowness, by all subscribers so far. */
  dropped: number;
  log: { events: number; bytes: number };
}

/** The event log and its fan-out. Publishing never waits for anybody. */
export class Hub implements Disposable {
  #log: EventLog;
  #subscriptions = new Set<Subscription>();
  #published = 0;
  #droppedByGone = 0;
  #closed = false;

  constructor(private readonly options: HubOptions) {
    this.#log = new EventLog(options);
  }

  /** The position of the latest event. */
  get last(): number {
    return this.#log.last;
  }

  /** Puts an event into the log and hands it to everybody who wants it. */
  publish(event: LogEvent): Entry {
    const entry = this.#log.push(event);
    this.#published++;
    for (const subscription of this.#subscriptions) subscription.push(entry);
    return entry;
  }

  /** Begins to listen; what was missed since `after` comes first, or a gap where the log has forgotten it. */
  subscribe(options: SubscribeOptions = {}): Subscription {
    const { filter = {}, after, capacity = this.options.queue ?? 1024, capacityBytes = 8 * 2 ** 20 } = options;
    const subscription = new Subscription({
      log: this.#log,
      after,
      sieve: new Sieve(filter),
      capacity,
      capacityBytes,
      onDispose: (gone) => {
        if (this.#subscriptions.delete(gone)) this.#droppedByGone += gone.dropped;
      },
    });
    if (this.#closed) subscription.close();
    else this.#subscriptions.add(subscription);
    return subscription;
  }

  /** The latest events that pass the filter, oldest first, in whole. */
  recent(filter: EventFilter, count: number): Entry[] {
    const sieve = new Sieve(filter);
    const found: Entry[] = [];
    for (const entry of this.#log.backwards()) {
      if (found.length >= count) break;
      if (sieve.wants(entry.event) && sieve.sift(entry.event)) found.push(entry);
    }
    return found.reverse();
  }

  /** How many listen to a stream that they asked for by its name. */
  readers(stream: string): number {
    let count = 0;
    for (const subscription of this.#subscriptions) if (subscription.names(stream)) count++;
    return count;
  }

  stats(): HubStats {
    let dropped = this.#droppedByGone;
    for (const subscription of this.#subscriptions) dropped += subscription.dropped;
    return { subscribers: this.#subscriptions.size, published: this.#published, dropped, log: this.#log.size };
  }

  /** Nothing more comes; whoever listens is told. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.close();
  }
}
