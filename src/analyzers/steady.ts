/** What makes a condition true for good, and false again. */
export interface SteadyOptions {
  /** At this and above it becomes true; */
  on: number;
  /** below this, false. */
  off: number;
  /** It must have been so for so long. */
  onMs: number;
  offMs: number;
}

/** A yes or no that does not flicker: two thresholds, and each must hold for a while. */
export class Steady {
  #is = false;
  #sinceMs: number | undefined;
  /** Since when the value speaks for the other answer. */
  #otherMs: number | undefined;

  constructor(private readonly options: SteadyOptions) {}

  /** The answer as it stands. */
  get is(): boolean {
    return this.#is;
  }

  /** Since when it stands, on the clock of those who push; undefined while nothing was pushed. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  /** Folds a value in; true when the answer has changed. */
  push(value: number, nowMs: number): boolean {
    const { on, off, onMs, offMs } = this.options;
    this.#sinceMs ??= nowMs;
    const other = this.#is ? value < off : value >= on;
    if (!other) {
      this.#otherMs = undefined;
      return false;
    }
    this.#otherMs ??= nowMs;
    if (nowMs - this.#otherMs < (this.#is ? offMs : onMs)) return false;
    this.#is = !this.#is;
    this.#sinceMs = nowMs;
    this.#otherMs = undefined;
    return true;
  }

  /** Back to no. */
  reset(): void {
    this.#is = false;
    this.#sinceMs = this.#otherMs = undefined;
  }
}
