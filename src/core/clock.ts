/**
 * Milliseconds on a clock that all threads of the process share: it never steps back, and a value taken in one worker
 * can be compared with a value taken in another. (`performance.now()` alone starts at zero in every worker.)
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
