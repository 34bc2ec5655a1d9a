/** A time limit joined with a signal, for one piece of work. */
export interface TimeLimit extends Disposable {
  /** Aborts with the failure when time is up, or with the outer signal's reason. */
  readonly signal: AbortSignal;
  /** What time is left, milliseconds, never negative. */
  readonly leftMs: number;
  /** The promise's outcome, or the abort if that comes first; for what cannot be aborted itself. */
  race<T>(promise: Promise<T>): Promise<T>;
}

/** Starts a time limit. Disposing it takes the timer and the listener away. */
export function failAfter(ms: number, outer: AbortSignal, failure: () => Error): TimeLimit {
  const controller = new AbortController();
  const endsAt = performance.now() + ms;
  const timer = setTimeout(() => controller.abort(failure()), ms);
  const abort = () => controller.abort(outer.reason);
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  const { signal } = controller;
  return {
    signal,
    get leftMs() {
      return Math.max(0, endsAt - performance.now());
    },
    race<T>(promise: Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        const lose = () => reject(signal.reason);
        signal.addEventListener("abort", lose, { once: true });
        promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", lose));
        if (signal.aborted) lose();
      });
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
}
