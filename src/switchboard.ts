import type { Actor, ActorSnapshot, StopOptions } from "../actors/actor.ts";
import type { ReplicaWiring } from "../actors/inference_actor.ts";
import type { Kills } from "../actors/kills.ts";
import { OpenTurn } from "../actors/open_turn.ts";
import type { FromReplica, ToDispatcher, ToReplica, ToStreams } from "../actors/protocol.ts";
import type { StreamSlot } from "../actors/stream_workers.ts";
import { TurnClient } from "../actors/turn_client.ts";
import { spawnWorker } from "../actors/worker_actor.ts";
import type { PooledModel } from "./model_pool.ts";

/** Whom a {@link Switchboard} connects. */
export interface SwitchboardOptions {
  slots(): readonly StreamSlot[];
  models(): readonly Pick<PooledModel, "setup" | "actor">[];
  kills: Kills;
  /** A model's run that takes longer is given up. */
  answerTimeoutMs: number;
  /** A replica gave no answer in time. */
  overdue(replica: number, model: string): void;
  /** Tells what an operator should know. */
  warn(message: string): void;
}

const START_TIMEOUT_MS = 60_000;
const ASK_MS = 5_000;
/** This thread, among those of streams, whose numbers begin after it. */
const OWN = 0;

/**
 * Who speaks to whom: one dispatcher, the stream workers and the replicas of every model, each pair by a port of its own,
 * so that frames never pass the main thread. Whoever comes is connected to all that are there; whoever goes is told of.
 */
export class Switchboard implements ReplicaWiring {
  #dispatcher!: Actor<ToDispatcher, never>;
  #starts = 0;
  /** By replica, where its next turn may lie open for all. */
  #turns = new Map<number, SharedArrayBuffer>();
  #own: TurnClient | undefined;
  #modelOf = new Map<number, string>();
  /** Models whose replicas decode single images themselves. */
  #takeImages = new Set<string>();
  #closing = false;

  constructor(private readonly options: SwitchboardOptions) {}

  /** Starts the dispatcher; when it dies, another one takes its place and everybody is told. */
  async start(): Promise<void> {
    const { slots, models, kills, warn } = this.options;
    const actor = await spawnWorker<ToDispatcher, never>({
      name: "dispatcher",
      url: new URL("../actors/dispatcher_worker.ts", import.meta.url),
      init: undefined,
      startTimeoutMs: START_TIMEOUT_MS,
      kills,
    });
    this.#dispatcher = actor;
    this.#starts++;
    this.#connectOwn();
    for (const { id, actor: streams } of slots()) {
      const port = this.streamsPort(id);
      streams.tell({ type: "dispatcher", port }, [port]);
    }
    for (const { setup, actor: model } of models()) {
      for (const [replica, replicaActor] of model.replicas()) {
        const port = this.dispatcherPort(replica, setup.key);
        replicaActor.tell({ type: "dispatcher", port }, [port]);
      }
    }
    actor.link(() => {
      if (this.#closing) return;
      warn("The dispatcher is gone and is replaced");
      void this.start();
    });
  }

  /** This thread's own turns, for what goes past the threads of streams. */
  get turns(): TurnClient {
    return this.#own!;
  }

  /** Whether images for this model may go to its replicas as they came. */
  takesImages(model: string): boolean {
    return this.#takeImages.has(model);
  }

  /** From here on nobody who goes is missed; the dispatcher itself goes last, by {@link stop}. */
  close(): void {
    this.#closing = true;
  }

  /** Ends the dispatcher. */
  async stop(options: StopOptions): Promise<void> {
    this.close();
    this.#own?.[Symbol.dispose]();
    await this.#dispatcher.stop(options);
  }

  /** How the dispatcher stands. */
  snapshot(): ActorSnapshot & { restarts: number } {
    return { ...this.#dispatcher.snapshot(), restarts: this.#starts - 1 };
  }

  /** How many frames wait, by model. */
  depths(): Promise<Record<string, number>> {
    return this.#dispatcher.ask({ type: "stats" }, { timeoutMs: ASK_MS });
  }

  /** A port to the dispatcher for a stream worker about to start. */
  streamsPort(worker: number): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#dispatcher.tell({ type: "streams", worker, port: port1 }, [port1]);
    return port2;
  }

  /** A stream worker is up. */
  streamsJoined(slot: StreamSlot): void {
    for (const { setup, actor } of this.options.models()) {
      for (const [replica, replicaActor] of actor.replicas()) {
        this.#connect(replica, setup.key, replicaActor, slot);
      }
    }
    // Said to be gone as soon as it is to end, it may still take a turn that lies open until its thread has ended.
    void slot.actor.exited.then(() => {
      if (!this.#closing) this.streamsGone(slot.id);
    });
  }

  /** A stream worker is down. */
  streamsGone(worker: number): void {
    this.#dispatcher.tell({ type: "streamsGone", worker });
    for (const { actor } of this.options.models()) {
      for (const replica of actor.replicas().values()) replica.tell({ type: "streamsGone", worker });
    }
  }

  dispatcherPort(replica: number, model: string): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#dispatcher.tell({ type: "replica", model, replica, port: port1, turn: this.#turn(replica) }, [port1]);
    return port2;
  }

  joined(replica: number, model: string, actor: Actor<ToReplica, FromReplica>): void {
    const { port1, port2 } = new MessageChannel();
    actor.tell({ type: "streams", worker: OWN, port: port1 }, [port1]);
    this.#modelOf.set(replica, model);
    actor.events$.subscribe(() => this.#takeImages.add(model));
    this.turns.addReplica(replica, port2, { model, turn: this.#turn(replica) });
    for (const slot of this.options.slots()) this.#connect(replica, model, actor, slot);
  }

  left(replica: number, reason: string): void {
    this.#turns.delete(replica);
    this.#modelOf.delete(replica);
    this.turns.removeReplica(replica, reason);
    if (this.#closing) return;
    this.#dispatcher.tell({ type: "gone", replica });
    this.#tellStreams({ type: "gone", replica, reason });
  }

  hopeless(model: string, reason: string): void {
    const name = this.options.models().find(({ setup }) => setup.key === model)?.setup.spec.name ?? model;
    this.options.warn(`The model ${name} is given up: ${reason}`);
    this.turns.refuse(model, reason);
    this.#tellStreams({ type: "hopeless", model, reason });
  }

  unloaded(model: string): void {
    if (this.#closing) return;
    this.turns.forgetModel(model);
    this.#takeImages.delete(model);
    this.#tellStreams({ type: "unloaded", model });
  }

  #connectOwn(): void {
    const dispatcher = this.streamsPort(OWN);
    if (this.#own) return this.#own.setDispatcher(dispatcher);
    const { answerTimeoutMs, overdue } = this.options;
    const onOverdue = (replica: number) => overdue(replica, this.#modelOf.get(replica) ?? "");
    this.#own = new TurnClient({ dispatcher, answerTimeoutMs, onOverdue });
  }

  #tellStreams(message: ToStreams): void {
    for (const { actor } of this.options.slots()) actor.tell(message);
  }

  #connect(replica: number, model: string, actor: Actor<ToReplica, FromReplica>, slot: StreamSlot): void {
    const { port1, port2 } = new MessageChannel();
    actor.tell({ type: "streams", worker: slot.id, port: port1 }, [port1]);
    slot.actor.tell({ type: "replica", model, replica, port: port2, turn: this.#turn(replica) }, [port2]);
  }

  #turn(replica: number): SharedArrayBuffer {
    let turn = this.#turns.get(replica);
    if (!turn) this.#turns.set(replica, turn = OpenTurn.memory());
    return turn;
  }
}
