const AT_ONCE = 4;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs something when fewer than a handful are under way; what nobody wants any more by then is not begun. */
export async function inTurn<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    signal.throwIfAborted();
    return await run();
  } finally {
    running--;
    waiting.shift()?.();
  }
}
