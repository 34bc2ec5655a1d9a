import type { StreamStatus } from "../../core/stream.ts";
import { now } from "../state/now.ts";
import { durationText } from "../ui/format.ts";

/** Why a stream shows nothing, and when it will be tried again. */
export function Trouble({ status, kind }: {
  status: StreamStatus | undefined;
  /** Of the source: some are connected to, others are sent to. */
  kind: string;
}) {
  if (!status) return <p class="why">It is being moved to another thread.</p>;
  const { state, cause, nextAttemptMs, sinceMs, restarts } = status;
  const waitMs = nextAttemptMs === undefined ? undefined : nextAttemptMs - now.value;
  const facts = [
    waitMs !== undefined && (waitMs > 500 ? `Next attempt in ${durationText(waitMs)}` : "Trying again now"),
    state === "failed" && "Restart it to try again",
    // While it is tried again and again, each try begins a new state: how long that lasts says nothing.
    waitMs === undefined && state !== "connecting" && sinceText(state, now.value - sinceMs),
    restarts > 0 && `${restarts} ${restarts === 1 ? "restart" : "restarts"} so far`,
  ];
  return (
    <>
      <p class="why">{cause?.message ?? (state === "connecting" && kind === "webcam" ? UNSENT : WORDS[state])}</p>
      <p class="when">{facts.filter((fact) => fact !== false).join(" · ")}</p>
    </>
  );
}

function sinceText(state: StreamStatus["state"], ms: number): string {
  return state === "stopped" ? `${durationText(ms)} ago` : `For ${durationText(ms)}`;
}

const UNSENT = "Nobody sends pictures yet.";

const WORDS: Record<StreamStatus["state"], string> = {
  connecting: "Connecting to the source.",
  running: "Running.",
  stalled: "The source has fallen silent.",
  backoff: "The source was lost.",
  paused: "Paused: nothing is read from the source.",
  stopping: "It is being stopped.",
  stopped: "The source has come to its end.",
  failed: "It was given up.",
};
