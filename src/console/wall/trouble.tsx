import type { StreamStatus } from "../../core/stream.ts";
import { now } from "../state/now.ts";
import { durationText } from "../ui/format.ts";

/** Why a stream shows nothing, and when it will be tried again. */
export function Trouble({ status }: { status: StreamStatus | undefined }) {
  if (!status) return <p class="why">It is being moved to another thread.</p>;
  const { state, cause, nextAttemptMs, sinceMs, restarts } = status;
  const sinceText = durationText(now.value - sinceMs);
  const waitMs = nextAttemptMs === undefined ? undefined : nextAttemptMs - now.value;
  return (
    <>
      <p class="why">{cause?.message ?? WORDS[state]}</p>
      <p class="when">
        {waitMs !== undefined && (waitMs > 500 ? `Next attempt in ${durationText(waitMs)}. ` : "Trying again now. ")}
        {state === "failed" && "It was given up; restart it to try again. "}
        {`For ${sinceText}`}
        {restarts > 0 &&
          `, ${restarts} ${restarts === 1 ? "restart" : "restarts"} so far`}
      </p>
    </>
  );
}

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
