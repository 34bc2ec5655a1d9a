/** A counted permission to go on: who wants to be held back waits here, who makes room gives back. */
export class Credits {
  #free: number;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(readonly limit: number) {
    this.#free = limit;
  }

  /** Takes one credit, present or not: the balance may go below zero, and `room()` then waits for it to rise. */
  take(): void {
    this.#free--;
  }

  /** Gives one credit back. */
  give(): void {
    this.#free++;
    if (this.#free > 0) this.#waiting.shift()?.();
  }

  /** Undefined when there is room now, else a promise of it. */
  room(): Promise<void> | undefined {
    if (this.#free > 0 || this.#closed) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Holds back again after a close. */
  reopen(): void {
    this.#closed = false;
  }

  /** Lets everybody go: the source is to end, so it must not be held back any more. */
  close(): void {
    this.#closed = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
