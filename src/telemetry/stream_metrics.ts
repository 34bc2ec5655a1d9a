import { DROP_CAUSES } from "../core/drops.ts";
import { type StateEvent, STREAM_STATES, type StreamStatus } from "../core/stream.ts";
import { byStream } from "./by_stream.ts";
import type { Metrics } from "./metrics.ts";

/** Accounts and states of streams, by their latest statuses and events. */
export function streamMetrics(
  metrics: Metrics,
  { statuses, states }: {
    statuses: ReadonlyMap<string, StreamStatus>;
    states: ReadonlyMap<string, StateEvent>;
  },
): void {
  const asked = byStream(metrics, statuses);
  asked("counter", "weir_frames_received_total", "Frames that came in.", ({ frames }) => frames.received);
  asked(
    "counter",
    "weir_frames_completed_total",
    "Frames whose result was published.",
    ({ frames }) => frames.completed,
  );
  metrics.asked({
    type: "counter",
    name: "weir_frames_dropped_total",
    help: "Frames that did not become a result, by cause.",
    labels: ["stream", "cause"],
    read(say) {
      for (const [stream, { frames }] of statuses) {
        for (const cause of DROP_CAUSES) say(frames.dropped[cause], { stream, cause });
      }
    },
  });
  asked("gauge", "weir_frames_in_flight", "Frames under way.", ({ frames }) => frames.inFlight);
  asked(
    "gauge",
    "weir_frames_unaccounted",
    "Frames received that are not completed, dropped or under way; anything but 0 is a bug.",
    ({ frames }) => frames.unaccounted,
  );
  asked(
    "gauge",
    "weir_stream_memory_bound_bytes",
    "The most memory that a stream's frames can take.",
    (status) => status.memoryBoundBytes,
  );
  asked("gauge", "weir_stream_epoch", "How many times a stream came to run.", ({ epoch }) => epoch);
  asked("counter", "weir_stream_restarts_total", "Attempts to connect after the first.", ({ restarts }) => restarts);
  metrics.asked({
    type: "gauge",
    name: "weir_stream_state",
    help: "1 for the state that a stream is in, 0 for all others.",
    labels: ["stream", "state"],
    read(say) {
      for (const stream of new Set([...statuses.keys(), ...states.keys()])) {
        const now = currentState(statuses.get(stream), states.get(stream));
        for (const state of STREAM_STATES) say(state === now ? 1 : 0, { stream, state });
      }
    },
  });
}

/** Whichever of a status and an event is newer; a thread that is gone sends no status any more. */
function currentState(status: StreamStatus | undefined, event: StateEvent | undefined) {
  if (!status || !event) return (status ?? event)?.state;
  // An event tells whole milliseconds.
  return Math.floor(status.sinceMs) >= Date.parse(event.at) ? status.state : event.state;
}
