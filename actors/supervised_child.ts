import type { Child } from "./actor.ts";
import { type Cause, causeOf } from "./actor_error.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { Timers } from "./timers.ts";

/** When a child that ended is started again: always, only after a failure, or never. */
export type RestartPolicy = "permanent" | "transient" | "temporary";

/** One child of a supervisor. */
export interface ChildSpec {
  name: string;
  /** Starts it. The signal aborts when it is no longer wanted. */
  start(signal: AbortSignal): Promise<Child>;
  restart: RestartPolicy;
  /** How long it may take to stop. Default 5000. */
  stopDeadlineMs?: number;
}

/** What a child can be doing. */
export type ChildState =
  /** Not started yet, or down because something it depends on is. */
  | "waiting"
  | "starting"
  | "running"
  | "backoff"
  | "stopping"
  | "stopped"
  | "failed";

/** A child as it stands. */
export interface ChildSnapshot {
  name: string;
  state: ChildState;
  /** Since when, Unix milliseconds. */
  since: number;
  cause?: Cause;
  restarts: number;
  nextAttemptMs?: number;
  /** What the child says of itself: an actor's snapshot, or a supervisor's with its children. */
  actor?: object;
}

/** What happened to a child, anywhere in the tree. */
export interface SupervisorEvent {
  /** Names from the root supervisor to the child. */
  path: string[];
  state: ChildState;
  previous: ChildState;
  cause?: Cause;
  restarts: number;
  nextAttemptMs?: number;
  /** Unix milliseconds. */
  atMs: number;
}

/** What a supervisor knows of one child. */
export class SupervisedChild {
  readonly backoff: Backoff;
  state: ChildState = "waiting";
  since: number;
  cause: Cause | undefined;
  starts = 0;
  nextAttemptMs: number | undefined;
  actor: Child | undefined;
  /** Calls the start off, while one is under way. */
  starting: AbortController | undefined;

  constructor(
    readonly spec: ChildSpec,
    backoff: BackoffOptions,
    private readonly timers: Timers,
    private readonly onChange: (child: SupervisedChild, previous: ChildState) => void,
  ) {
    this.backoff = new Backoff(backoff);
    this.since = timers.now();
  }

  get restarts(): number {
    return Math.max(0, this.starts - 1);
  }

  /** Whether those that depend on it may run. */
  get passes(): boolean {
    if (this.state === "failed") return this.spec.restart === "temporary";
    return this.state === "running" || this.state === "stopped";
  }

  move(state: ChildState, error?: Error, nextAttemptMs?: number): void {
    const previous = this.state;
    this.state = state;
    this.since = this.timers.now();
    this.cause = error && causeOf(error);
    this.nextAttemptMs = nextAttemptMs;
    if (state === "starting") this.starts++;
    this.onChange(this, previous);
  }

  snapshot(): ChildSnapshot {
    const snapshot: ChildSnapshot = {
      name: this.spec.name,
      state: this.state,
      since: this.since,
      restarts: this.restarts,
    };
    if (this.cause) snapshot.cause = this.cause;
    if (this.nextAttemptMs !== undefined) snapshot.nextAttemptMs = this.nextAttemptMs;
    const actor = this.actor?.snapshot?.();
    if (actor) snapshot.actor = actor;
    return snapshot;
  }
}

/** Children that depend on those before them, with one loop that looks after them and this to wake it by. */
export class Group {
  readonly children: SupervisedChild[] = [];
  /** Resolves when every child first runs, has ended or has failed. */
  readonly up = Promise.withResolvers<void>();
  #wake: (() => void) | undefined;

  constructor(private readonly timers: Timers) {}

  /** Ends the wait under way; whoever is not waiting looks at the children anyway before it waits again. */
  wake(): void {
    this.#wake?.();
  }

  /** Waits until woken, or for so long. */
  wait(delayMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = delayMs === undefined ? undefined : this.timers.after(delayMs, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel?.();
        resolve();
      };
    });
  }
}
