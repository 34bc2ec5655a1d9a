import { Observable } from "rxjs/internal/Observable";
import { Subject } from "rxjs/internal/Subject";
import type { StopOptions } from "../actors/actor.ts";
import { Kills } from "../actors/kills.ts";
import { promptThread } from "../actors/prompt_thread.ts";
import type { FromStreams, ReplicaStats, StreamExtras, StreamPosition } from "../actors/protocol.ts";
import { type StreamSlot, StreamWorkers } from "../actors/stream_workers.ts";
import { sourceNamed } from "../streams/sources/registry.ts";
import type { CapturedClip, CapturedFrame } from "./core/captures.ts";
import type { AlertEvent } from "./core/events.ts";
import type { TrialReading } from "../streams/trial_book.ts";
import type { ResultEnvelope } from "./core/results.ts";
import type { Sender, SenderEvents } from "./core/services.ts";
import type { StateEvent, StreamRegistration, StreamStatus } from "./core/stream.ts";
import { type Declaration, type DeclaredModel, type ModelLease, ModelPool } from "./model_pool.ts";
import { Guests } from "./service/guests.ts";
import { HostedStreams } from "./service/hosted_streams.ts";
import { ImagePipelines } from "./service/image_pipelines.ts";
import { PictureWatches } from "./service/picture_watches.ts";
import { readyStream } from "./service/ready_stream.ts";
import { StatusBook } from "./service/status_book.ts";
import { Senders } from "./service/senders.ts";
import { isOver, untilOver } from "./service/stream_end.ts";
import { type WeirOptions, weirOptions } from "./service/weir_options.ts";
import { Switchboard } from "./switchboard.ts";

export type { WeirOptions };

/** What an analyzer of a stream remembers. */
export type Memory = Pick<Extract<FromStreams, { type: "memory" }>, "stream" | "step" | "memory">;

const OVERSTAY_DEADLINE_MS = 1_000;

/** The composition root: threads, models and streams, wired by hand. */
export class Weir implements AsyncDisposable {
  readonly results$: Observable<ResultEnvelope>;
  readonly states$: Observable<StateEvent>;
  /** What analyzers tell people of, each after the result of its frame. */
  readonly alerts$: Observable<AlertEvent>;
  /** Pictures and clips that are to be kept; whoever subscribes owns them. */
  readonly captures$: Observable<CapturedFrame | CapturedClip>;
  /** What analyzers want to be told when they are made anew. */
  readonly memories$: Observable<Memory>;
  /** What an operator should know and no stream's state says: threads replaced, pictures leaked. */
  readonly warnings$: Observable<string>;
  #warnings = new Subject<string>();
  #results = new Subject<ResultEnvelope>();
  #states = new Subject<StateEvent>();
  #alerts = new Subject<AlertEvent>();
  #captures = new Subject<CapturedFrame | CapturedClip>();
  #memories = new Subject<Memory>();
  #options: ReturnType<typeof weirOptions>;
  #switchboard: Switchboard;
  #workers: StreamWorkers;
  #models: ModelPool;
  #streams: HostedStreams;
  #senders = new Senders((id, message, transfer) => this.#streams.tell(id, message, transfer));
  #pictures = new PictureWatches({
    knows: (id) => this.#streams.has(id),
    tell: (message) => void this.#streams.tell(message.id, message),
  });
  #kills = new Kills({
    onLeakBound: () => this.#warnings.next("So many threads were ended by force that the process should be restarted"),
  });
  #statuses = new StatusBook({
    slotOf: (id) => this.#streams.slotOf(id),
    stateOf: (id) => this.#streams.lastOf(id),
  });
  /** Single images through several models. */
  readonly images: ImagePipelines;
  #guests: Guests;
  #closing = false;

  /** Starts the threads that every stream needs. */
  static async start(options: WeirOptions = {}): Promise<Weir> {
    promptThread();
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
      answerTimeoutMs: this.#options.answerTimeoutMs,
      overdue: (replica, model) => this.#overdue(replica, model),
      warn: (message) => this.#warnings.next(message),
    });
    this.#models = new ModelPool({
      ...this.#options,
      registry: options.registry,
      kills: this.#kills,
      wiring: this.#switchboard,
      onFault: (message) => this.#warnings.next(message),
    });
    this.#workers = new StreamWorkers({
      limit: this.#options.streamWorkers,
      answerTimeoutMs: this.#options.answerTimeoutMs,
      deafMs: this.#options.deafMs,
      ...(options.sharedAnswers && { sharedAnswers: options.sharedAnswers }),
      ...(options.plugins && { plugins: options.plugins }),
      kills: this.#kills,
      dispatcherPort: (worker) => this.#switchboard.streamsPort(worker),
      joined: (slot) => this.#switchboard.streamsJoined(slot),
      hear: (event, slot) => this.#hear(event, slot),
      down: (slot, reason) => this.#slotDown(slot, reason),
    });
    this.images = new ImagePipelines(this.#models, this.#workers);
    this.#guests = new Guests({ workers: this.#workers, direct: this.#switchboard });
    this.#streams = new HostedStreams({
      workers: this.#workers,
      models: this.#models,
      changed: (event) => this.#states.next(event),
      commanded: (id) => this.#statuses.forget(id),
      placed: (id) => {
        this.#pictures.moved(id);
        this.#senders.moved(id);
      },
    });
    this.results$ = this.#results.asObservable();
    this.states$ = this.#states.asObservable();
    this.alerts$ = this.#alerts.asObservable();
    this.captures$ = this.#captures.asObservable();
    this.memories$ = this.#memories.asObservable();
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
    await this.#streams.add(registration, extras, from);
  }

  /**
   * Applies another pipeline, policy or labels to a stream, whose source stays connected. Its models are loaded first;
   * when the new pipeline cannot run it rejects, and nothing has changed.
   */
  async reconfigure(id: string, registration: StreamRegistration): Promise<void> {
    await this.#streams.reconfigure(id, registration);
  }

  /**
   * Loads the models of streams that are about to come, and starts the threads they will want; both stay until what is
   * answered is disposed of. What cannot be loaded is told to its stream when that comes.
   */
  async warmUp(registrations: readonly StreamRegistration[]): Promise<Disposable> {
    const loading = registrations.map((registration) => readyStream(registration, this.#models));
    const [loaded] = await Promise.all([Promise.allSettled(loading), this.#workers.warmUp(registrations.length)]);
    return {
      [Symbol.dispose]() {
        for (const one of loaded) if (one.status === "fulfilled") one.value.models[Symbol.dispose]();
      },
    };
  }

  /** Loads what a stream's pipeline needs and looks whether its steps fit together; rejects when it cannot run. */
  async check(registration: StreamRegistration): Promise<void> {
    const { models } = await readyStream(registration, this.#models);
    models[Symbol.dispose]();
  }

  /** The stream as it stands, however long its thread takes to say. */
  status(id: string): Promise<StreamStatus> {
    return this.#statuses.status(id);
  }

  /** Streams as they stand, or stood a moment ago where their threads are at work; those without a thread are left out. */
  statuses(ids: readonly string[]): Promise<ReadonlyMap<string, StreamStatus>> {
    return this.#statuses.statuses(ids);
  }

  /** The names of all streams. */
  list(): string[] {
    return this.#streams.ids;
  }

  /** Resolves when the stream has stopped or failed for good. */
  async done(id: string): Promise<StreamStatus> {
    this.#streams.registrationOf(id);
    if (!isOver(this.#streams.lastOf(id))) await untilOver(id, this.states$);
    return this.status(id);
  }

  /** Ends the stream; frames under way may finish. */
  async stop(id: string): Promise<void> {
    await this.#streams.command(id, "stop");
  }

  /** Holds back a stream whose source can wait while nobody has room for its results; others are not affected. */
  hold(id: string, held: boolean): void {
    this.#streams.tell(id, { type: "hold", id, held });
  }

  /** Pauses, resumes or reconnects a stream. */
  async control(id: string, type: "pause" | "resume" | "restart"): Promise<void> {
    await this.#streams.command(id, type);
  }

  /** Has a step's analyzer do something that it knows by this name. */
  async order(id: string, step: string, order: string): Promise<void> {
    await this.#streams.order(id, step, order);
  }

  /** Replaces the thread that hosts a stream; all its streams move to another one. Past the deadline it is killed. */
  async replaceWorker(id: string, options: StopOptions): Promise<void> {
    await this.#streams.replaceWorker(id, options);
  }

  /** Becomes the one who sends a stream its frames, in the place of whoever did before. */
  openSender(id: string, on: SenderEvents): Sender {
    const { source } = this.#streams.registrationOf(id);
    if (!sourceNamed(source.kind).pushed) throw new TypeError(`${id} takes no frames: its source is a ${source.kind}`);
    return this.#senders.open(id, on);
  }

  /** Pictures of the streams, for those who ask or watch. */
  get pictures(): Pick<PictureWatches, "watch" | "next" | "latest"> {
    return this.#pictures;
  }

  /** Ends the stream and forgets it. */
  async remove(id: string): Promise<void> {
    await this.#streams.remove(id);
    this.#pictures.remove(id);
    this.#senders.close(id, "The stream is gone");
  }

  /**
   * Keeps these models loaded, whether a stream uses them or not. Streams whose model has changed go over to the new one;
   * their sources stay connected.
   */
  async declareModels(models: readonly DeclaredModel[]): Promise<void> {
    await this.#moveOver(await this.#models.declare(models));
  }

  /** Changes a model of the registry and moves its streams over; rejects, the change taken back, when it cannot be loaded. */
  async renewModel(name: string, change?: () => Promise<() => Promise<unknown>>): Promise<void> {
    await this.#moveOver(await this.#models.renew(name, change));
  }

  /** The loaded models of the registry. */
  get pool(): Pick<ModelPool, "usersOf" | "drop" | "attempt"> {
    return this.#models;
  }

  /** Runs one image through a model, in the queue that streams wait in. */
  readonly still: Guests["still"] = (question, options) => this.#guests.still(question, options);

  /** A file of this machine, small. */
  readonly thumbnail: Guests["thumbnail"] = (question, options) => this.#guests.thumbnail(question, options);

  /** Reads a signal that somebody sends. */
  readonly signal: Guests["signal"] = (question, options) => this.#guests.signal(question, options);

  /** The right to a model; it stays loaded until that is given back. */
  async useModel(user: string, name: string): Promise<ModelLease> {
    return await this.#models.takeLoaded(user, name) ?? await this.#models.take(user, [name]);
  }

  /** The same of a model that is loaded under this name; undefined where none is. */
  async useLoaded(user: string, name: string): Promise<ModelLease | undefined> {
    return await this.#models.takeLoaded(user, name);
  }

  /** What is declared, and why it is not loaded where it is not. */
  get declarations(): readonly Declaration[] {
    return this.#models.declarations;
  }

  /** The loaded models and how their replicas stand. */
  models() {
    return this.#models.models.map((model) => ({ ...model, supervision: model.actor.snapshot() }));
  }

  /** The threads besides the models' replicas: who grants turns, and those in which streams run. */
  threads() {
    return { dispatcher: this.#switchboard.snapshot(), streams: this.#workers.snapshot() };
  }

  /** What came of the versions that are tried, by thread. */
  readonly trials = (): Promise<TrialReading[]> => this.#workers.trials();

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
    this.#alerts.complete();
    this.#captures.complete();
    this.#memories.complete();
    this.#warnings.complete();
  }

  /** These use models that others have taken the place of. */
  async #moveOver(users: readonly string[]): Promise<void> {
    const streams = users.filter((id) => this.#streams.has(id));
    await Promise.all(streams.map((id) =>
      this.#streams.renew(id).catch((error) => {
        this.#warnings.next(`${id} keeps the model that it has: ${(error as Error).message}`);
      })
    ));
  }

  #hear(event: FromStreams, slot: StreamSlot): void {
    // A worker that is being replaced may still speak of streams that have moved on, or failed with it.
    if (!this.#closing && !this.#workers.slots.includes(slot)) return;
    switch (event.type) {
      case "state":
        return this.#streams.moved(event);
      case "result":
        this.#streams.reached(event);
        return this.#results.next(event);
      case "alert":
        return this.#alerts.next(event);
      case "picture":
        return this.#pictures.hear(event.picture);
      case "capture": {
        const { stream: id } = event.capture;
        this.#streams.tell(id, { type: "captureTaken", id });
        return this.#captures.next(event.capture);
      }
      case "clip":
        return this.#captures.next(event.clip);
      case "memory":
        return this.#memories.next(event);
      case "credit":
      case "refused":
        return this.#senders.hear(event);
      case "leak":
        return this.#warnings.next(`Nobody let go of ${event.what}; its memory is taken back`);
      case "overdue":
        return this.#overdue(event.replica, event.model);
      case "overstay":
        this.#warnings.next(`The source of ${event.stream} hangs; its thread is replaced`);
        return void slot.actor.stop({ deadlineMs: OVERSTAY_DEADLINE_MS });
    }
  }

  #overdue(replica: number, key: string): void {
    const model = this.#models.replace(key, replica);
    this.#warnings.next(`A replica of ${model} gave no answer in time and is replaced`);
  }

  /** A stream worker is gone: the others hear of it, and its streams move to another one. */
  #slotDown(slot: StreamSlot, reason: string): void {
    if (this.#closing) return;
    this.#warnings.next(`A thread with ${slot.streams.size} streams is gone: ${reason}`);
    this.#switchboard.streamsGone(slot.id);
    this.#streams.slotDown(slot, reason);
  }
}
