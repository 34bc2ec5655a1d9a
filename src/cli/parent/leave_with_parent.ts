/** The parent tells its child by this variable that it holds the other end of the child's standard input. */
export const PARENT_VARIABLE = "WEIR_PARENT";

/** What a child does once its parent is gone. */
export interface LeaveOptions {
  /** Begins the orderly shutdown. */
  onGone(): void;
  /** How long that may take; then the process ends as it is. Default 15 seconds. */
  withinMs?: number;
}

/**
 * For the child of `runSupervised`: when the parent dies, however that happens, its pipe to this process ends, and so
 * does this process. Does nothing in a process that has no such parent. Dispose stops watching.
 */
export function leaveWithParent({ onGone, withinMs = 15_000 }: LeaveOptions): Disposable {
  if (Deno.env.get(PARENT_VARIABLE) === undefined) return { [Symbol.dispose]() {} };
  // What this process starts in turn has another parent.
  Deno.env.delete(PARENT_VARIABLE);
  const reader = Deno.stdin.readable.getReader();
  let disposed = false;
  const watch = async () => {
    try {
      while (!(await reader.read()).done);
    } catch { /* A pipe that breaks has ended, too. */ }
    if (disposed) return;
    Deno.unrefTimer(setTimeout(() => Deno.exit(1), withinMs));
    onGone();
  };
  void watch();
  return {
    [Symbol.dispose]() {
      if (disposed) return;
      disposed = true;
      void reader.cancel().catch(() => {});
    },
  };
}
