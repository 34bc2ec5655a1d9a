import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { poll, type Polling } from "../state/poll.ts";

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
  const polling = useRef<Polling | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    const made = polling.current = poll(async (signal) => {
      try {
        const value = await load(signal);
        if (!gone) know({ value });
      } catch (error) {
        if (!gone) know((before) => ({ ...before, error }));
      }
    }, everyMs);
    return () => {
      gone = true;
      made[Symbol.dispose]();
    };
  }, [load, everyMs]);
  return { ...known, again: useCallback(() => polling.current?.again(), []) };
}
