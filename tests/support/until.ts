/** A wait of at most so long. It resolves when the condition holds, and fails with `what` when it does not in time. */
export function untilWithin(timeoutMs: number) {
  return async (condition: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> => {
    const endsAtMs = performance.now() + timeoutMs;
    while (!await condition()) {
      if (performance.now() > endsAtMs) {
        throw new Error(`It never came to pass: ${typeof what === "string" ? what : what()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
}

/** Waits for what comes soon, if it comes at all. */
export const until = untilWithin(60_000);
