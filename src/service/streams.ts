import { isDeepStrictEqual } from "node:util";
import { nowMs } from "../core/clock.ts";
import { redactUrls } from "../core/redact.ts";
import { ServiceError } from "../core/service_error.ts";
import type { StreamPatch, StreamService, StreamTrial, StreamTrials, StreamView } from "../core/services.ts";
import type { StateEvent, StreamRegistration, StreamStatus } from "../core/stream.ts";
import type { Store, StoredStream } from "../store/store.ts";
import { ActorError } from "../../actors/actor_error.ts";
import type { StreamExtras } from "../../actors/protocol.ts";
import { parseRegistration, patched } from "../../config/schema.ts";
import { sourceNamed } from "../../streams/sources/registry.ts";
import type { Weir } from "../app.ts";
import { notRunning } from "./not_running.ts";
import { shownRegistration } from "./shown_registration.ts";
import type { Captures } from "./captures.ts";
import type { StreamMemories } from "./stream_memories.ts";
import type { StreamSinks } from "./stream_sinks.ts";

/** What the streams of a server stand on. */
export interface ServerStreamsOptions {
  weir: Weir;
  store: Store;
  /** Throws a `ServiceError` for a source that this server's rules do not let in. */
  checkSource(source: StreamRegistration["source"]): Promise<void>;
  /** The same rules, for the sources themselves to keep at every connection. */
  sourceRules?: StreamExtras["sourceRules"];
  sinks: StreamSinks;
  captures: Pick<Captures, "place" | "follow" | "status">;
  memories: Pick<StreamMemories, "of" | "remove">;
  /** Most streams there may be. */
  limit: number;
  /** What the configuration file says of a stream cannot be. */
  onFault(message: string): void;
  /** Told of every stream that is no more. */
  onRemoved?(registration: StreamRegistration): void;
}

interface Entry {
  registration: StreamRegistration;
  origin: "api" | "config";
  /** Why it does not run although it is registered: a model that is gone since. */
  fault?: { message: string; atMs: number };
}

/** Frame numbers set aside at a time: after a crash a stream's numbers go on beyond these. */
const SEQ_BLOCK = 10_000;
const RETRY_MS = 2000;

/** The streams of a server: registered, run, and remembered over restarts. */
export class ServerStreams implements StreamService, StreamTrials, Disposable {
  #entries = new Map<string, Entry>();
  /** What is being done to a stream; the next thing waits. */
  #turns = new Map<string, Promise<unknown>>();
  #reserved = new Map<string, { epoch: number; seq: number }>();
  #subscriptions;

  constructor(private readonly options: ServerStreamsOptions) {
    const { weir, store } = options;
    this.#subscriptions = [
      weir.states$.subscribe((event) => {
        if (!this.#entries.has(event.stream)) return;
        store.remember(event);
        this.#reserve(event.stream, event.epoch, 0);
      }),
      weir.results$.subscribe(({ stream, epoch, seq }) => this.#reserve(stream, epoch, seq)),
    ];
  }

  /**
   * Brings back what was registered before and what the configuration file says. All are known at once; what cannot run
   * any more stays registered and says why. `onWarm` is called once their models and threads are there: they begin then.
   */
  async restore(declared: readonly StreamRegistration[], onWarm: () => void): Promise<void> {
    const stored = this.options.store.streams();
    const { promise: warm, resolve } = Promise.withResolvers<void>();
    const back = stored.map((one) => this.#inTurn(one.registration.id, this.#bringBack(one, warm)));
    back.push(this.declare(declared, warm));
    using _needs = await this.options.weir.warmUp([...stored.map(({ registration }) => registration), ...declared]);
    onWarm();
    resolve();
    await Promise.all(back);
  }

  /**
   * Makes the streams of the configuration file what it says now. Only what changed is touched: streams that are said
   * differently, are said no more, or are new. What the API registered stays, unless the file takes its name. Nothing is
   * started before `warm`.
   */
  async declare(registrations: readonly StreamRegistration[], warm?: Promise<void>): Promise<void> {
    const said = new Map(registrations.map((registration) => [registration.id, registration]));
    const gone = [...this.#entries].filter(([id, { origin }]) => origin === "config" && !said.has(id));
    await Promise.all(gone.map(([id, entry]) => this.#inTurn(id, () => this.#forget(id, entry))));
    await Promise.all(registrations.map((registration) => this.#declareOne(registration, warm)));
    // The file may have changed while nobody looked.
    this.options.store.keepOnly([...this.#entries.keys()]);
  }

  async list(): Promise<StreamView[]> {
    const statuses = await this.options.weir.statuses([...this.#entries.keys()]);
    // A stream may have gone while the others were asked.
    return [...this.#entries.keys()].map((id) => this.#view(id, statuses.get(id)));
  }

  async get(id: string): Promise<StreamView> {
    this.#entry(id);
    return await this.#look(id);
  }

  create(registration: StreamRegistration): Promise<StreamView> {
    const { id } = registration;
    return this.#inTurn(id, async () => {
      this.#checkRoom(id);
      await this.options.checkSource(registration.source);
      this.#entries.set(id, { registration, origin: "api" });
      try {
        await this.options.weir.add(registration, this.#extras(id, "api")).catch(refused);
      } catch (error) {
        this.#entries.delete(id);
        throw error;
      }
      this.options.store.put(registration);
      await this.#follow(registration);
      return await this.#look(id);
    });
  }

  patch(id: string, change: StreamPatch): Promise<StreamView> {
    return this.#inTurn(id, async () => {
      const entry = this.#ownEntry(id);
      const registration = patched(entry.registration, change);
      if (change.source) await this.options.checkSource(change.source);
      const { weir, store } = this.options;
      if (!change.source && !entry.fault) await weir.reconfigure(id, registration).catch(refused);
      else {
        if (!entry.fault) await weir.remove(id);
        await this.#start(registration, entry.origin).catch(async (error) => {
          // The stream as it was is better than none.
          if (!entry.fault) await this.#start(entry.registration, entry.origin);
          refused(error);
        });
      }
      this.#entries.set(id, { registration, origin: entry.origin });
      store.put(registration);
      await this.#follow(registration);
      return await this.#look(id);
    });
  }

  tryCreate(registration: StreamRegistration): Promise<StreamTrial> {
    const { id } = registration;
    return this.#inTurn(id, async () => {
      this.#checkRoom(id);
      await this.options.checkSource(registration.source);
      await this.options.weir.check(registration).catch(refused);
      return { id, effect: "starts", registration: shownRegistration(registration) };
    });
  }

  tryPatch(id: string, change: StreamPatch): Promise<StreamTrial> {
    return this.#inTurn(id, async () => {
      const { registration: before, fault } = this.#ownEntry(id);
      const registration = patched(before, change);
      if (change.source) await this.options.checkSource(change.source);
      await this.options.weir.check(registration).catch(refused);
      const effect = fault ? "starts" : change.source ? "reconnects" : "applies";
      return { id, effect, registration: shownRegistration(registration) };
    });
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(id, () => this.#forget(id, this.#ownEntry(id)));
  }

  pause(id: string): Promise<StreamView> {
    return this.#control(id, "pause");
  }

  resume(id: string): Promise<StreamView> {
    return this.#control(id, "resume");
  }

  restart(id: string): Promise<StreamView> {
    return this.#control(id, "restart");
  }

  async order(id: string, step: string, order: string): Promise<StreamView> {
    this.#entry(id);
    await this.options.weir.order(id, step, order).catch((error) => {
      const { message } = error as Error;
      throw new ServiceError("conflict", `Cannot ${order} ${step} of ${id}: ${message}`, { cause: error });
    });
    return await this.#look(id);
  }

  history(id: string): Promise<StateEvent[]> {
    this.#entry(id);
    return Promise.resolve(this.options.store.history(id));
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #declareOne(registration: StreamRegistration, warm?: Promise<void>): Promise<void> {
    const { id } = registration;
    return this.#inTurn(id, async () => {
      const known = this.#entries.get(id);
      if (known?.origin === "config" && !known.fault && isDeepStrictEqual(known.registration, registration)) return;
      const { weir } = this.options;
      const entry: Entry = { registration, origin: "config" };
      this.#entries.set(id, entry);
      await this.#follow(registration);
      await warm;
      const running = known?.fault ? undefined : known;
      try {
        const sameSource = running && isDeepStrictEqual(running.registration.source, registration.source);
        if (sameSource) return await weir.reconfigure(id, registration);
        if (running) await weir.remove(id);
        await this.#start(registration, "config");
      } catch (error) {
        // A server whose file has one wrong model still runs the other streams, and this one as it was.
        if (running) await this.#goOn(id, running, error);
        else entry.fault = faultOf(error);
      }
    });
  }

  /** Starts a stream where it left off. */
  async #start(registration: StreamRegistration, origin: Entry["origin"]): Promise<void> {
    const { weir, store } = this.options;
    const { id } = registration;
    const { paused, ...from } = store.marks(id);
    this.#reserved.set(id, from);
    await weir.add(registration, this.#extras(id, origin), from);
    if (paused) await weir.control(id, "pause");
  }

  /** Leaves a stream as it was, or makes it that again, for what the file says cannot be. */
  async #goOn(id: string, before: Entry, error: unknown): Promise<void> {
    this.#entries.set(id, before);
    try {
      if (!this.options.weir.list().includes(id)) await this.#start(before.registration, before.origin);
      await this.#follow(before.registration);
      this.options.onFault(`Stream ${id} goes on as it was: ${faultOf(error).message}`);
    } catch (error) {
      before.fault = faultOf(error);
    }
  }

  #control(id: string, type: "pause" | "resume" | "restart"): Promise<StreamView> {
    return this.#inTurn(id, async () => {
      const entry = this.#entry(id);
      if (entry.fault) {
        if (type !== "restart") throw new ServiceError("conflict", `${id} does not run: ${entry.fault.message}`);
        const { registration, origin } = entry;
        await this.options.weir.add(registration, this.#extras(id, origin), this.#reserved.get(id)).catch(refused);
        delete entry.fault;
      } else await this.options.weir.control(id, type);
      this.options.store.setPaused(id, type === "pause");
      return await this.#look(id);
    });
  }

  /** A stream of before is known at once; what starts it waits for `warm`. */
  #bringBack({ registration, epoch, seq }: StoredStream, warm: Promise<void>): () => Promise<void> {
    const { id } = registration;
    const entry: Entry = { registration, origin: "api" };
    this.#entries.set(id, entry);
    this.#reserved.set(id, { epoch, seq });
    return async () => {
      await this.#follow(registration);
      await warm;
      try {
        // What another version wrote may not be what this one takes.
        const parsed = parseRegistration(registration);
        await this.options.checkSource(parsed.source);
        await this.#start(parsed, "api");
      } catch (error) {
        entry.fault = faultOf(error);
      }
    };
  }

  /** What the file declares is the word of who runs the server; what comes through the API keeps to the rules. */
  #extras(id: string, origin: Entry["origin"]): StreamExtras {
    const { captures, memories, sourceRules } = this.options;
    return {
      ...(origin === "api" && { sourceRules }),
      keeping: captures.place(id),
      // Asked anew whenever the stream moves to another thread.
      get memories() {
        return memories.of(id);
      },
    };
  }

  /** What goes out of a stream, and what is kept of it, becomes what its registration says. */
  async #follow(registration: StreamRegistration): Promise<void> {
    await this.options.sinks.follow(registration);
    await this.options.captures.follow(registration.id, registration.capture);
  }

  async #look(id: string): Promise<StreamView> {
    const statuses = await this.options.weir.statuses([id]);
    return this.#view(id, statuses.get(id));
  }

  #view(id: string, reading: StreamStatus | undefined): StreamView {
    const { registration, origin, fault } = this.#entry(id);
    const status = fault ? notRunning(id, fault) : reading;
    const plugin = sourceNamed(registration.source.kind);
    const kept = this.options.captures.status(id);
    return {
      id,
      registration: shownRegistration(registration),
      address: plugin.redacted(registration.source),
      ...(status && { status }),
      origin,
      ...(kept && { kept }),
      sinks: this.options.sinks.status(id).map((report) => ({ ...report })),
    };
  }

  async #forget(id: string, { fault, registration }: Entry): Promise<void> {
    if (!fault) await this.options.weir.remove(id);
    this.#entries.delete(id);
    this.#reserved.delete(id);
    this.options.store.delete(id);
    this.options.memories.remove(id);
    await this.options.sinks.remove(id);
    this.options.onRemoved?.(registration);
  }

  /** Throws when there is no room for one more stream, or none under that name. */
  #checkRoom(id: string): void {
    if (this.#entries.has(id)) throw new ServiceError("conflict", `There is a stream called ${id} already`);
    if (this.#entries.size >= this.options.limit) {
      throw new ServiceError("too_many", `This server takes ${this.options.limit} streams; remove one first`);
    }
  }

  /** A stream that may be changed from here. */
  #ownEntry(id: string): Entry {
    const entry = this.#entry(id);
    if (entry.origin === "api") return entry;
    throw new ServiceError("conflict", `${id} is declared in the configuration file; change it there`);
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry) return entry;
    throw new ServiceError("not_found", `There is no stream called ${id}`);
  }

  /** Sets numbers aside in the store before they are used up, so that after a crash none is given twice. */
  #reserve(id: string, epoch: number, seq: number): void {
    const reserved = this.#reserved.get(id) ?? { epoch: 0, seq: 0 };
    if (epoch <= reserved.epoch && seq < reserved.seq) return;
    const next = { epoch: Math.max(epoch, reserved.epoch), seq: seq < reserved.seq ? reserved.seq : seq + SEQ_BLOCK };
    this.#reserved.set(id, next);
    this.options.store.setNumbers(id, next);
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work, work);
    const settled = turn.then(() => {}, () => {}).then(() => {
      if (this.#turns.get(id) === settled) this.#turns.delete(id);
    });
    this.#turns.set(id, settled);
    return turn;
  }
}

function faultOf(error: unknown): { message: string; atMs: number } {
  return { message: redactUrls(error instanceof Error ? error.message : String(error)), atMs: nowMs() };
}

/**
 * What Weir refuses lies in the request: a model that cannot run, an analyzer's option. A thread that does not answer
 * lies in nothing that was asked for, and will soon be replaced.
 */
function refused(error: unknown): never {
  if (error instanceof ServiceError) throw error;
  const message = redactUrls(error instanceof Error ? error.message : String(error));
  if (error instanceof ActorError) {
    throw new ServiceError("unavailable", message, { cause: error, retryAfterMs: RETRY_MS });
  }
  throw new ServiceError("invalid", message, { cause: error, faults: [{ path: "pipeline", message }] });
}
