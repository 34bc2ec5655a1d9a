import { signal } from "@preact/signals";
import type { StateEvent } from "../../core/stream.ts";
import type { StreamView } from "../../core/services.ts";
import { call, PATIENCE_MS } from "../api/client.ts";
import { live } from "../api/live.ts";
import { type ProblemError, problemOf } from "../api/problem_error.ts";
import { poll } from "./poll.ts";

/** Figures are asked for so often; changes of state come by themselves. */
const REFRESH_MS = 2000;
/** A stream that is new sends several events; they are answered with one question. */
const SETTLE_MS = 80;

/** All streams as they stand; undefined until the server has answered for the first time. */
export const streams = signal<readonly StreamView[] | undefined>(undefined);

/** Why they could not be asked for, the last time. */
export const streamsProblem = signal<ProblemError | undefined>(undefined);

let asking: Promise<void> | undefined;

/** Asks how the streams stand, now. */
export function refreshStreams(): Promise<void> {
  asking ??= (async () => {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await call<{ streams: StreamView[] }>("GET", "/api/v1/streams", undefined, { signal });
      streams.value = answer.streams;
      streamsProblem.value = undefined;
    } catch (thrown) {
      streamsProblem.value = problemOf(thrown);
    } finally {
      asking = undefined;
    }
  })();
  return asking;
}

/** Keeps the streams up to date while the page is seen; the returned function stops that. */
export function followStreams(): () => void {
  let soon: ReturnType<typeof setTimeout> | undefined;
  const refreshSoon = () => {
    clearTimeout(soon);
    soon = setTimeout(refreshStreams, SETTLE_MS);
  };
  const stop = live.events({ all: true, types: ["state"] }, (event) => {
    if (event.type === "state") take(event);
    refreshSoon();
  });
  const polling = poll(refreshStreams, REFRESH_MS);
  return () => {
    stop();
    polling[Symbol.dispose]();
    clearTimeout(soon);
  };
}

/** A change of state shows at once; the figures follow. */
function take(
  { stream, state, cause, restarts, epoch, nextAttemptMs, at }: StateEvent,
): void {
  const all = streams.peek();
  const known = all?.find(({ id }) => id === stream);
  if (!all || !known?.status) return;
  const { cause: _cause, nextAttemptMs: _next, ...rest } = known.status;
  const status = {
    ...rest,
    state,
    restarts,
    epoch,
    sinceMs: Date.parse(at),
    ...(cause && { cause }),
    ...(nextAttemptMs !== undefined && { nextAttemptMs }),
  };
  streams.value = all.map((view) => view === known ? { ...known, status } : view);
}
