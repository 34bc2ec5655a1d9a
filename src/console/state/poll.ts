import { computed, effect } from "@preact/signals";
import { PATIENCE_MS, tooLate } from "../api/client.ts";
import { live } from "../api/live.ts";
import { session } from "../api/session.ts";

/** While the connection is lost it is the socket that tries again; this is for pages that get none at all. */
const UNREACHED_MS = 10_000;

/** A question that is asked again and again. */
export interface Polling extends Disposable {
  /** Asks now, unless it is being asked. */
  again(): void;
}

/**
 * Asks again and again, one question at a time, while the page is seen and the server lets it in: now, some time after
 * every answer, and at once when the connection is back. A server that is gone, or hangs, is asked seldom.
 */
export function poll(ask: (signal: AbortSignal) => Promise<unknown>, everyMs: number): Polling {
  const connection = computed(() => live.status.value.state);
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  const run = async () => {
    if (over || asking || session.peek().refused !== undefined) return;
    clearTimeout(timer);
    const question = asking = new AbortController();
    const late = setTimeout(() => question.abort(tooLate()), PATIENCE_MS);
    await ask(question.signal).catch(() => {});
    clearTimeout(late);
    asking = undefined;
    const lost = connection.peek() === "lost";
    if (!over) timer = setTimeout(runIfSeen, lost ? Math.max(everyMs, UNREACHED_MS) : everyMs);
  };
  const runIfSeen = () => void (document.visibilityState === "visible" && run());
  let begun = false;
  const stop = effect(() => {
    if (connection.value === "open" || !begun) void run();
    begun = true;
  });
  document.addEventListener("visibilitychange", runIfSeen);
  return {
    again: () => void run(),
    [Symbol.dispose]() {
      over = true;
      stop();
      clearTimeout(timer);
      asking?.abort();
      document.removeEventListener("visibilitychange", runIfSeen);
    },
  };
}
