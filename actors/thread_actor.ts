import type { Observable } from "rxjs";
import {
  type Actor,
  type ActorCode,
  type ActorContext,
  type ActorExit,
  type ActorSnapshot,
  type ActorState,
  type AskOptions,
  Lifecycle,
  Moved,
  type StopOptions,
} from "./actor.ts";
import { ActorError, asError } from "./actor_error.ts";
import { Asks } from "./asks.ts";
import { Mailbox, type MailboxPolicy } from "./mailbox.ts";
import { Outlet } from "./outlet.ts";
import { MAX_DELAY_MS } from "./timers.ts";

/** How an actor in this thread is started. */
export interface ThreadOptions<Init, In, Out> {
  name: string;
  code: ActorCode<Init, In, Out>;
  init: Init;
  mailbox: { capacity: number; policy: Exclude<MailboxPolicy, "block"> };
  /** Ends the start, and only the start. */
  signal?: AbortSignal;
  /** How long a failed actor may take to close before it is given up all the same. Default 1000. */
  closeTimeoutMs?: number;
}

interface Letter<In> {
  message: In;
  /** The question's number; a mere message has none. */
  id?: number;
}

/** Starts an actor in this thread: a mailbox and a handler that takes one message after the other. */
export async function spawnThread<Init, In, Out>(options: ThreadOptions<Init, In, Out>): Promise<Actor<In, Out>> {
  options.signal?.throwIfAborted();
  const actor = new ThreadActor(options);
  await actor.start(options.init, options.signal);
  return actor;
}

class ThreadActor<Init, In, Out> implements Actor<In, Out> {
  readonly name: string;
  readonly events$: Observable<Out>;
  readonly exited: Promise<ActorExit>;
  #code: ActorCode<Init, In, Out>;
  #context: ActorContext<Out>;
  #life = new Lifecycle();
  #outlet = new Outlet<Out>();
  #mailbox: Mailbox<Letter<In>>;
  #asks: Asks;
  #handling = new Map<number, AbortController>();
  #abort = new AbortController();
  #exit: ActorExit | undefined;
  #closing: Promise<void> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #announced = false;
  #closeTimeoutMs: number;

  constructor(options: ThreadOptions<Init, In, Out>) {
    this.name = options.name;
    this.events$ = this.#outlet.events$;
    this.exited = this.#life.exited;
    this.#code = options.code;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 1000;
    const { capacity, policy } = options.mailbox;
    this.#mailbox = new Mailbox<Letter<In>>({
      capacity,
      policy,
      onDrop: ({ id }) => {
        if (id === undefined) return;
        this.#asks.reject(id, new ActorError("overflow", `Cannot ask ${this.name}: its mailbox is full`));
      },
    });
    this.#asks = new Asks(
      this.name,
      // The question being handled is open without being in the mailbox.
      capacity + 1,
      (id) => this.#handling.get(id)?.abort(new DOMException("The asker gave up", "AbortError")),
    );
    this.#context = {
      name: this.name,
      signal: this.#abort.signal,
      emit: (event) => this.#outlet.emit(event),
    };
  }

  get state(): ActorState {
    return this.#life.state;
  }

  async start(init: Init, signal?: AbortSignal): Promise<void> {
    const abort = () => this.#fail(asError(signal!.reason));
    signal?.addEventListener("abort", abort);
    try {
      // A start that hears no abort must not hold up whoever waits for it.
      await Promise.race([this.#code.start(init, this.#context), this.exited]);
    } catch (thrown) {
      this.#fail(asError(thrown));
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    if (this.#exit) {
      const exit = await this.exited;
      throw exit.how === "stopped" ? new ActorError("down", `Cannot start ${this.name}: it was stopped`) : exit.error;
    }
    this.#life.move("running");
    void this.#run();
  }

  tell(message: In, _transfer?: Transferable[]): boolean {
    return this.#mailbox.push({ message }) as boolean;
  }

  ask<R>(message: In, options: AskOptions): Promise<R> {
    if (this.#exit) return Promise.reject(this.#down());
    return this.#asks.open<R>(options, (id) => void this.#mailbox.push({ message, id }));
  }

  link(listener: (exit: ActorExit) => void): () => void {
    return this.#life.link(listener);
  }

  stop(options: StopOptions): Promise<ActorExit> {
    if (!this.#exit) this.#end("stopping", { how: "stopped" });
    this.#announceIn(options.deadlineMs);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ deadlineMs: 5000 });
  }

  snapshot(): ActorSnapshot {
    const { state, since, cause } = this.#life;
    const { depth, capacity, dropped } = this.#mailbox;
    return { name: this.name, state, since, mailbox: { depth, capacity, dropped }, ...(cause && { cause }) };
  }

  async #run(): Promise<void> {
    for await (const { message, id } of this.#mailbox) {
      if (this.#exit) return;
      if (id === undefined) {
        try {
          await this.#code.handle(message, this.#context);
        } catch (thrown) {
          return this.#fail(asError(thrown));
        }
      } else if (this.#asks.has(id)) {
        await this.#answer(id, message);
      }
    }
  }

  async #answer(id: number, message: In): Promise<void> {
    const controller = new AbortController();
    this.#handling.set(id, controller);
    try {
      const value = await this.#code.handle(message, { ...this.#context, signal: controller.signal });
      this.#asks.resolve(id, value instanceof Moved ? value.value : value);
    } catch (thrown) {
      this.#asks.reject(id, thrown);
    } finally {
      this.#handling.delete(id);
    }
  }

  #fail(error: Error): void {
    if (this.#exit) return;
    this.#end("failed", { how: "failed", error });
    this.#announceIn(this.#closeTimeoutMs);
  }

  #end(state: "stopping" | "failed", exit: ActorExit): void {
    this.#exit = exit;
    this.#life.move(state, exit.how === "stopped" ? undefined : exit.error);
    this.#asks.rejectAll(this.#down());
    this.#mailbox[Symbol.dispose]();
    this.#life.tellLinks(exit);
    this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const reason = new DOMException("The actor stops", "AbortError");
    this.#abort.abort(reason);
    for (const controller of this.#handling.values()) controller.abort(reason);
    try {
      await this.#code.close();
    } catch (thrown) {
      if (this.#exit?.how === "stopped") this.#exit = { how: "failed", error: asError(thrown) };
    }
    this.#announce();
  }

  #down(): ActorError {
    const exit = this.#exit!;
    if (exit.how === "stopped") return new ActorError("down", `Cannot ask ${this.name}: it stops`);
    return new ActorError("down", `Cannot ask ${this.name}: ${exit.error.message}`, { cause: exit.error });
  }

  #announceIn(deadlineMs: number): void {
    if (this.#announced) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      const message = `Cannot stop ${this.name}: it had not closed after ${deadlineMs} ms`;
      if (this.#exit?.how === "stopped") this.#exit = { how: "killed", error: new ActorError("killed", message) };
      this.#announce();
    }, Math.min(deadlineMs, MAX_DELAY_MS));
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    clearTimeout(this.#deadline);
    const exit = this.#exit!;
    if (exit.how === "failed") this.#life.move("failed", exit.error);
    else this.#life.move("stopped", exit.how === "killed" ? exit.error : undefined);
    this.#outlet.close();
    this.#life.announce(exit);
  }
}
