/** What a full mailbox does with the next message. */
export type MailboxPolicy = "drop-oldest" | "drop-newest" | "block";

/** How a mailbox is made. */
export interface MailboxOptions<T> {
  capacity: number;
  policy: MailboxPolicy;
  /** Gets every message that was pushed and will never be delivered, so that what it holds can be released. */
  onDrop?: (message: T) => void;
}

interface Waiter<T> {
  settle(message: T | undefined): void;
}

interface Pusher<T> {
  message: T;
  settle(taken: boolean): void;
}

/**
 * A bounded queue between one or more writers and one or more readers. Ownership of a message passes with `push`: it
 * comes out of `next` or goes to `onDrop`, never both, never neither.
 */
export class Mailbox<T extends NonNullable<unknown>> implements AsyncIterable<T>, Disposable {
  readonly capacity: number;
  readonly policy: MailboxPolicy;
  #queue: T[] = [];
  #waiters = new Set<Waiter<T>>();
  #pushers = new Set<Pusher<T>>();
  #dropped = 0;
  #closed = false;
  #onDrop: ((message: T) => void) | undefined;

  constructor(options: MailboxOptions<T>) {
    if (!Number.isInteger(options.capacity) || options.capacity < 1) {
      throw new RangeError(`Cannot make a mailbox of capacity ${options.capacity}: at least 1 place is needed`);
    }
    this.capacity = options.capacity;
    this.policy = options.policy;
    this.#onDrop = options.onDrop;
  }

  /** Messages that wait. */
  get depth(): number {
    return this.#queue.length;
  }

  /** Messages that were pushed and will never be delivered. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether it takes no more messages. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Puts a message in and answers whether it was taken. Only a full `block` mailbox answers with a promise; `signal`
   * ends that wait, the message is then dropped.
   */
  push(message: T, signal?: AbortSignal): boolean | Promise<boolean> {
    if (this.#closed || signal?.aborted) return this.#drop(message);
    for (const waiter of this.#waiters) {
      waiter.settle(message);
      return true;
    }
    if (this.#queue.length < this.capacity) {
      this.#queue.push(message);
      return true;
    }
    switch (this.policy) {
      case "drop-newest":
        return this.#drop(message);
      case "drop-oldest":
        this.#queue.push(message);
        this.#drop(this.#queue.shift()!);
        return true;
      case "block":
        return this.#wait(message, signal);
    }
  }

  /** The next message, or undefined once the mailbox is closed and empty. Rejects with the signal's reason on abort. */
  next(signal?: AbortSignal): Promise<T | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const message = this.#queue.shift();
    if (message !== undefined) {
      this.#admit();
      return Promise.resolve(message);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.delete(waiter);
        reject(signal!.reason);
      };
      const waiter: Waiter<T> = {
        settle: (message) => {
          this.#waiters.delete(waiter);
          signal?.removeEventListener("abort", abort);
          resolve(message);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", abort);
    });
  }

  /** Takes no more; what waits in it is still delivered, writers that wait for a place are turned away. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.settle(undefined);
    for (const pusher of [...this.#pushers]) pusher.settle(false);
  }

  /** Drops everything that waits in it and answers how many that were. */
  clear(): number {
    const messages = this.#queue;
    this.#queue = [];
    for (const message of messages) this.#drop(message);
    this.#admit();
    return messages.length;
  }

  /** Yields until closed and empty. Leaving the loop early leaves the mailbox open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (let message = await this.next(); message !== undefined; message = await this.next()) yield message;
  }

  [Symbol.dispose](): void {
    this.close();
    this.clear();
  }

  #drop(message: T): false {
    this.#dropped++;
    this.#onDrop?.(message);
    return false;
  }

  #wait(message: T, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const abort = () => pusher.settle(false);
      const pusher: Pusher<T> = {
        message,
        settle: (taken) => {
          this.#pushers.delete(pusher);
          signal?.removeEventListener("abort", abort);
          if (!taken) this.#drop(message);
          resolve(taken);
        },
      };
      this.#pushers.add(pusher);
      signal?.addEventListener("abort", abort);
    });
  }

  #admit(): void {
    for (const pusher of this.#pushers) {
      if (this.#queue.length >= this.capacity) return;
      this.#queue.push(pusher.message);
      pusher.settle(true);
    }
  }
}
