import { isDeepStrictEqual } from "node:util";
import type { StopOptions } from "../../actors/actor.ts";
import type { StreamExtras, StreamPosition, ToStreams } from "../../actors/protocol.ts";
import type { StreamSlot, StreamWorkers } from "../../actors/stream_workers.ts";
import { sourceNamed } from "../../streams/sources/registry.ts";
import type { ResultEnvelope } from "../core/results.ts";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import type { ModelPool } from "../model_pool.ts";
import { type ReadyStream, readyStream } from "./ready_stream.ts";
import { fallen, isOver, revived } from "./stream_end.ts";

/** What streams stand on, and who hears of them. */
export interface HostedStreamsOptions {
  workers: Pick<StreamWorkers, "slot" | "slots">;
  models: ModelPool;
  /** A stream is in another state. */
  changed(event: StateEvent): void;
  /** A thread was told to do something with a stream: what was read of it before is true no more. */
  commanded(id: string): void;
  /** A stream is in a thread that knows nothing of it yet. */
  placed(id: string): void;
}

interface Hosted extends ReadyStream {
  extras: StreamExtras;
  slot: StreamSlot;
  /** The change under way; the next one waits. */
  change?: Promise<void>;
  last?: StateEvent;
  /** Where numbering goes on when the stream moves to another worker. */
  from: StreamPosition;
}

const ASK_MS = 10_000;

/** The streams, each in the thread that hosts it; when that goes, they move to another one. */
export class HostedStreams {
  #hosted = new Map<string, Hosted>();

  constructor(private readonly options: HostedStreamsOptions) {}

  /** The names of all streams. */
  get ids(): string[] {
    return [...this.#hosted.keys()];
  }

  has(id: string): boolean {
    return this.#hosted.has(id);
  }

  /** The thread that hosts a stream, or did last. */
  slotOf(id: string): StreamSlot | undefined {
    return this.#hosted.get(id)?.slot;
  }

  /** The latest change of a stream's state. */
  lastOf(id: string): StateEvent | undefined {
    return this.#hosted.get(id)?.last;
  }

  /** The stream as it is registered, its models by their own names. Throws when there is none. */
  registrationOf(id: string): StreamRegistration {
    return this.#get(id).registration;
  }

  /** Hands a message over to the thread of a stream and answers whether it went. */
  tell(id: string, message: ToStreams, transfer?: Transferable[]): boolean {
    return this.#hosted.get(id)?.slot.actor.tell(message, transfer) ?? false;
  }

  /** Takes a stream on. Rejects when it cannot run whatever its source does: a model, an analyzer, a name. */
  async add(registration: StreamRegistration, extras: StreamExtras, from: StreamPosition): Promise<void> {
    const { id } = registration;
    const { workers, models } = this.options;
    if (this.#hosted.has(id)) throw new Error(`There is a stream called ${id} already`);
    const starting = workers.slot(id);
    const preparing = readyStream(registration, models);
    const [ready, slot] = await Promise.all([preparing, starting])
      .catch((error) => {
        void starting.then((slot) => slot.streams.delete(id), () => {});
        void preparing.then(({ models }) => models[Symbol.dispose](), () => {});
        throw error;
      });
    const hosted: Hosted = { ...ready, extras, slot, from: { ...from } };
    this.#hosted.set(id, hosted);
    await this.#place(hosted).catch((error) => {
      this.#hosted.delete(id);
      slot.streams.delete(id);
      ready.models[Symbol.dispose]();
      throw error;
    });
  }

  /** Applies another pipeline, policy or labels. When the new pipeline cannot run it rejects, and nothing has changed. */
  async reconfigure(id: string, registration: StreamRegistration): Promise<void> {
    const { source } = this.#get(id).registration;
    if (registration.id !== id || !isDeepStrictEqual(registration.source, source)) {
      throw new TypeError(`Cannot reconfigure ${id}: with another name or source it is another stream`);
    }
    await this.#change(id, () => registration);
  }

  /** Looks a stream's models up again, by the names under which they were asked for. */
  async renew(id: string): Promise<void> {
    await this.#change(id, ({ asked }) => asked);
  }

  /** Has a stream's thread do something with it. */
  async command(id: string, type: "pause" | "resume" | "restart" | "stop"): Promise<void> {
    const hosted = this.#get(id);
    const lost = !this.options.workers.slots.includes(hosted.slot);
    if (type === "restart" && isOver(hosted.last) && lost) return await this.#revive(hosted);
    await this.#command(hosted, { type, id });
  }

  /** Has a step's analyzer do something that it knows by this name. */
  async order(id: string, step: string, order: string): Promise<void> {
    await this.#get(id).slot.actor.ask({ type: "order", id, step, order }, { timeoutMs: ASK_MS });
  }

  /** Replaces the thread that hosts a stream; all its streams move to another one. Past the deadline it is killed. */
  async replaceWorker(id: string, options: StopOptions): Promise<void> {
    await this.#get(id).slot.actor.stop(options);
  }

  /** Ends a stream and forgets it. */
  async remove(id: string): Promise<void> {
    const hosted = this.#get(id);
    const { slot, models } = hosted;
    await this.#command(hosted, { type: "remove", id });
    slot.streams.delete(id);
    models[Symbol.dispose]();
    this.#hosted.delete(id);
  }

  /** A thread says that a stream is in another state. */
  moved(event: StateEvent): void {
    const hosted = this.#hosted.get(event.stream);
    if (hosted) {
      hosted.last = event;
      hosted.from.epoch = Math.max(hosted.from.epoch, event.epoch);
    }
    this.options.changed(event);
  }

  /** A stream has come so far. */
  reached({ stream, seq }: ResultEnvelope): void {
    const hosted = this.#hosted.get(stream);
    if (hosted) hosted.from.seq = seq;
  }

  /** A thread is gone: what it hosted moves to another one. */
  slotDown({ streams }: StreamSlot, reason: string): void {
    for (const id of streams) {
      const hosted = this.#hosted.get(id);
      if (!hosted || isOver(hosted.last)) continue;
      // A file that began anew would tell everything twice.
      const { source } = hosted.registration;
      if (sourceNamed(source.kind).ends) this.#fail(hosted, `The stream's worker went down: ${reason}`);
      else void this.#move(hosted);
    }
  }

  #get(id: string): Hosted {
    const hosted = this.#hosted.get(id);
    if (!hosted) throw new RangeError(`There is no stream called ${id}`);
    return hosted;
  }

  /** One change of a stream after the other; what it is to become is asked when its turn has come. */
  #change(id: string, next: (hosted: Hosted) => StreamRegistration): Promise<void> {
    const hosted = this.#get(id);
    const change = async () => {
      const ready = await readyStream(next(hosted), this.options.models);
      const before = hosted.models;
      try {
        if (this.#hosted.get(id) !== hosted) throw new RangeError(`There is no stream called ${id}`);
        // Without a thread, it is on its way to another one and takes this along.
        if (this.options.workers.slots.includes(hosted.slot)) {
          const { registration, models: { setups: models } } = ready;
          await this.#command(hosted, { type: "reconfigure", id, registration, models });
        }
        // It may have been removed meanwhile, and its models with it.
        if (this.#hosted.get(id) !== hosted) return ready.models[Symbol.dispose]();
      } catch (error) {
        ready.models[Symbol.dispose]();
        throw error;
      }
      Object.assign(hosted, ready);
      before[Symbol.dispose]();
    };
    return hosted.change = (hosted.change ?? Promise.resolve()).then(change, change);
  }

  /** Puts a stream whose worker is gone into another one; its numbers go on where they were. */
  async #move(hosted: Hosted): Promise<void> {
    try {
      hosted.slot = await this.options.workers.slot(hosted.registration.id);
      await this.#place(hosted);
    } catch (error) {
      this.#fail(hosted, error instanceof Error ? error.message : String(error));
    }
  }

  /** Starts a stream anew that went down with its thread, in another one. */
  async #revive(hosted: Hosted): Promise<void> {
    const { registration: { id }, last, from: { epoch } } = hosted;
    this.moved(revived(id, last!, epoch));
    await this.#move(hosted);
  }

  #fail({ registration: { id }, last }: Hosted, message: string): void {
    this.moved(fallen(id, last, message));
  }

  #place(hosted: Hosted): Promise<void> {
    const { registration, models: { setups: models }, extras, from } = hosted;
    const added = this.#command(hosted, { type: "add", registration, models, extras, from });
    this.options.placed(registration.id);
    return added;
  }

  async #command({ slot, registration: { id } }: Hosted, message: ToStreams): Promise<void> {
    try {
      await slot.actor.ask(message, { timeoutMs: ASK_MS });
    } finally {
      this.options.commanded(id);
    }
  }
}
