import { isDeepStrictEqual } from "node:util";
import { Observable, Subject } from "rxjs";
import type { StopOptions } from "../actors/actor.ts";
import { Kills } from "../actors/kills.ts";
import type { FromStreams, ReplicaStats, StreamExtras, StreamPosition } from "../actors/protocol.ts";
import type { StillAnswer, StillQuestion } from "../actors/stills.ts";
import { type StreamSlot, StreamWorkers } from "../actors/stream_workers.ts";
import { sourceNamed } from "../streams/sources/registry.ts";
import type { ResultEnvelope } from "./core/results.ts";
import type { Sender, SenderEvents } from "./core/services.ts";
import type { StateEvent, StreamRegistration, StreamStatus } from "./core/stream.ts";
import { type Declaration, type DeclaredModel, type ModelLease, ModelPool } from "./model_pool.ts";
import type { EncodedPicture, PictureRequest } from "./core/services.ts";
import { PictureWatches } from "./service/picture_watches.ts";
import { type ReadyStream, readyStream } from "./service/ready_stream.ts";
import { Senders } from "./service/senders.ts";
import { fallen, isOver, revived, untilOver } from "./service/stream_end.ts";
import { type WeirOptions, weirOptions } from "./service/weir_options.ts";
import { Switchboard } from "./switchboard.ts";

export type { WeirOptions };

interface Registered extends ReadyStream {
  extras: StreamExtras;
  slot: StreamSlot;
  /** The change under way; the next one waits. */
  change?: Promise<void>;
  last?: StateEvent;
  /** Where numbering goes on when the stream moves to another worker. */
  from: StreamPosition;
}

const ASK_MS = 10_000;
const OVERSTAY_DEADLINE_MS = 1_000;

/** The composition root: threads, models and streams, wired by hand. */
export class Weir implements AsyncDisposable {
  readonly results$: Observable<ResultEnvelope>;
  readonly states$: Observable<StateEvent>;
  /** What an operator should know and no stream's state says: threads replaced, pictures leaked. */
  readonly warnings$: Observable<string>;
  #warnings = new Subject<string>();
  #results = new Subject<ResultEnvelope>();
  #states = new Subject<StateEvent>();
  #options: Required<WeirOptions>;
  #switchboard: Switchboard;
  #workers: StreamWorkers;
  #models: ModelPool;
  #streams = new Map<string, Registered>();
  #senders = new Senders((id, message, transfer) => this.#streams.get(id)?.slot.actor.tell(message, transfer) ?? false);
  #pictures = new PictureWatches({
    tell: (message) => void this.#streams.get(message.id)?.slot.actor.tell(message),
  });
  #kills = new Kills({
    onLeakBound: () => this.#warnings.next("So many threads were ended by force that the process should be restarted"),
  });
  #closing = false;

  /** Starts the threads that every stream needs. */
  static async start(options: WeirOptions = {}): Promise<Weir> {
    const weir = new Weir(options);
    await weir.#switchboard.start();
    return weir;
  }

  private constructor(options: WeirOptions) {
    this.#options = weirOptions(options);
    this.#switchboard = new Switchboard({
      slots: () => this.#workers.slots,
      models: () => this.#models.all,
      kills: this.#kills,
      warn: (message) => this.#warnings.next(message),
    });
    this.#models = new ModelPool({ ...this.#options, kills: this.#kills, wiring: this.#switchboard });
    this.#workers = new StreamWorkers({
      limit: this.#options.streamWorkers,
      answerTimeoutMs: this.#options.answerTimeoutMs,
      kills: this.#kills,
      dispatcherPort: (worker) => this.#switchboard.streamsPort(worker),
      joined: (slot) => this.#switchboard.streamsJoined(slot),
      hear: (event, slot) => this.#hear(event, slot),
      down: (slot, reason) => this.#slotDown(slot, reason),
    });
    this.results$ = this.#results.asObservable();
    this.states$ = this.#states.asObservable();
    this.warnings$ = this.#warnings.asObservable();
  }

  /**
   * Registers a stream and starts it; its numbers go on after `from`. Rejects when it cannot run whatever its source does:
   * a model, an analyzer, a name.
   */
  async add(
    registration: StreamRegistration,
    extras: StreamExtras = {},
    from: StreamPosition = { epoch: 0, seq: 0 },
  ): Promise<void> {
    const { id } = registration;
    if (this.#streams.has(id)) throw new Error(`There is a stream called ${id} already`);
    const starting = this.#workers.slot(id);
    const preparing = readyStream(registration, this.#models);
    const [ready, slot] = await Promise.all([preparing, starting])
      .catch((error) => {
        void starting.then((slot) => slot.streams.delete(id), () => {});
        void preparing.then(({ models }) => models[Symbol.dispose](), () => {});
        throw error;
      });
    const registered: Registered = { ...ready, extras, slot, from: { ...from } };
    this.#streams.set(id, registered);
    await this.#place(registered).catch((error) => {
      this.#streams.delete(id);
      slot.streams.delete(id);
      ready.models[Symbol.dispose]();
      throw error;
    });
  }

  /**
   * Applies another pipeline, policy or labels to a stream, whose source stays connected. Its models are loaded first;
   * when the new pipeline cannot run it rejects, and nothing has changed.
   */
  async reconfigure(id: string, registration: StreamRegistration): Promise<void> {
    const { source } = this.#stream(id).registration;
    if (registration.id !== id || !isDeepStrictEqual(registration.source, source)) {
      throw new TypeError(`Cannot reconfigure ${id}: with another name or source it is another stream`);
    }
    await this.#reconfigure(id, () => registration);
  }

  /** The stream as it stands. */
  async status(id: string): Promise<StreamStatus> {
    return await this.#stream(id).slot.actor.ask<StreamStatus>({ type: "status", id }, { timeoutMs: ASK_MS });
  }

  /** The names of all streams. */
  list(): string[] {
    return [...this.#streams.keys()];
  }

  /** Resolves when the stream has stopped or failed for good. */
  async done(id: string): Promise<StreamStatus> {
    const { last } = this.#stream(id);
    if (!isOver(last)) await untilOver(id, this.states$);
    return this.status(id);
  }

  /** Ends the stream; frames under way may finish. */
  async stop(id: string): Promise<void> {
    await this.#stream(id).slot.actor.ask({ type: "stop", id }, { timeoutMs: ASK_MS });
  }

  /** Holds back a stream whose source can wait while nobody has room for its results; others are not affected. */
  hold(id: string, held: boolean): void {
    this.#stream(id).slot.actor.tell({ type: "hold", id, held });
  }

  /** Pauses, resumes or reconnects a stream. */
  async control(id: string, type: "pause" | "resume" | "restart"): Promise<void> {
    const registered = this.#stream(id);
    if (type === "restart" && isOver(registered.last) && !this.#workers.slots.includes(registered.slot)) {
      return await this.#revive(registered);
    }
    await registered.slot.actor.ask({ type, id }, { timeoutMs: ASK_MS });
  }

  /** Replaces the thread that hosts a stream; all its streams move to another one. Past the deadline it is killed. */
  async replaceWorker(id: string, options: StopOptions): Promise<void> {
    await this.#stream(id).slot.actor.stop(options);
  }

  /** Becomes the one who sends a stream its frames, in the place of whoever did before. */
  openSender(id: string, on: SenderEvents): Sender {
    const { source } = this.#stream(id).registration;
    if (!sourceNamed(source.kind).pushed) throw new TypeError(`${id} takes no frames: its source is a ${source.kind}`);
    return this.#senders.open(id, on);
  }

  /** Ends the stream and forgets it. */
  async remove(id: string): Promise<void> {
    const registered = this.#stream(id);
    const { slot } = registered;
    await slot.actor.ask({ type: "remove", id }, { timeoutMs: ASK_MS });
    slot.streams.delete(id);
    registered.models[Symbol.dispose]();
    this.#streams.delete(id);
    this.#pictures.remove(id);
    this.#senders.close(id, "The stream is gone");
  }

  /**
   * Hands over pictures of a stream, encoded in its own thread and only while somebody watches, until the watch is
   * disposed. `ended` is called when the stream is removed; it lives through everything else that befalls the stream.
   */
  watch(
    id: string,
    request: PictureRequest & { fps: number },
    next: (picture: EncodedPicture) => void,
    ended?: () => void,
  ): Disposable {
    this.#stream(id);
    return this.#pictures.watch(id, request, { next, ended });
  }

  /** The picture of the stream's next result, however long that takes. */
  async picture(id: string, request: PictureRequest, signal: AbortSignal): Promise<EncodedPicture> {
    this.#stream(id);
    return await this.#pictures.next(id, request, signal);
  }

  /** The latest picture that was encoded for such a request; undefined when there is none. */
  latestPicture(id: string, request: PictureRequest): EncodedPicture | undefined {
    return this.#pictures.latest(id, request);
  }

  /**
   * Keeps these models loaded, whether a stream uses them or not. Streams whose model has changed go over to the new one;
   * their sources stay connected.
   */
  async declareModels(models: readonly DeclaredModel[]): Promise<void> {
    const users = await this.#models.declare(models);
    const streams = users.filter((id) => this.#streams.has(id));
    await Promise.all(streams.map((id) =>
      this.#reconfigure(id, ({ asked }) => asked).catch((error) => {
        this.#warnings.next(`${id} keeps the model that it has: ${(error as Error).message}`);
      })
    ));
  }

  /** Runs one image through a model, in the threads and the queue that streams have. */
  async still(question: StillQuestion, options: { timeoutMs: number; signal: AbortSignal }): Promise<StillAnswer> {
    const slot = await this.#workers.enter();
    try {
      const transfer = [question.image.buffer];
      return await slot.actor.ask<StillAnswer>({ type: "still", question }, { ...options, transfer });
    } finally {
      slot.guests--;
    }
  }

  /** The right to a model; it stays loaded until that is given back. */
  async useModel(user: string, name: string): Promise<ModelLease> {
    return await this.#models.takeLoaded(user, name) ?? await this.#models.take(user, [name]);
  }

  /** What is declared, and why it is not loaded where it is not. */
  get declarations(): readonly Declaration[] {
    return this.#models.declarations;
  }

  /** The loaded models and how their replicas stand. */
  models() {
    return this.#models.models.map((model) => ({ ...model, supervision: model.actor.snapshot() }));
  }

  /** What each replica of a model has done so far. */
  modelStats(name: string): Promise<ReplicaStats[]> {
    return this.#models.stats(name);
  }

  /** How many frames wait for a model's turn, by the model's key. */
  queueDepths(): Promise<Record<string, number>> {
    return this.#switchboard.depths();
  }

  /** What ending threads by force has cost so far. */
  get leaks(): { kills: number; bytes: number; descriptors: number; exhausted: boolean } {
    const { count, leakedBytes, leakedDescriptors, exhausted } = this.#kills;
    return { kills: count, bytes: leakedBytes, descriptors: leakedDescriptors, exhausted };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#switchboard.close();
    // In the order in which frames travel: first the sources run dry, then the models, then who brought them together.
    const deadlineMs = this.#options.drainMs;
    await this.#workers.stop({ deadlineMs });
    await this.#models[Symbol.asyncDispose]();
    await this.#switchboard.stop({ deadlineMs });
    this.#pictures.close();
    this.#senders.closeAll("The server stops");
    this.#results.complete();
    this.#states.complete();
    this.#warnings.complete();
  }

  #stream(id: string): Registered {
    const registered = this.#streams.get(id);
    if (!registered) throw new RangeError(`There is no stream called ${id}`);
    return registered;
  }

  /** One change of a stream after the other; what it is to become is asked when its turn has come. */
  #reconfigure(id: string, next: (registered: Registered) => StreamRegistration): Promise<void> {
    const registered = this.#stream(id);
    const change = async () => {
      const ready = await readyStream(next(registered), this.#models);
      const before = registered.models;
      try {
        const { slot } = registered;
        if (this.#streams.get(id) !== registered) throw new RangeError(`There is no stream called ${id}`);
        // Without a thread, it is on its way to another one and takes this along.
        if (this.#workers.slots.includes(slot)) {
          const { registration, models: { setups: models } } = ready;
          await slot.actor.ask({ type: "reconfigure", id, registration, models }, { timeoutMs: ASK_MS });
        }
        // It may have been removed meanwhile, and its models with it.
        if (this.#streams.get(id) !== registered) return ready.models[Symbol.dispose]();
      } catch (error) {
        ready.models[Symbol.dispose]();
        throw error;
      }
      Object.assign(registered, ready);
      before[Symbol.dispose]();
    };
    return registered.change = (registered.change ?? Promise.resolve()).then(change, change);
  }

  #hear(event: FromStreams, slot: StreamSlot): void {
    // A worker that is being replaced may still speak of streams that have moved on, or failed with it.
    if (!this.#closing && !this.#workers.slots.includes(slot)) return;
    switch (event.type) {
      case "state":
        return this.#changed(event);
      case "result": {
        const registered = this.#streams.get(event.stream);
        if (registered) registered.from.seq = event.seq;
        return this.#results.next(event);
      }
      case "picture":
        return this.#pictures.hear(event.picture);
      case "credit":
      case "refused":
        return this.#senders.hear(event);
      case "leak":
        return this.#warnings.next(`Nobody let go of ${event.what}; its memory is taken back`);
      case "overdue": {
        const model = this.#models.replace(event.model, event.replica);
        return this.#warnings.next(`A replica of ${model} gave no answer in time and is replaced`);
      }
      case "overstay":
        this.#warnings.next(`The source of ${event.stream} hangs; its thread is replaced`);
        return void slot.actor.stop({ deadlineMs: OVERSTAY_DEADLINE_MS });
    }
  }

  #changed(event: StateEvent): void {
    const registered = this.#streams.get(event.stream);
    if (registered) {
      registered.last = event;
      registered.from.epoch = Math.max(registered.from.epoch, event.epoch);
    }
    this.#states.next(event);
  }

  /** A stream worker is gone: the others hear of it, and its streams move to another one. */
  #slotDown(slot: StreamSlot, reason: string): void {
    if (this.#closing) return;
    this.#warnings.next(`A thread with ${slot.streams.size} streams is gone: ${reason}`);
    this.#switchboard.streamsGone(slot.id);
    for (const id of slot.streams) {
      const registered = this.#streams.get(id);
      if (!registered || isOver(registered.last)) continue;
      // A file that began anew would tell everything twice.
      const { source } = registered.registration;
      if (sourceNamed(source.kind).ends) this.#fail(registered, `The stream's worker went down: ${reason}`);
      else void this.#move(registered);
    }
  }

  /** Puts a stream whose worker is gone into another one; its numbers go on where they were. */
  async #move(registered: Registered): Promise<void> {
    try {
      registered.slot = await this.#workers.slot(registered.registration.id);
      await this.#place(registered);
    } catch (error) {
      this.#fail(registered, error instanceof Error ? error.message : String(error));
    }
  }

  /** Starts a stream anew that went down with its thread, in another one. */
  async #revive(registered: Registered): Promise<void> {
    const { registration: { id }, last, from: { epoch } } = registered;
    this.#changed(revived(id, last!, epoch));
    await this.#move(registered);
  }

  #fail({ registration: { id }, last }: Registered, message: string): void {
    this.#changed(fallen(id, last, message));
  }

  #place({ registration, models: { setups: models }, extras, slot, from }: Registered): Promise<void> {
    const added = slot.actor.ask<void>({ type: "add", registration, models, extras, from }, { timeoutMs: ASK_MS });
    this.#pictures.moved(registration.id);
    this.#senders.moved(registration.id);
    return added;
  }
}
