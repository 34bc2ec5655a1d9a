import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import { durably, inTransaction, openDatabase } from "./database.ts";

/** What is remembered of a stream, wherever its registration is kept. */
export interface StreamMarks {
  /** Somebody paused it; it stays so. */
  paused: boolean;
  /** Where its numbers go on: no epoch or frame number up to these is given again. */
  epoch: number;
  seq: number;
}

/** A stream as it outlives the process. */
export interface StoredStream extends StreamMarks {
  registration: StreamRegistration;
}

interface MarksRow {
  paused: number;
  epoch: number;
  seq: number;
}

/** How a store is opened. */
export interface StoreOptions {
  /**
   * Told when the disk refuses what nobody waits for (history, numbers); the write is lost then, and the streams go on.
   * Without it such a write throws like any other.
   */
  onFault?(error: Error): void;
}

/** Changes of state kept of each stream. */
const HISTORY_KEPT = 200;
/** So many more may be there for a while: to look for the oldest costs more than to add one. */
const TRIM_EVERY = 32;

/** What must survive: registrations, numbers that are never given twice, the history of each stream. */
export class Store implements Disposable {
  #database: DatabaseSync;
  #reserve: StatementSync;
  #numbers: StatementSync;
  #remember: StatementSync;
  #trim: StatementSync;
  /** Changes of state that came since a stream's history was last shortened. */
  #untrimmed = new Map<string, number>();
  #closed = false;

  /** Opens the store in a file, or `:memory:`. */
  static open(path: string, options: StoreOptions = {}): Store {
    return new Store(path, openDatabase(path), options);
  }

  private constructor(
    private readonly path: string,
    database: DatabaseSync,
    private readonly options: StoreOptions,
  ) {
    this.#database = database;
    this.#reserve = database.prepare(
      `INSERT INTO counters (name, next) VALUES ('position', 1 + ?1)
       ON CONFLICT (name) DO UPDATE SET next = next + ?1 RETURNING next`,
    );
    this.#numbers = database.prepare(
      `INSERT INTO marks (stream, epoch, seq) VALUES (?1, ?2, ?3)
       ON CONFLICT (stream) DO UPDATE SET epoch = max(epoch, ?2), seq = max(seq, ?3)`,
    );
    this.#remember = database.prepare("INSERT INTO history (stream, event) VALUES (?, ?)");
    this.#trim = database.prepare(
      `DELETE FROM history WHERE stream = ?1 AND id <=
       (SELECT id FROM history WHERE stream = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${HISTORY_KEPT})`,
    );
  }

  /** Sets `count` positions of the event log aside and answers the first. */
  reserve(count: number): number {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`Cannot reserve ${count} positions`);
    return this.#do("reserve positions", () =>
      durably(this.#database, () => {
        // All rows are asked for, though there is one: only behind the last does a failed write show itself.
        const [{ next }] = this.#reserve.all(count) as unknown as { next: number }[];
        return next - count;
      }));
  }

  /** All registered streams, in the order in which they came. */
  streams(): StoredStream[] {
    const rows = this.#do("read the streams", () =>
      this.#database.prepare(
        `SELECT id, registration, coalesce(paused, 0) AS paused, coalesce(epoch, 0) AS epoch, coalesce(seq, 0) AS seq
         FROM streams LEFT JOIN marks ON marks.stream = streams.id ORDER BY streams.rowid`,
      ).all()) as unknown as ({ id: string; registration: string } & MarksRow)[];
    return rows.map(({ id, registration, ...marks }) => ({
      registration: this.#do(`read the registration of ${id}`, () => JSON.parse(registration) as StreamRegistration),
      ...toMarks(marks),
    }));
  }

  /** Takes a registration in, or changes it; its marks stay. */
  put(registration: StreamRegistration): void {
    this.#do(`store the stream ${registration.id}`, () =>
      durably(this.#database, () =>
        this.#database.prepare(
          `INSERT INTO streams (id, registration, created_ms) VALUES (?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET registration = excluded.registration`,
        ).run(registration.id, JSON.stringify(registration), Date.now())));
  }

  /** What is remembered of a stream; of one never seen that it runs and has given no number. */
  marks(id: string): StreamMarks {
    const row = this.#do(
      `read the marks of ${id}`,
      () => this.#database.prepare("SELECT paused, epoch, seq FROM marks WHERE stream = ?").get(id),
    ) as MarksRow | undefined;
    return toMarks(row ?? { paused: 0, epoch: 0, seq: 0 });
  }

  setPaused(id: string, paused: boolean): void {
    this.#do(
      `store that ${id} is ${paused ? "paused" : "resumed"}`,
      () =>
        durably(this.#database, () =>
          this.#database.prepare(
            "INSERT INTO marks (stream, paused) VALUES (?1, ?2) ON CONFLICT (stream) DO UPDATE SET paused = ?2",
          ).run(id, paused ? 1 : 0)),
    );
  }

  /** Notes that a stream's numbers have come, or may come, so far; lower ones than before change nothing. */
  setNumbers(id: string, { epoch, seq }: { epoch: number; seq: number }): void {
    this.#attempt(`store the numbers of ${id}`, () => this.#numbers.run(id, epoch, seq));
  }

  /** Forgets a stream, its marks and its history. */
  delete(id: string): void {
    this.#do(`delete the stream ${id}`, () =>
      durably(this.#database, () =>
        inTransaction(this.#database, () => {
          this.#database.prepare("DELETE FROM streams WHERE id = ?").run(id);
          this.#database.prepare("DELETE FROM marks WHERE stream = ?").run(id);
          this.#database.prepare("DELETE FROM history WHERE stream = ?").run(id);
        })));
    this.#untrimmed.delete(id);
  }

  /** Forgets what is remembered of streams that are neither registered nor among these. */
  keepOnly(ids: readonly string[]): void {
    const others = "stream NOT IN (SELECT id FROM streams) AND stream NOT IN (SELECT value FROM json_each(?))";
    this.#do("forget streams that are gone", () =>
      durably(this.#database, () =>
        inTransaction(this.#database, () => {
          for (const table of ["marks", "history"]) {
            this.#database.prepare(`DELETE FROM ${table} WHERE ${others}`).run(JSON.stringify(ids));
          }
        })));
  }

  /** Adds to a stream's history; the oldest leave. */
  remember(event: StateEvent): void {
    this.#attempt(`add to the history of ${event.stream}`, () => {
      this.#remember.run(event.stream, JSON.stringify(event));
      const untrimmed = (this.#untrimmed.get(event.stream) ?? TRIM_EVERY) + 1;
      // Each write is whole by itself: to bracket every change of state would double its cost.
      if (untrimmed > TRIM_EVERY) this.#trim.run(event.stream);
      this.#untrimmed.set(event.stream, untrimmed > TRIM_EVERY ? 0 : untrimmed);
    });
  }

  /** The latest changes of a stream's state, oldest first. */
  history(id: string, limit = HISTORY_KEPT): StateEvent[] {
    const rows = this.#do(`read the history of ${id}`, () =>
      this.#database.prepare(
        "SELECT event FROM history WHERE stream = ? ORDER BY id DESC LIMIT ?",
      ).all(id, limit)) as unknown as { event: string }[];
    return rows.map(({ event }) => JSON.parse(event) as StateEvent).reverse();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  /** A write that nobody waits for. */
  #attempt(what: string, work: () => unknown): void {
    try {
      this.#do(what, work);
    } catch (error) {
      if (!this.options.onFault) throw error;
      this.options.onFault(error as Error);
    }
  }

  #do<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot ${what} in ${this.path}: ${why}`, { cause: error });
    }
  }
}

function toMarks({ paused, epoch, seq }: MarksRow): StreamMarks {
  return { paused: paused === 1, epoch, seq };
}
