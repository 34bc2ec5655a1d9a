import type { Actor, ActorSnapshot, StopOptions } from "./actor.ts";
import type { SharedAnswersOptions } from "../streams/shared_answers.ts";
import type { TrialReading } from "../streams/trial_book.ts";
import { watchHearing } from "./hearing.ts";
import type { Kills } from "./kills.ts";
import type { FromStreams, ToStreams } from "./protocol.ts";
import { spawnWorker } from "./worker_actor.ts";

/** One stream worker and the streams it hosts. */
export interface StreamSlot {
  id: number;
  actor: Actor<ToStreams, FromStreams>;
  streams: Set<string>;
  /** Images that are being run in it. */
  guests: number;
}

/** How stream workers are made, and who hears of them. */
export interface StreamWorkersOptions {
  /** The most there may be. */
  limit: number;
  answerTimeoutMs: number;
  /** A worker that answers nothing for so long is replaced. */
  deafMs: number;
  sharedAnswers?: SharedAnswersOptions;
  /** Files of analyzers that do not come with Weir. */
  plugins?: readonly string[];
  kills: Kills;
  /** A port to the dispatcher for a worker about to start. */
  dispatcherPort(worker: number): MessagePort;
  /** A worker is up; gives it its ports to the replicas. */
  joined(slot: StreamSlot): void;
  hear(event: FromStreams, slot: StreamSlot): void;
  /** A worker is down, with the streams it hosted. */
  down(slot: StreamSlot, reason: string): void;
}

const ASK_MS = 2_000;
const START_TIMEOUT_MS = 60_000;
/** What a thread needs to decode and analyse. What somebody else wrote runs in it, too: it starts no programs. */
const BESIDE_PLUGINS: Deno.PermissionOptionsObject = {
  read: "inherit",
  write: "inherit",
  net: "inherit",
  env: "inherit",
  sys: "inherit",
  ffi: "inherit",
  run: false,
  import: false,
};
/** A guest weighs more than any number of streams that a worker can have. */
const GUEST_WEIGHT = 1e6;

/** The small pool of threads that decode; streams are spread over them as they come, and none starts before it is needed. */
export class StreamWorkers {
  #slots: StreamSlot[] = [];
  #made = 0;
  #gone = 0;
  #spawning = new Set<Promise<StreamSlot>>();
  #stopping = false;

  constructor(private readonly options: StreamWorkersOptions) {}

  /** The workers that run. */
  get slots(): readonly StreamSlot[] {
    return this.#slots;
  }

  /** The workers as they stand, each with what it hosts, and how many are gone that others took the place of. */
  snapshot(): { replaced: number; workers: (ActorSnapshot & { streams: string[]; guests: number })[] } {
    const workers = this.#slots.map(({ actor, streams, guests }) => ({
      ...actor.snapshot(),
      streams: [...streams],
      guests,
    }));
    return { replaced: this.#gone, workers };
  }

  /** The worker with the fewest streams, a new one while there may be more; it counts the stream as its own from here on. */
  async slot(stream: string): Promise<StreamSlot> {
    let slot = this.#slots.find(({ streams }) => streams.size === 0);
    if (!slot && this.#mayGrow) slot = await this.#grow();
    if (!slot) {
      // Those that are only just starting count as well, or all that come at once would crowd into the first that is up.
      await Promise.allSettled(this.#spawning);
      slot = this.#least((one) => one.streams.size);
    }
    slot.streams.add(stream);
    return slot;
  }

  /** Starts the workers that so many streams will be spread over. */
  async warmUp(streams: number): Promise<void> {
    const missing = Math.min(streams, this.options.limit) - this.#slots.length - this.#spawning.size;
    await Promise.allSettled(Array.from({ length: Math.max(0, missing) }, () => this.#grow()));
  }

  /**
   * The worker with the fewest guests; it counts one more from here on, until `guests` is lowered. While all have some,
   * another worker is started for those to come. Guests of one session come to the same worker, as long as there are as
   * many.
   */
  async enter(session?: string): Promise<StreamSlot> {
    if (this.#stopping) throw new Error("Cannot take an image on: everything stops");
    if (this.#mayGrow && this.#slots.every(({ guests }) => guests > 0)) void this.#grow().catch(() => {});
    if (this.#slots.length === 0) await Promise.any(this.#spawning);
    const slot = session !== undefined && this.#slots.length > 0
      ? this.#slots[hashOf(session) % this.#slots.length]
      : this.#least(({ guests, streams }) => guests + streams.size / GUEST_WEIGHT);
    slot.guests++;
    return slot;
  }

  /** What came of the versions of models that are tried; threads that do not answer are left out. */
  async trials(): Promise<TrialReading[]> {
    const asked = this.#slots.map(({ actor }) =>
      actor.ask<TrialReading[]>({ type: "trials" }, { timeoutMs: ASK_MS }).catch(() => [])
    );
    return (await Promise.all(asked)).flat();
  }

  /** Ends all of them, those that are only just starting too. */
  async stop(options: StopOptions): Promise<void> {
    this.#stopping = true;
    await Promise.allSettled(this.#spawning);
    await Promise.all(this.#slots.map(({ actor }) => actor.stop(options)));
  }

  get #mayGrow(): boolean {
    return this.#slots.length + this.#spawning.size < this.options.limit;
  }

  #grow(): Promise<StreamSlot> {
    const spawn = this.#spawn().finally(() => this.#spawning.delete(spawn));
    this.#spawning.add(spawn);
    return spawn;
  }

  /** Nothing may happen between this and counting what is put there: whoever asks next would get the same. */
  #least(load: (slot: StreamSlot) => number): StreamSlot {
    if (this.#slots.length === 0) throw new Error("Cannot start a thread for streams");
    return this.#slots.reduce((best, other) => load(other) < load(best) ? other : best);
  }

  async #spawn(): Promise<StreamSlot> {
    const { answerTimeoutMs, deafMs, sharedAnswers, plugins, kills, dispatcherPort, joined, hear, down } = this.options;
    const id = ++this.#made;
    const dispatcher = dispatcherPort(id);
    const actor = await spawnWorker<ToStreams, FromStreams>({
      name: `streams-${id}`,
      url: new URL("./stream_worker.ts", import.meta.url),
      init: { dispatcher, answerTimeoutMs, ...(sharedAnswers && { sharedAnswers }), ...(plugins && { plugins }) },
      ...(plugins?.length && { permissions: BESIDE_PLUGINS }),
      transfer: [dispatcher],
      startTimeoutMs: START_TIMEOUT_MS,
      kills,
    });
    const slot: StreamSlot = { id, actor, streams: new Set(), guests: 0 };
    joined(slot);
    actor.events$.subscribe((event) => hear(event, slot));
    let deaf = "";
    watchHearing(actor, {
      question: { type: "usage" },
      deafMs,
      onDeaf() {
        deaf = `it answered nothing for ${deafMs} ms`;
        void actor.stop({ deadlineMs: 0 });
      },
    });
    actor.link((exit) => {
      this.#slots = this.#slots.filter((other) => other !== slot);
      this.#gone++;
      down(slot, deaf || (exit.how === "stopped" ? "it was replaced" : exit.error.message));
    });
    this.#slots.push(slot);
    return slot;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  return hash >>> 0;
}
