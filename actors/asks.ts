import type { AskOptions } from "./actor.ts";
import { ActorError } from "./actor_error.ts";
import { MAX_DELAY_MS } from "./timers.ts";

interface Ask {
  /** On the clock of `performance.now()`. */
  dueMs: number;
  timeoutMs: number;
  giveUp(reason: unknown): void;
  settle(): void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The open questions to one actor, bounded; each ends exactly once: by answer, refusal, timeout, abort or the actor's end. */
export class Asks {
  #open = new Map<number, Ask>();
  #lastId = 0;
  #refused = 0;
  /** One for all that are open, set for the first that falls due: one for each would cost more than the question. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;

  /** `onDrop` hears of questions whose asker gave up. */
  constructor(readonly name: string, readonly capacity: number, private readonly onDrop: (id: number) => void) {}

  get depth(): number {
    return this.#open.size;
  }

  /** Questions that were turned away because too many were open. */
  get refused(): number {
    return this.#refused;
  }

  /** Opens a question; `send` hands it over under its number. */
  open<R>(options: AskOptions, send: (id: number) => void): Promise<R> {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#open.size >= this.capacity) {
      this.#refused++;
      const message = `Cannot ask ${this.name}: ${this.#open.size} questions are open already`;
      return Promise.reject(new ActorError("overflow", message));
    }
    const id = ++this.#lastId;
    return new Promise<R>((resolve, reject) => {
      const abort = () => ask.giveUp(signal!.reason);
      const ask: Ask = {
        dueMs: performance.now() + Math.min(timeoutMs, MAX_DELAY_MS),
        timeoutMs,
        giveUp: (reason) => {
          ask.settle();
          this.onDrop(id);
          reject(reason);
        },
        settle: () => {
          this.#open.delete(id);
          signal?.removeEventListener("abort", abort);
          if (this.#open.size === 0) this.#watch();
        },
        resolve: resolve as (value: unknown) => void,
        reject,
      };
      signal?.addEventListener("abort", abort);
      this.#open.set(id, ask);
      if (ask.dueMs < this.#timerMs) this.#watch(ask.dueMs);
      try {
        send(id);
      } catch (thrown) {
        ask.settle();
        reject(thrown);
      }
    });
  }

  /** Whether somebody still waits for this answer. */
  has(id: number): boolean {
    return this.#open.has(id);
  }

  /** Ends a question with its answer; a question that nobody waits for any more is ignored. */
  resolve(id: number, value: unknown): void {
    const ask = this.#open.get(id);
    ask?.settle();
    ask?.resolve(value);
  }

  /** Ends a question with an error. */
  reject(id: number, error: unknown): void {
    const ask = this.#open.get(id);
    ask?.settle();
    ask?.reject(error);
  }

  /** Ends all questions with an error. */
  rejectAll(error: unknown): void {
    for (const id of [...this.#open.keys()]) this.reject(id, error);
  }

  /** Looks for overdue questions then; without a time, not at all. */
  #watch(atMs = Infinity): void {
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    if (atMs === Infinity) return;
    this.#timer = setTimeout(() => {
      // Timers may fire a moment early.
      const now = Math.max(performance.now(), atMs);
      this.#timerMs = Infinity;
      let next = Infinity;
      for (const ask of [...this.#open.values()]) {
        if (ask.dueMs > now) next = Math.min(next, ask.dueMs);
        else {
          const message = `Cannot get an answer from ${this.name}: none came in ${ask.timeoutMs} ms`;
          ask.giveUp(new ActorError("timeout", message));
        }
      }
      if (next < this.#timerMs) this.#watch(next);
    }, Math.max(0, atMs - performance.now()));
  }
}
