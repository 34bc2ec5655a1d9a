import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** What was asked for, as it was last known, and why it could not be asked again. */
export interface Polled<T> {
  value?: T;
  error?: unknown;
  /** Asks again now. */
  again(): void;
}

/** Asks for something now and again and again while the page is seen; `load` must be the same function every time. */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, everyMs: number): Polled<T> {
  const [known, know] = useState<{ value?: T; error?: unknown }>({});
  const ask = useRef(() => {});
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    const run = async () => {
      if (asking) return;
      clearTimeout(timer);
      asking = true;
      try {
        const value = await load(gone.signal);
        know({ value });
      } catch (error) {
        if (gone.signal.aborted) return;
        know((before) => ({ ...before, error }));
      } finally {
        asking = false;
        if (!gone.signal.aborted) timer = setTimeout(runIfSeen, everyMs);
      }
    };
    const runIfSeen = () => document.visibilityState === "visible" && void run();
    ask.current = () => void run();
    void run();
    document.addEventListener("visibilitychange", runIfSeen);
    return () => {
      gone.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", runIfSeen);
    };
  }, [load, everyMs]);
  return { ...known, again: useCallback(() => ask.current(), []) };
}
