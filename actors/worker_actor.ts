import type { Observable } from "rxjs";
import {
  type Actor,
  type ActorExit,
  type ActorSnapshot,
  type ActorState,
  type AskOptions,
  Lifecycle,
  type StopOptions,
} from "./actor.ts";
import { ActorError, asError, RemoteError } from "./actor_error.ts";
import { Asks } from "./asks.ts";
import type { Kills } from "./kills.ts";
import { Outlet } from "./outlet.ts";
import { MAX_DELAY_MS } from "./timers.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";

/** How a worker's actor is started. */
export interface SpawnOptions {
  name: string;
  /** The worker's file, which calls `hostActor`. */
  url: URL;
  /** Given to the actor's `start`. */
  init: unknown;
  transfer?: Transferable[];
  /** What its thread may do; default what this one may. */
  permissions?: Deno.PermissionOptionsObject;
  startTimeoutMs: number;
  /** Ends the start, and only the start. */
  signal?: AbortSignal;
  /** Questions that may be open at once; more are refused. Default 1024. */
  capacity?: number;
  /** How long a failed actor may take to close its natives before it is terminated all the same. Default 1000. */
  closeTimeoutMs?: number;
  /** Where terminations of a worker that had not closed its natives are counted. */
  kills?: Kills;
}

/** Starts an actor in a worker of its own; rejects when it cannot start, and then nothing of it is left. */
export async function spawnWorker<In, Out>(options: SpawnOptions): Promise<Actor<In, Out>> {
  options.signal?.throwIfAborted();
  const actor = new WorkerActor<In, Out>(options);
  await actor.started;
  return actor;
}

class WorkerActor<In, Out> implements Actor<In, Out> {
  readonly name: string;
  readonly events$: Observable<Out>;
  readonly exited: Promise<ActorExit>;
  readonly started: Promise<void>;
  #worker: Worker;
  #life = new Lifecycle();
  #outlet = new Outlet<Out>();
  #asks: Asks;
  #kills: Kills | undefined;
  #closeTimeoutMs: number;
  #starting = Promise.withResolvers<void>();
  #untilReady: (() => void) | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;
  /** Set by the first thing that ends it. */
  #exit: ActorExit | undefined;
  #terminated = false;

  constructor(options: SpawnOptions) {
    this.name = options.name;
    this.events$ = this.#outlet.events$;
    this.exited = this.#life.exited;
    this.started = this.#starting.promise;
    this.#kills = options.kills;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 1000;
    this.#worker = new Worker(options.url, {
      type: "module",
      name: options.name,
      ...(options.permissions && { deno: { permissions: options.permissions } }),
    });
    this.#asks = new Asks(options.name, options.capacity ?? 1024, (id) => this.#post(["drop", id]));
    this.#worker.onmessage = (event: MessageEvent<FromWorker<Out>>) => this.#receive(event.data);
    this.#worker.onmessageerror = () =>
      this.#fail(new Error(`Cannot read a message of ${this.name}: it did not survive the way`));
    this.#worker.onerror = (event) => {
      // Without this the death of a worker is the death of the process.
      event.preventDefault();
      // What reaches this place was not caught inside: either the file did not load, and then it holds nothing, or
      // the thread is past closing anything.
      const loaded = this.#life.state !== "starting";
      this.#fail(new ActorError("down", `Cannot ${loaded ? "go on with" : "start"} ${this.name}: ${event.message}`));
      this.#terminate(loaded);
    };
    try {
      this.#post(["init", options.name, options.init], options.transfer);
    } catch (thrown) {
      this.#worker.terminate();
      throw thrown;
    }
    this.#awaitReady(options);
  }

  get state(): ActorState {
    return this.#life.state;
  }

  tell(message: In, transfer?: Transferable[]): boolean {
    if (this.#exit) {
      this.#dropped++;
      return false;
    }
    this.#post(["tell", message], transfer);
    return true;
  }

  ask<R>(message: In, options: AskOptions): Promise<R> {
    if (this.#exit) return Promise.reject(this.#down());
    return this.#asks.open<R>(options, (id) => this.#post(["ask", id, message], options.transfer));
  }

  link(listener: (exit: ActorExit) => void): () => void {
    return this.#life.link(listener);
  }

  stop(options: StopOptions): Promise<ActorExit> {
    if (!this.#exit) {
      this.#end("stopping", { how: "stopped" });
      this.#post(["close"]);
    }
    if (!this.#terminated) this.#terminateIn(options.deadlineMs);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ deadlineMs: 5000 });
  }

  snapshot(): ActorSnapshot {
    const { state, since, cause } = this.#life;
    const dropped = this.#dropped + this.#asks.refused + this.#outlet.dropped;
    const mailbox = { depth: this.#asks.depth, capacity: this.#asks.capacity, dropped };
    return { name: this.name, state, since, mailbox, ...(cause && { cause }) };
  }

  #post(message: ToWorker<In>, transfer?: Transferable[]): void {
    if (this.#terminated) return;
    if (transfer) this.#worker.postMessage(message, transfer);
    else this.#worker.postMessage(message);
  }

  #receive(message: FromWorker<Out>): void {
    switch (message[0]) {
      case "emit":
        return this.#outlet.emit(message[1]);
      case "answer":
        return this.#asks.resolve(message[1], message[2]);
      case "refusal":
        return this.#asks.reject(message[1], new RemoteError(message[2]));
      case "dropped":
        this.#dropped++;
        return;
      case "ready":
        if (this.#exit) return;
        this.#untilReady?.();
        this.#life.move("running");
        return this.#starting.resolve();
      case "failed":
        return this.#fail(new RemoteError(message[1]));
      case "closed":
        if (message[1] && this.#exit?.how === "stopped") {
          this.#exit = { how: "failed", error: new RemoteError(message[1]) };
        }
        // A close that threw may have left natives open.
        return this.#terminate(message[1] !== undefined);
    }
  }

  #awaitReady(options: SpawnOptions): void {
    const timer = setTimeout(() => {
      const error = `Cannot start ${this.name}: it was not ready in ${options.startTimeoutMs} ms`;
      this.#fail(new ActorError("timeout", error));
    }, Math.min(options.startTimeoutMs, MAX_DELAY_MS));
    const abort = () => this.#fail(asError(options.signal!.reason));
    options.signal?.addEventListener("abort", abort);
    this.#untilReady = () => {
      this.#untilReady = undefined;
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    };
  }

  /** The first fatal error wins. */
  #fail(error: Error): void {
    if (this.#terminated || this.#exit?.how === "failed") return;
    this.#end("failed", { how: "failed", error });
    this.#post(["close"]);
    this.#terminateIn(this.#closeTimeoutMs);
  }

  /** Rejects what is pending, then tells the dependants; the announcement follows when the thread is gone. */
  #end(state: "stopping" | "failed", exit: ActorExit): void {
    this.#exit = exit;
    this.#untilReady?.();
    this.#life.move(state, exit.how === "stopped" ? undefined : exit.error);
    this.#asks.rejectAll(this.#down());
    this.#life.tellLinks(exit);
  }

  #down(): ActorError {
    const exit = this.#exit!;
    if (exit.how === "stopped") return new ActorError("down", `Cannot ask ${this.name}: it stops`);
    return new ActorError("down", `Cannot ask ${this.name}: ${exit.error.message}`, { cause: exit.error });
  }

  #terminateIn(deadlineMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      if (this.#exit?.how === "stopped") {
        const error = new ActorError("killed", `Cannot stop ${this.name}: it had not closed after ${deadlineMs} ms`);
        this.#exit = { how: "killed", error };
      }
      this.#terminate(true);
    }, Math.min(deadlineMs, MAX_DELAY_MS));
  }

  #terminate(leaks: boolean): void {
    if (this.#terminated) return;
    this.#terminated = true;
    clearTimeout(this.#deadline);
    this.#worker.terminate();
    if (leaks) this.#kills?.add();
    const exit = this.#exit!;
    if (exit.how === "failed") this.#life.move("failed", exit.error);
    else this.#life.move("stopped", exit.how === "killed" ? exit.error : undefined);
    this.#outlet.close();
    this.#life.announce(exit);
    if (exit.how === "stopped") {
      this.#starting.reject(new ActorError("down", `Cannot start ${this.name}: it was stopped`));
    } else this.#starting.reject(exit.error);
  }
}
