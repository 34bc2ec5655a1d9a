import type { Observable } from "rxjs";
import type { StateEvent } from "../core/stream.ts";

/** Whether a stream has stopped or failed for good. */
export function isOver(event: StateEvent | undefined): boolean {
  return event?.state === "stopped" || event?.state === "failed";
}

/** Resolves when the stream has stopped or failed for good. */
export function untilOver(stream: string, states$: Observable<StateEvent>): Promise<void> {
  return new Promise((resolve) => {
    const subscription = states$.subscribe((event) => {
      if (event.stream !== stream || !isOver(event)) return;
      subscription.unsubscribe();
      resolve();
    });
  });
}

/** A stream went down with its thread. */
export function fallen(stream: string, last: StateEvent | undefined, message: string): StateEvent {
  const { epoch = 0, restarts = 0, state: previous = "connecting" } = last ?? {};
  const cause = { code: "worker", message };
  return { v: 1, type: "state", stream, state: "failed", previous, cause, at: now(), epoch, restarts };
}

/** A stream that was over begins anew. */
export function revived(stream: string, last: StateEvent, epoch: number): StateEvent {
  const { state: previous, restarts } = last;
  return { v: 1, type: "state", stream, state: "connecting", previous, at: now(), epoch, restarts };
}

function now(): string {
  return new Date().toISOString();
}
