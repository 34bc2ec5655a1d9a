import { realTimers, type Timers } from "./timers.ts";

/** When a watchdog barks and at whom. */
export interface WatchdogOptions {
  stallMs: number;
  /** Nothing came for `stallMs`. */
  onStall(): void;
  /**
   * Nothing came for `stallMs` more. Called once; the watchdog then rests until started again. Without it a stall may last
   * for ever.
   */
  onDead?(): void;
  /** Something came after a stall. */
  onRecover?(): void;
  timers?: Timers;
}

/** Notices that something which should keep coming has stopped coming. Rests until `start`. */
export class Watchdog implements Disposable {
  #options: WatchdogOptions;
  #timers: Timers;
  #fedAtMs = 0;
  #stalled = false;
  #cancel: (() => void) | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
  }

  /** Whether nothing has come for `stallMs`. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** Begins to watch, as if just fed. */
  start(): void {
    this.stop();
    this.#fedAtMs = this.#timers.now();
    this.#watch(this.#options.stallMs);
  }

  /** Something came. Costs a reading of the clock: the timer is not touched, it looks at the time when it fires. */
  feed(): void {
    this.#fedAtMs = this.#timers.now();
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#cancel?.();
    this.#watch(this.#options.stallMs);
    this.#options.onRecover?.();
  }

  /** Rests. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#stalled = false;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #watch(delayMs: number): void {
    this.#cancel = this.#timers.after(delayMs, () => this.#look());
  }

  #look(): void {
    if (this.#stalled) {
      this.stop();
      return this.#options.onDead?.();
    }
    const leftMs = this.#fedAtMs + this.#options.stallMs - this.#timers.now();
    if (leftMs > 0) return this.#watch(leftMs);
    this.#stalled = true;
    // Counted from now: when the thread itself was held up, what came meanwhile gets a chance to be seen.
    if (this.#options.onDead) this.#watch(this.#options.stallMs);
    this.#options.onStall();
  }
}
