import type { FormatContext } from "node-av/lib";

/** Interrupts what an input is waiting for, when the time is up or the signal says so. One for the input's lifetime. */
export class Deadline {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #passed = false;
  #abort = () => this.context.interrupt();

  constructor(private readonly context: FormatContext, readonly signal: AbortSignal) {
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Whether the time ran out. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Sets the time from now on. */
  start(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#passed = true;
      this.context.interrupt();
    }, ms);
  }

  /** Waits no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
    this.signal.removeEventListener("abort", this.#abort);
  }
}
