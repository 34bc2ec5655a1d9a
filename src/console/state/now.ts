import { signal } from "@preact/signals";

/** The time, Unix milliseconds, once a second: for what counts down or grows old. */
export const now = signal(Date.now());

/** Keeps {@link now} going; the returned function stops that. */
export function followTime(): () => void {
  const timer = setInterval(() => now.value = Date.now(), 1000);
  return () => clearInterval(timer);
}
