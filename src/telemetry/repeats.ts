/** What is done about things that repeat. */
export interface RepeatsOptions<T> {
  windowMs: number;
  /** Keys that are remembered at a time. */
  bound: number;
  now(): number;
  /** Says that the thing came so many more times. */
  summarise(last: T, count: number, overMs: number): void;
}

interface Repeat<T> {
  last: T;
  count: number;
  sinceMs: number;
}

/** Lets the first of a kind through and counts those that follow; while they go on, a summary comes every window. */
export class Repeats<T> implements Disposable {
  /** Those whose window began first come first. */
  #kinds = new Map<string, Repeat<T>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: RepeatsOptions<T>) {}

  /** Whether the thing is the first of its kind in a while. */
  push(kind: string, thing: T): boolean {
    const known = this.#kinds.get(kind);
    if (known) {
      known.last = thing;
      known.count++;
      return false;
    }
    if (this.#kinds.size >= this.options.bound) this.#end(this.#kinds.keys().next().value!);
    this.#begin(kind, thing);
    return true;
  }

  /** Tells what is still untold, and forgets everything. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const kind of [...this.#kinds.keys()]) this.#end(kind);
  }

  #begin(kind: string, last: T): void {
    this.#kinds.set(kind, { last, count: 0, sinceMs: this.options.now() });
    this.#watch();
  }

  /** Ends a window and answers whether anything came in it. */
  #end(kind: string): Repeat<T> {
    const repeat = this.#kinds.get(kind)!;
    this.#kinds.delete(kind);
    const { last, count, sinceMs } = repeat;
    if (count > 0) this.options.summarise(last, count, this.options.now() - sinceMs);
    return repeat;
  }

  #watch(): void {
    const first = this.#kinds.values().next().value;
    if (!first || this.#timer !== undefined) return;
    const dueMs = first.sinceMs + this.options.windowMs - this.options.now();
    this.#timer = setTimeout(() => this.#sweep(), Math.max(1, dueMs));
    Deno.unrefTimer(this.#timer);
  }

  #sweep(): void {
    this.#timer = undefined;
    const over = this.options.now() - this.options.windowMs;
    for (const [kind, { sinceMs }] of [...this.#kinds]) {
      if (sinceMs > over) break;
      const { last, count } = this.#end(kind);
      if (count > 0) this.#begin(kind, last);
    }
    this.#watch();
  }
}
