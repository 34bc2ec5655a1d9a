import { nowMs } from "./clock.ts";
import type { StateEvent, StreamState } from "./stream.ts";

/** Which states may follow which. */
export const STREAM_MOVES: Record<StreamState, readonly StreamState[]> = {
  connecting: ["connecting", "running", "backoff", "paused", "stopping", "stopped", "failed"],
  running: ["connecting", "stalled", "backoff", "paused", "stopping", "stopped", "failed"],
  stalled: ["connecting", "running", "backoff", "paused", "stopping", "stopped", "failed"],
  backoff: ["connecting", "paused", "stopping", "stopped", "failed"],
  paused: ["connecting", "stopping", "stopped"],
  stopping: ["stopped"],
  stopped: ["connecting"],
  failed: ["connecting", "stopping", "stopped"],
};

/** Makes a move from one state to the next; the only function that does. Throws on a move that is not in the table. */
export function moveStream(current: StreamState, next: StreamState): StreamState {
  if (STREAM_MOVES[current].includes(next)) return next;
  throw new Error(`Cannot move a stream from ${current} to ${next}: there is no such move`);
}

/** What comes with a move. */
export interface MoveDetails {
  cause?: { code: string; message: string };
  /** When the next attempt comes, Unix milliseconds; for `backoff`. */
  nextAttemptMs?: number;
}

/** How a stream's state is kept. */
export interface StreamStateOptions {
  stream: string;
  /** Hears every move. */
  onEvent(event: StateEvent): void;
  /** Unix milliseconds. */
  now?: () => number;
  /** Where it begins. Default `connecting`. */
  initial?: "connecting" | "paused";
  /** Epochs it has had already, elsewhere. Default 0. */
  epoch?: number;
}

/** The state of one stream, with what belongs to it. */
export class StreamStateMachine {
  #options: Required<StreamStateOptions>;
  #state: StreamState;
  #sinceMs: number;
  #cause: { code: string; message: string } | undefined;
  #restarts = 0;
  #epoch = 0;
  #nextAttemptMs: number | undefined;

  constructor(options: StreamStateOptions) {
    this.#options = { now: nowMs, initial: "connecting", epoch: 0, ...options };
    this.#state = this.#options.initial;
    this.#epoch = this.#options.epoch;
    this.#sinceMs = this.#options.now();
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Since when it is in that state, Unix milliseconds. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Why it is in that state, where there is a why. */
  get cause(): { code: string; message: string } | undefined {
    return this.#cause;
  }

  /** Attempts to connect after the first, resumptions aside. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How many times it came to run from not running; frames carry it. */
  get epoch(): number {
    return this.#epoch;
  }

  /** When the next attempt comes, in `backoff`. */
  get nextAttemptMs(): number | undefined {
    return this.#nextAttemptMs;
  }

  /** Whether a move is legal now. */
  can(next: StreamState): boolean {
    return STREAM_MOVES[this.#state].includes(next);
  }

  /** Moves, or throws when the table does not know the move. */
  move(next: StreamState, details: MoveDetails = {}): void {
    const previous = this.#state;
    this.#state = moveStream(previous, next);
    this.#sinceMs = this.#options.now();
    // Why the last attempt failed stays readable while the next one is under way.
    if (details.cause || next !== "connecting" || previous !== "backoff") this.#cause = details.cause;
    this.#nextAttemptMs = next === "backoff" ? details.nextAttemptMs : undefined;
    if (next === "connecting" && previous !== "paused") this.#restarts++;
    if (next === "running" && previous === "connecting") this.#epoch++;
    this.#options.onEvent(this.#event(previous));
  }

  #event(previous: StreamState): StateEvent {
    const event: StateEvent = {
      v: 1,
      type: "state",
      stream: this.#options.stream,
      state: this.#state,
      previous,
      at: new Date(this.#sinceMs).toISOString(),
      epoch: this.#epoch,
      restarts: this.#restarts,
    };
    if (this.#cause) event.cause = this.#cause;
    if (this.#nextAttemptMs !== undefined) event.nextAttemptMs = this.#nextAttemptMs;
    return event;
  }
}
