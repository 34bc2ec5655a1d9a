import { nowMs } from "../src/core/clock.ts";
import { DispatchQueue } from "./dispatch_queue.ts";
import { OpenTurn } from "./open_turn.ts";
import type { AskMessage, GrantMessage, OfferMessage, VoidMessage } from "./protocol.ts";

interface Replica {
  model: string;
  port: MessagePort;
  ask?: AskMessage;
  /** Where its next turn lies open while nobody waits for it, and whether it was laid there. */
  turn?: OpenTurn;
  laid: boolean;
  /** When the ask falls due, and when the run under way is over, on the clock of `nowMs()`. */
  dueMs: number;
  freeMs: number;
  timer?: ReturnType<typeof setTimeout>;
}

/** Timers are no finer than this; what is due sooner is due now. */
const TIMER_GRAIN_MS = 1;

/**
 * Owns every model's queue of offers and matches them with replicas that are free or about to be. It never sees a
 * frame: it tells a stream's worker that its turn has come, and the frame goes straight to the replica.
 */
export class Dispatcher {
  #queues = new Map<string, DispatchQueue>();
  #replicas = new Map<number, Replica>();
  #streams = new Map<number, MessagePort>();
  /** Models by the offers that wait for a moment in which there is nothing else to do, oldest first. */
  #spare = new Map<string, string>();
  #spareTimer?: ReturnType<typeof setTimeout>;

  /** A stream worker joins. */
  addStreams(worker: number, port: MessagePort): void {
    this.#streams.set(worker, port);
    port.onmessage = ({ data }: MessageEvent<OfferMessage>) => {
      // What was received already when the port was closed is still delivered; nobody would answer its turn.
      if (this.#streams.get(worker) === port) this.#hear(worker, data);
    };
  }

  /**
   * A stream worker is gone; what it offered is void, and what was granted to it is lost. Replicas hear of it from here
   * and from nobody else: an ask made before the offers are withdrawn could be granted to the dead.
   */
  removeStreams(worker: number): void {
    this.#streams.get(worker)?.close();
    this.#streams.delete(worker);
    const ofWorker = (key: string) => key.startsWith(`${worker}:`);
    for (const queue of this.#queues.values()) queue.withdrawAll(ofWorker);
    for (const key of [...this.#spare.keys()]) if (ofWorker(key)) this.#spare.delete(key);
    for (const { port } of this.#replicas.values()) port.postMessage({ type: "void" } satisfies VoidMessage);
  }

  /** A replica of a model joins; `turn` is shared with those who may take its turns where they lie open. */
  addReplica(id: number, model: string, port: MessagePort, turn?: SharedArrayBuffer): void {
    const open = turn && new OpenTurn(turn);
    open?.clear();
    const replica: Replica = { model, port, turn: open, laid: false, dueMs: 0, freeMs: 0 };
    this.#replicas.set(id, replica);
    port.onmessage = ({ data }: MessageEvent<AskMessage>) => {
      if (this.#replicas.get(id) !== replica) return;
      replica.turn?.clear();
      replica.laid = false;
      replica.ask = data;
      replica.freeMs = nowMs() + data.freeInMs;
      replica.dueMs = replica.freeMs - data.leadMs;
      this.#serve(id, replica);
      this.#layOpen(replica);
      this.#serveSpare();
    };
  }

  /** A replica is gone; its ask is void. */
  removeReplica(id: number): void {
    const replica = this.#replicas.get(id);
    if (!replica) return;
    clearTimeout(replica.timer);
    replica.turn?.clear();
    replica.port.close();
    this.#replicas.delete(id);
    const { model } = replica;
    const last = ![...this.#replicas.values()].some((other) => other.model === model);
    if (last && this.#queues.get(model)?.depth === 0) this.#queues.delete(model);
    this.#serveSpare();
  }

  /** How many frames wait, by model. */
  depths(): Record<string, number> {
    return Object.fromEntries([...this.#queues].map(([model, queue]) => [model, queue.depth]));
  }

  /** Lets go of every port and timer. */
  close(): void {
    this.#spare.clear();
    clearTimeout(this.#spareTimer);
    for (const id of [...this.#replicas.keys()]) this.removeReplica(id);
    for (const port of this.#streams.values()) port.close();
    this.#streams.clear();
  }

  #queue(model: string): DispatchQueue {
    let queue = this.#queues.get(model);
    if (!queue) this.#queues.set(model, queue = new DispatchQueue());
    return queue;
  }

  #hear(worker: number, message: OfferMessage): void {
    const key = `${worker}:${message.key}`;
    if (message.type === "withdraw") {
      for (const queue of this.#queues.values()) queue.withdraw(key);
      this.#spare.delete(key);
      return this.#serveSpare();
    }
    const { model, stream, deadlineMs, weight, late, patient, spare } = message;
    if (spare) {
      this.#spare.set(key, model);
      return this.#serveSpare();
    }
    this.#queue(model).offer({ key, stream, deadlineMs, weight, late, patient, offeredAtMs: nowMs() });
    for (const [id, replica] of this.#replicas) {
      if (replica.model === model && replica.ask) this.#serve(id, replica);
    }
  }

  /** Grants what waits to a replica whose time has come, or sets the clock for when it does. */
  #serve(id: number, replica: Replica): void {
    const queue = this.#queue(replica.model);
    if (!replica.ask || queue.depth === 0 || !this.#takeBack(replica)) return;
    const { ask } = replica;
    const now = nowMs();
    // A frame that no newer one replaces is better off lying ready at the replica.
    const callMs = queue.eager ? now : Math.max(replica.dueMs, now);
    // A batch that could still grow waits for company, but no frame longer than it may.
    const dueMs = queue.depth < ask.room ? callMs + ask.maxDelayMs : callMs;
    if (dueMs - now >= TIMER_GRAIN_MS) {
      replica.timer ??= setTimeout(() => {
        replica.timer = undefined;
        this.#grant(id, replica);
      }, dueMs - now);
      return;
    }
    this.#grant(id, replica);
  }

  /** Whoever comes while nobody waits need not ask. What they take is charged to nobody: nobody went without. */
  #layOpen(replica: Replica): void {
    const { ask, turn, dueMs } = replica;
    if (!ask?.single || !turn || this.#queue(replica.model).depth > 0) return;
    replica.laid = true;
    turn.lay({ batch: ask.batch, dueMs, expectedMs: ask.expectedMs });
  }

  /** Whether the turn of a replica that has asked can still be granted: where it lay open somebody may have taken it. */
  #takeBack(replica: Replica): boolean {
    if (!replica.laid) return true;
    replica.laid = false;
    if (replica.turn!.clear()) return true;
    replica.ask = undefined;
    return false;
  }

  #grant(id: number, replica: Replica): void {
    const { ask } = replica;
    if (!ask) return;
    clearTimeout(replica.timer);
    replica.timer = undefined;
    const queue = this.#queue(replica.model);
    const keys: string[] = [];
    const room = queue.patient(nowMs()) ? ask.patientRoom : ask.room;
    while (keys.length < room) {
      const offer = queue.take(ask.expectedMs || 1);
      if (!offer) break;
      keys.push(offer.key);
    }
    if (keys.length > 0) this.#send(id, replica, keys);
  }

  /**
   * Grants what nobody waits for while no frame waits and no replica has anything to do: only one such run is ever under
   * way, and none begins in anybody's way.
   */
  #serveSpare(): void {
    if (this.#spare.size === 0) return;
    clearTimeout(this.#spareTimer);
    if ([...this.#queues.values()].some(({ depth }) => depth > 0)) return;
    let freeMs = 0;
    for (const { ask, laid, turn, freeMs: thisMs } of this.#replicas.values()) {
      // It was granted frames, or they came to it, and it has not begun with them; once it does, it asks.
      if (!ask || (laid && !turn!.lies)) return;
      freeMs = Math.max(freeMs, thisMs);
    }
    const inMs = freeMs - nowMs();
    if (inMs > 0) return void (this.#spareTimer = setTimeout(() => this.#serveSpare(), Math.ceil(inMs)));
    for (const [key, model] of this.#spare) {
      const [id, replica] = [...this.#replicas].find(([, replica]) => replica.model === model) ?? [];
      if (!replica) continue;
      if (!this.#takeBack(replica)) return;
      this.#spare.delete(key);
      return this.#send(id!, replica, [key]);
    }
  }

  #send(id: number, replica: Replica, keys: readonly string[]): void {
    const ask = replica.ask!;
    clearTimeout(replica.timer);
    replica.timer = undefined;
    replica.ask = undefined;
    const grant = { replica: id, batch: ask.batch, of: keys.length, atMs: nowMs(), expectedMs: ask.expectedMs };
    for (const [worker, keysOfWorker] of byWorker(keys)) {
      this.#streams.get(worker)?.postMessage({ ...grant, keys: keysOfWorker } satisfies GrantMessage);
    }
  }
}

/** A message costs more than what it says: all that one worker is granted goes in one. */
function byWorker(keys: readonly string[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const joined of keys) {
    const [worker, key] = joined.split(":").map(Number);
    const group = groups.get(worker);
    if (group) group.push(key);
    else groups.set(worker, [key]);
  }
  return groups;
}
