import { untilWithin } from "./until.ts";

/** Resolves once something holds; rejects, with its name, when it still does not after a very long time. */
export function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  return untilWithin(deadlineMs)(holds, what);
}
