import type { Observable } from "rxjs";
import { nowMs } from "../src/core/clock.ts";
import { type Cause, causeOf } from "./actor_error.ts";

/** What an actor can be doing. */
export type ActorState = "starting" | "running" | "stopping" | "stopped" | "failed";

/** How an actor ended. */
export type ActorExit =
  | { how: "stopped" }
  | { how: "failed"; error: Error }
  /** It overstayed its deadline and was cut off. */
  | { how: "killed"; error: Error };

/** How long an actor may take to stop before it is killed. */
export interface StopOptions {
  deadlineMs: number;
}

/** How a question is asked. */
export interface AskOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  transfer?: Transferable[];
}

/** An actor as it stands. */
export interface ActorSnapshot {
  name: string;
  state: ActorState;
  /** Since when, Unix milliseconds. */
  since: number;
  mailbox: { depth: number; capacity: number; dropped: number };
  cause?: Cause;
}

/** Something with a life of its own that a supervisor can watch and stop. */
export interface Child {
  /** Resolves, never rejects, when it has ended and holds nothing any more. */
  readonly exited: Promise<ActorExit>;
  /** Asks it to stop; resolves when it has. Idempotent. */
  stop(options: StopOptions): Promise<ActorExit>;
  /** How it stands, for the supervision tree. */
  snapshot?(): object;
}

/** Something that runs on its own, in this thread or another, and is spoken to by messages. */
export interface Actor<In, Out> extends Child, AsyncDisposable {
  readonly name: string;
  readonly state: ActorState;
  /** Hands a message over and answers whether it went; when not, what was to be transferred is still the caller's. */
  tell(message: In, transfer?: Transferable[]): boolean;
  /** Hands a message over and waits for the answer. */
  ask<R>(message: In, options: AskOptions): Promise<R>;
  /** What it emits; completes when it ends. Events before the first subscription are held, up to a bound. */
  readonly events$: Observable<Out>;
  /**
   * Calls the listener once when the actor goes down, before `exited` resolves, or right away when it is down already;
   * answers how to take it back.
   */
  link(listener: (exit: ActorExit) => void): () => void;
  snapshot(): ActorSnapshot;
}

/** What a running actor's code can do besides answering. */
export interface ActorContext<Out> {
  readonly name: string;
  /** Aborts when the actor is to stop; in the handling of a question also when the asker gave up. */
  readonly signal: AbortSignal;
  emit(event: Out, transfer?: Transferable[]): void;
}

/** An actor's code: the same for a thread of its own and for this one. */
export interface ActorCode<Init, In, Out> {
  /** Gets ready; a throw means that the actor never ran. */
  start(init: Init, context: ActorContext<Out>): Promise<void> | void;
  /**
   * Answers a question or takes a message. A throw answers a question with the error, but ends the actor for a mere
   * message: nobody else would ever know of it.
   */
  handle(message: In, context: ActorContext<Out>): unknown;
  /** Releases what it holds. Called once, also after a failure or while `start` is still at it. */
  close(): Promise<void> | void;
}

/** An answer some of whose parts are moved rather than copied. */
export class Moved<T> {
  constructor(readonly value: T, readonly transfer: Transferable[]) {}
}

/** State, cause and end of one actor; every implementation of {@link Actor} keeps one. */
export class Lifecycle {
  readonly exited: Promise<ActorExit>;
  #state: ActorState = "starting";
  #since = nowMs();
  #cause: Cause | undefined;
  #links = new Set<(exit: ActorExit) => void>();
  #told: ActorExit | undefined;
  #resolve: (exit: ActorExit) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<ActorExit>();
    this.exited = promise;
    this.#resolve = resolve;
  }

  get state(): ActorState {
    return this.#state;
  }

  get since(): number {
    return this.#since;
  }

  get cause(): Cause | undefined {
    return this.#cause;
  }

  /** Enters a state, for a reason where there is one. */
  move(state: ActorState, error?: Error): void {
    this.#state = state;
    this.#since = nowMs();
    this.#cause = error && causeOf(error);
  }

  link(listener: (exit: ActorExit) => void): () => void {
    this.#links.add(listener);
    // An actor can be down before the one who started it had its turn.
    if (this.#told) queueMicrotask(() => this.#tell(this.#told!));
    return () => this.#links.delete(listener);
  }

  /** Tells the dependants, once. */
  tellLinks(exit: ActorExit): void {
    this.#told ??= exit;
    this.#tell(exit);
  }

  #tell(exit: ActorExit): void {
    const links = [...this.#links];
    this.#links.clear();
    for (const link of links) {
      try {
        link(exit);
      } catch (thrown) {
        // The others must hear of it, and the thread must end, whatever this one does.
        reportError(thrown);
      }
    }
  }

  /** Announces the end. */
  announce(exit: ActorExit): void {
    this.#resolve(exit);
  }
}
