import { type ActorCode, type ActorContext, Moved } from "./actor.ts";
import { ActorError, toErrorData } from "./actor_error.ts";
import type { FromWorker, ToWorker } from "./worker_protocol.ts";

declare const self: DedicatedWorkerGlobalScope & { close: () => void };

interface DedicatedWorkerGlobalScope extends EventTarget {
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

/** How a worker runs its actor. */
export interface HostOptions {
  /** Handle one message after the other; otherwise a slow answer holds nothing up. */
  serial?: boolean;
  /** Messages that may wait for their turn when `serial`; newcomers past it are dropped and counted. Default 1024. */
  capacity?: number;
}

/** Runs an actor's code in this worker; the other end is `spawnWorker`. Called once, at the top of the worker's file. */
export function hostActor<Init, In, Out>(code: ActorCode<Init, In, Out>, options: HostOptions = {}): void {
  const life = new AbortController();
  const asks = new Map<number, AbortController>();
  let context: ActorContext<Out>;
  let closing: Promise<void> | undefined;
  const capacity = options.capacity ?? 1024;
  let turn: Promise<void> = Promise.resolve();
  let waiting = 0;

  const post = (message: FromWorker<Out>, transfer?: Transferable[]) => self.postMessage(message, transfer);

  const close = (): Promise<void> =>
    closing ??= (async () => {
      life.abort(new DOMException("The actor stops", "AbortError"));
      for (const ask of asks.values()) ask.abort(life.signal.reason);
      try {
        await code.close();
        post(["closed"]);
      } catch (thrown) {
        post(["closed", toErrorData(thrown)]);
      }
    })();

  const fail = (thrown: unknown) => {
    // The first fatal error is the true one; what follows it while closing is its echo.
    if (closing) return;
    post(["failed", toErrorData(thrown)]);
    void close();
  };

  const start = async (name: string, init: Init) => {
    context = {
      name,
      signal: life.signal,
      emit: (event, transfer) => post(["emit", event], transfer),
    };
    try {
      await code.start(init, context);
      if (!closing) post(["ready"]);
    } catch (thrown) {
      fail(thrown);
    }
  };

  const tell = (message: In): Promise<void> | undefined => {
    try {
      const result = code.handle(message, context);
      if (result instanceof Promise) return result.then(() => {}, fail);
    } catch (thrown) {
      fail(thrown);
    }
  };

  const ask = async (id: number, message: In) => {
    const controller = asks.get(id)!;
    try {
      controller.signal.throwIfAborted();
      const value = await code.handle(message, { ...context, signal: controller.signal });
      if (value instanceof Moved) post(["answer", id, value.value], value.transfer);
      else post(["answer", id, value]);
    } catch (thrown) {
      post(["refusal", id, toErrorData(thrown)]);
    } finally {
      asks.delete(id);
    }
  };

  const inTurn = (work: () => Promise<void> | undefined) => {
    waiting++;
    turn = turn.then(() => {
      waiting--;
      return closing ? undefined : work();
    });
  };

  self.addEventListener("message", (event) => {
    const message = (event as MessageEvent<ToWorker<In>>).data;
    switch (message[0]) {
      case "tell":
        if (closing) return;
        if (!options.serial) void tell(message[1]);
        else if (waiting >= capacity) post(["dropped"]);
        else inTurn(() => tell(message[1]));
        return;
      case "ask": {
        const [, id, question] = message;
        if (closing) return;
        if (options.serial && waiting >= capacity) {
          const error = new ActorError("overflow", `Cannot ask: ${waiting} messages wait already`);
          return post(["refusal", id, toErrorData(error)]);
        }
        asks.set(id, new AbortController());
        if (options.serial) inTurn(() => ask(id, question));
        else void ask(id, question);
        return;
      }
      case "drop":
        asks.get(message[1])?.abort(new DOMException("The asker gave up", "AbortError"));
        return;
      case "init":
        void start(message[1], message[2] as Init);
        return;
      case "close":
        void close();
        return;
    }
  });
  self.addEventListener("messageerror", () => fail(new Error("Cannot read a message: it did not survive the way")));
  self.addEventListener("error", (event) => {
    event.preventDefault();
    const { error, message } = event as ErrorEvent;
    fail(error ?? new Error(message));
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail((event as PromiseRejectionEvent).reason);
  });
  // A worker that leaves by itself tells its parent nothing, which would wait for ever.
  const leave = (how: string) => () => fail(new Error(`Cannot go on: the worker called ${how}`));
  self.close = leave("close()");
  Deno.exit = leave("Deno.exit()") as typeof Deno.exit;
}
