import type { StreamSlot } from "../../actors/stream_workers.ts";
import { nowMs } from "../core/clock.ts";
import { settledInTime } from "../core/settled_in_time.ts";
import type { StateEvent, StreamStatus } from "../core/stream.ts";

/** A thread that hosts streams. */
type Host = Pick<StreamSlot, "actor">;

/** Where streams are. */
export interface StatusBookOptions {
  /** The thread that hosts a stream, while one does. */
  slotOf(id: string): Host | undefined;
  /** The latest change of a stream's state. */
  stateOf(id: string): StateEvent | undefined;
}

/** How long a thread that is at work is waited for when an earlier reading will do. */
const PATIENCE_MS = 15;
/** An older reading is no answer. */
const KNOWN_MAX_MS = 2000;
const ASK_MS = 10_000;

type Readings = ReadonlyMap<string, StreamStatus>;

/**
 * How streams stand, asked of the threads that host them: one question to each thread, however many ask at once about
 * however many streams. A thread that is at work, decoding or drawing, answers when it is done; who would rather not
 * wait is given the last reading, in the state that the stream is in now.
 */
export class StatusBook {
  #known = new Map<string, StreamStatus>();
  /** Questions under way. Messages keep their order, so an answer to come knows all that anybody has heard so far. */
  #asked = new Map<Host, Promise<Readings>>();

  constructor(private readonly options: StatusBookOptions) {}

  /** The stream as it stands, however long its thread takes to say. */
  async status(id: string): Promise<StreamStatus> {
    const slot = this.options.slotOf(id);
    if (!slot) throw new RangeError(`There is no stream called ${id}`);
    return await slot.actor.ask<StreamStatus>({ type: "status", id }, { timeoutMs: ASK_MS });
  }

  /** Streams as they stand, or stood a moment ago; one whose thread is being replaced is left out. */
  async statuses(ids: readonly string[]): Promise<Readings> {
    const hosted = Map.groupBy(ids, (id) => this.options.slotOf(id));
    const read = await Promise.all([...hosted].map(([slot, ids]) => slot ? this.#soon(slot, ids) : []));
    return new Map(read.flat().map((status) => [status.id, status]));
  }

  /** What was read of a stream is true no more: something was done to it. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  async #soon(slot: Host, ids: readonly string[]): Promise<StreamStatus[]> {
    const asked = this.#asked.get(slot) ?? this.#ask(slot, ids);
    const known = await settledInTime(asked, PATIENCE_MS) ? [] : ids.map((id) => this.#recent(id));
    const found = await Promise.all(ids.map(async (id, n) => {
      if (known[n]) return known[n];
      // A stream that came while the question was under way is asked for alone.
      return (await asked).get(id) ?? await this.status(id).catch(() => undefined);
    }));
    return found.filter((status) => status !== undefined);
  }

  #ask(slot: Host, ids: readonly string[]): Promise<Readings> {
    const all = ids.length > 1;
    const answer = all
      ? slot.actor.ask<StreamStatus[]>({ type: "statuses" }, { timeoutMs: ASK_MS })
      : slot.actor.ask<StreamStatus>({ type: "status", id: ids[0] }, { timeoutMs: ASK_MS }).then((status) => [status]);
    const asked = answer.then((statuses) => this.#note(slot, statuses), () => new Map()).finally(() => {
      if (all) this.#asked.delete(slot);
    });
    if (all) this.#asked.set(slot, asked);
    return asked;
  }

  #note(slot: Host, statuses: readonly StreamStatus[]): Readings {
    const here = statuses.filter(({ id }) => this.options.slotOf(id) === slot);
    for (const status of here) this.#known.set(status.id, status);
    return new Map(here.map((status) => [status.id, status]));
  }

  #recent(id: string): StreamStatus | undefined {
    const known = this.#known.get(id);
    if (!known || nowMs() - known.atMs > KNOWN_MAX_MS) return undefined;
    const event = this.options.stateOf(id);
    if (!event || Date.parse(event.at) <= known.sinceMs) return known;
    const { cause: _cause, nextAttemptMs: _next, ...rest } = known;
    const { state, cause, epoch, restarts, nextAttemptMs } = event;
    return {
      ...rest,
      state,
      ...(cause && { cause }),
      sinceMs: Date.parse(event.at),
      epoch,
      restarts,
      ...(nextAttemptMs !== undefined && { nextAttemptMs }),
    };
  }
}
