import type { SinkStatus } from "./sink.ts";
import { SendError } from "./send_error.ts";
import { untilAborted } from "./until_aborted.ts";

/** Where items wait when memory is not enough; its oldest leave when it is full. */
export interface Spool<T> extends AsyncDisposable {
  readonly waiting: number;
  readonly dropped: number;
  append(items: readonly T[]): Promise<void>;
  /** The oldest items, at most so many. */
  peek(count: number): Promise<T[]>;
  /** Forgets the oldest items that were answered by the last `peek`. */
  shift(count: number): Promise<void>;
}

/** Some of what was sent was not wanted, and never will be. */
export interface Refusals {
  /** How many items. */
  refused: number;
  /** Why, for one of them. */
  error?: unknown;
}

/** How an {@link Outbox} works. */
export interface OutboxOptions<T> {
  /** Items that may wait in memory, besides those that are being sent. */
  capacity: number;
  /** Memory that they may take. */
  capacityBytes: number;
  sizeBytes(item: T): number;
  /** How many events an item counts for. Default 1. */
  events?(item: T): number;
  /** Most items that are sent at a time. Default 1. */
  batch?: number;
  /** How large they may be together; a larger one goes alone. Default: any size. */
  batchBytes?: number;
  /** How long to wait for a batch to fill. Default 0. */
  lingerMs?: number;
  retry: { initialMs: number; maxMs: number };
  /** How often the same is sent to a peer that stumbles over it. Default 10. */
  attempts?: number;
  /** Gets a connection to the peer, which is kept until {@link Outbox.lost}; tried before anything is there to send. */
  connect?(signal: AbortSignal): Promise<void>;
  /** Sends items; throws a {@link SendError} to say what is to become of them. Another error counts as `away`. */
  send(items: readonly T[], signal: AbortSignal): Promise<void | Refusals>;
  /** Opens the place for items that memory has no room for, or that must outlive the process. */
  spool?(): Promise<Spool<T>>;
  /** An error's message without credentials. */
  tell(error: unknown): string;
  now: () => number;
  /** How long disposing may go on sending. */
  flushMs: number;
  /** A number in [0, 1). */
  random?: () => number;
}

interface Batch<T> {
  items: readonly T[];
  /** Where they are still kept. */
  spooled: boolean;
}

/**
 * A bounded queue before a peer that may be slow, away or broken: one loop sends, waits longer after every failure, and
 * sends again. What finds no room costs the oldest, and is counted.
 */
export class Outbox<T> implements AsyncDisposable {
  #entries: { item: T; sizeBytes: number }[] = [];
  #bytes = 0;
  /** Entries at the head that are being sent or spooled, and so cannot be dropped. */
  #held = 0;
  #spool: Spool<T> | undefined;
  /** What the spool held before that which is just being moved there, and so is counted already. */
  #spooledBefore = Infinity;
  #connecting = false;
  #connected = false;
  #connectedAtMs = 0;
  #failures = 0;
  /** How often the batch at the head has made the peer stumble, and how many items it has: it is sent again as it was. */
  #stumbles = 0;
  #again: number | undefined;
  #status: { failing: boolean; sent: number; dropped: number; lastError?: string; lastSentAtMs?: number } = {
    failing: false,
    sent: 0,
    dropped: 0,
  };
  /** Why the connection went, until that is dealt with. */
  #loss: { error: unknown } | undefined;
  #ending = false;
  #closing: Promise<void> | undefined;
  #closed = false;
  /** No time is left. */
  #over = false;
  /** Cuts off what is being sent or connected. */
  #attempt = new AbortController();
  #wake: (() => void) | undefined;
  #running: Promise<void>;

  constructor(private readonly options: OutboxOptions<T>) {
    this.#running = this.#run();
  }

  status(): SinkStatus {
    const { failing, dropped, ...rest } = this.#status;
    return {
      state: this.#closed ? "closed" : failing ? "failing" : "ok",
      ...rest,
      dropped: dropped + (this.#spool?.dropped ?? 0),
      waiting: this.#entries.length + Math.min(this.#spool?.waiting ?? 0, this.#spooledBefore),
    };
  }

  /** Takes an item; the oldest make room for it. */
  push(item: T): void {
    if (this.#ending) {
      this.#status.dropped += this.#eventsIn([item]);
      return;
    }
    const { capacity, capacityBytes } = this.options;
    const sizeBytes = this.options.sizeBytes(item);
    this.#entries.push({ item, sizeBytes });
    this.#bytes += sizeBytes;
    // What is being sent or spooled has its room apart, or it would be the newest that go.
    while (this.#entries.length - this.#held > capacity || this.#bytes - this.#heldBytes > capacityBytes) {
      const [oldest] = this.#entries.splice(this.#held, 1);
      this.#bytes -= oldest.sizeBytes;
      this.#status.dropped += this.#eventsIn([oldest.item]);
      if (this.#held === 0) this.#forgetTries();
    }
    this.#wake?.();
  }

  /** Forgets everything that waits in memory and is not being sent. */
  clear(): void {
    for (const { item, sizeBytes } of this.#entries.splice(this.#held)) {
      this.#bytes -= sizeBytes;
      this.#status.dropped += this.#eventsIn([item]);
    }
  }

  /** The connection is gone. */
  lost(error: unknown): void {
    if (!this.#connected && !this.#connecting) return;
    this.#connected = false;
    this.#loss = { error };
    if (this.options.now() - this.#connectedAtMs >= this.options.retry.maxMs) this.#failures = 0;
    this.#attempt.abort(error);
    this.#wake?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#ending = true;
    const timer = setTimeout(() => {
      this.#over = true;
      this.#attempt.abort(new Error("no time left"));
    }, this.options.flushMs);
    this.#wake?.();
    await this.#running;
    clearTimeout(timer);
    if (this.#spool) {
      await this.#spill().catch((error) => this.#fail(error));
      await this.#spool[Symbol.asyncDispose]();
    }
    this.clear();
    this.#closed = true;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      let batch: Batch<T> | undefined;
      try {
        if (!this.#spool && this.options.spool) await this.#openSpool(this.options.spool);
        await this.#connect();
        batch = await this.#next();
        if (!batch) {
          if (this.#ending && !this.#loss && this.status().waiting === 0) return;
          continue;
        }
        const signal = this.#newAttempt();
        const refusals = await untilAborted(this.options.send(batch.items, signal), signal);
        this.#failures = 0;
        this.#status.failing = false;
        this.#status.lastSentAtMs = this.options.now();
        if (refusals && refusals.refused > 0) this.#status.lastError = this.options.tell(refusals.error);
        await this.#settle(batch, { refused: refusals ? refusals.refused : 0 });
      } catch (error) {
        this.#held = 0;
        // What is cut off by our own hurry is not the peer's fault.
        if (!this.#over) this.#fail(error);
        if (await this.#recover(batch, error)) return;
      }
    }
  }

  async #openSpool(open: () => Promise<Spool<T>>): Promise<void> {
    // Without a disk it works from memory alone, and tries again the next time round.
    await open().then((spool) => this.#spool = spool, (error) => this.#fail(error));
  }

  async #connect(): Promise<void> {
    const loss = this.#loss;
    this.#loss = undefined;
    if (loss) throw loss.error;
    if (this.#connected) return;
    if (this.options.connect) {
      await this.#newConnection(this.options.connect);
      // Without a connection of its own a peer shows only when something is sent.
      this.#status.failing = false;
    }
    this.#connected = true;
    this.#connectedAtMs = this.options.now();
  }

  async #newConnection(connect: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const signal = this.#newAttempt();
    this.#connecting = true;
    try {
      await untilAborted(connect(signal), signal);
      // It may have gone as soon as it was there.
      signal.throwIfAborted();
    } finally {
      this.#connecting = false;
      this.#loss = undefined;
    }
  }

  #newAttempt(): AbortSignal {
    this.#attempt = new AbortController();
    if (this.#over) this.#attempt.abort(new Error("no time left"));
    return this.#attempt.signal;
  }

  /** What to send next, held in its place; undefined when there is nothing, after there may be something again. */
  async #next(): Promise<Batch<T> | undefined> {
    const { batch: most = 1, lingerMs = 0 } = this.options;
    if (this.#spool && this.#spool.waiting > 0) {
      await this.#spill().catch((error) => this.#fail(error));
      const items = await this.#spool.peek(this.#again ?? most);
      return { items: items.slice(0, this.#portion(items.map(this.options.sizeBytes))), spooled: true };
    }
    if (this.#entries.length === 0) {
      if (!this.#ending) await this.#pause();
      return undefined;
    }
    const fullAtMs = performance.now() + lingerMs;
    while (this.#entries.length < most && !this.#ending && this.#connected && performance.now() < fullAtMs) {
      await this.#pause(Math.max(1, fullAtMs - performance.now()));
    }
    if (!this.#connected) return undefined;
    const entries = this.#entries.slice(0, this.#again ?? most);
    this.#held = this.#portion(entries.map(({ sizeBytes }) => sizeBytes));
    return { items: entries.slice(0, this.#held).map(({ item }) => item), spooled: false };
  }

  get #heldBytes(): number {
    let sizeBytes = 0;
    for (let index = 0; index < this.#held; index++) sizeBytes += this.#entries[index].sizeBytes;
    return sizeBytes;
  }

  /** How many of the first may go together. */
  #portion(sizes: readonly number[]): number {
    const { batchBytes = Infinity } = this.options;
    let sizeBytes = 0;
    const over = sizes.findIndex((size, index) => (sizeBytes += size) > batchBytes && index > 0);
    return over === -1 ? sizes.length : over;
  }

  async #settle({ items, spooled }: Batch<T>, { refused }: { refused: number }): Promise<void> {
    const events = this.#eventsIn(items);
    this.#status.dropped += Math.min(events, refused);
    this.#status.sent += Math.max(0, events - refused);
    this.#forgetTries();
    this.#held = 0;
    if (spooled) await this.#spool!.shift(items.length);
    else this.#release(items.length);
  }

  /** Decides what becomes of a batch that was not sent, and waits. Answers whether it is time to give up. */
  async #recover(batch: Batch<T> | undefined, error: unknown): Promise<boolean> {
    const { fault, retryAfterMs = 0 } = error instanceof SendError ? error : { fault: "away" as const };
    if (batch && fault !== "away") this.#stumbles++;
    if (batch && (fault === "refused" || this.#stumbles >= (this.options.attempts ?? 10))) {
      await this.#settle(batch, { refused: batch.items.length }).catch((error) => this.#fail(error));
      return false;
    }
    this.#again = batch?.items.length;
    // A connection over which nothing comes through may be dead without knowing.
    if (this.options.connect && fault === "away") this.#connected = false;
    if (this.#ending) return true;
    const { initialMs, maxMs } = this.options.retry;
    const bound = Math.min(maxMs, initialMs * 2 ** Math.min(this.#failures++, 40));
    const dueMs = performance.now() + Math.max(1, retryAfterMs, (this.options.random ?? Math.random)() * bound);
    let room = await this.#spillOr(this.#spool !== undefined);
    for (let leftMs = dueMs - performance.now(); leftMs > 0; leftMs = dueMs - performance.now()) {
      await this.#pause(leftMs, () => room && this.#crowded);
      if (this.#ending) return false;
      if (this.#crowded) room = await this.#spillOr(room);
    }
    return false;
  }

  /** Moves what waits to the spool where there is room; answers whether there is. */
  async #spillOr(room: boolean): Promise<boolean> {
    if (!room) return false;
    try {
      await this.#spill();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Whether what waits had better go to the spool. */
  get #crowded(): boolean {
    const { capacity, capacityBytes } = this.options;
    return this.#spool !== undefined && (this.#entries.length > capacity / 2 || this.#bytes > capacityBytes / 2);
  }

  /** Moves everything from memory to the spool. */
  async #spill(): Promise<void> {
    if (!this.#spool || this.#entries.length === 0) return;
    this.#held = this.#entries.length;
    this.#spooledBefore = this.#spool.waiting;
    try {
      await this.#spool.append(this.#entries.map(({ item }) => item));
      this.#release(this.#held);
    } finally {
      this.#spooledBefore = Infinity;
      this.#held = 0;
    }
  }

  #release(count: number): void {
    for (const { sizeBytes } of this.#entries.splice(0, count)) this.#bytes -= sizeBytes;
  }

  /** Resolves after a time, or when something happened that `matters`. */
  #pause(ms?: number, matters: () => boolean = () => true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      this.#wake = () => {
        if (this.#ending || this.#loss || matters()) done();
      };
      if (this.#ending) done();
    });
  }

  #eventsIn(items: readonly T[]): number {
    const { events } = this.options;
    return events ? items.reduce((sum, item) => sum + events(item), 0) : items.length;
  }

  #forgetTries(): void {
    this.#stumbles = 0;
    this.#again = undefined;
  }

  #fail(error: unknown): void {
    this.#status.failing = true;
    this.#status.lastError = this.options.tell(error);
  }
}
