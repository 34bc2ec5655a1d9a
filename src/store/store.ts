import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import { inTransaction, openDatabase } from "./database.ts";

/** A stream as it outlives the process. */
export interface StoredStream {
  registration: StreamRegistration;
  /** Somebody paused it; it stays so. */
  paused: boolean;
  /** Where its numbers go on: no epoch or frame number up to these is given again. */
  epoch: number;
  seq: number;
}

/** Changes of state kept of each stream. */
const HISTORY_KEPT = 200;

/** What must survive: registrations, numbers that are never given twice, the history of each stream. */
export class Store implements Disposable {
  #database: DatabaseSync;
  #reserve: StatementSync;
  #numbers: StatementSync;
  #remember: StatementSync;
  #trim: StatementSync;
  #closed = false;

  /** Opens the store in a file, or `:memory:`. */
  static open(path: string): Store {
    return new Store(openDatabase(path));
  }

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#reserve = database.prepare(
      `INSERT INTO counters (name, next) VALUES ('position', 1 + ?1)
       ON CONFLICT (name) DO UPDATE SET next = next + ?1 RETURNING next`,
    );
    this.#numbers = database.prepare("UPDATE streams SET epoch = max(epoch, ?), seq = max(seq, ?) WHERE id = ?");
    this.#remember = database.prepare("INSERT INTO history (stream, event) VALUES (?, ?)");
    this.#trim = database.prepare(
      `DELETE FROM history WHERE stream = ?1 AND id <=
       (SELECT id FROM history WHERE stream = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${HISTORY_KEPT})`,
    );
  }

  /** Sets `count` positions of the event log aside and answers the first. */
  reserve(count: number): number {
    const { next } = this.#reserve.get(count) as { next: number };
    return next - count;
  }

  /** All streams, in the order in which they were registered. */
  streams(): StoredStream[] {
    const rows = this.#database.prepare(
      "SELECT registration, paused, epoch, seq FROM streams ORDER BY created_ms, rowid",
    ).all() as { registration: string; paused: number; epoch: number; seq: number }[];
    return rows.map(({ registration, paused, epoch, seq }) => ({
      registration: JSON.parse(registration) as StreamRegistration,
      paused: paused === 1,
      epoch,
      seq,
    }));
  }

  /** Takes a registration in, or changes it; its numbers and whether it is paused stay. */
  put(registration: StreamRegistration): void {
    this.#database.prepare(
      `INSERT INTO streams (id, registration, created_ms) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET registration = excluded.registration`,
    ).run(registration.id, JSON.stringify(registration), Date.now());
  }

  setPaused(id: string, paused: boolean): void {
    this.#database.prepare("UPDATE streams SET paused = ? WHERE id = ?").run(paused ? 1 : 0, id);
  }

  /** Notes that a stream's numbers have come, or may come, so far. */
  setNumbers(id: string, { epoch, seq }: { epoch: number; seq: number }): void {
    this.#numbers.run(epoch, seq, id);
  }

  /** Forgets a stream and its history. */
  delete(id: string): void {
    inTransaction(this.#database, () => {
      this.#database.prepare("DELETE FROM streams WHERE id = ?").run(id);
      this.#database.prepare("DELETE FROM history WHERE stream = ?").run(id);
    });
  }

  /** Adds to a stream's history; the oldest leave. */
  remember(event: StateEvent): void {
    this.#remember.run(event.stream, JSON.stringify(event));
    this.#trim.run(event.stream);
  }

  /** The latest changes of a stream's state, oldest first. */
  history(id: string, limit = HISTORY_KEPT): StateEvent[] {
    const rows = this.#database.prepare(
      "SELECT event FROM history WHERE stream = ? ORDER BY id DESC LIMIT ?",
    ).all(id, limit) as { event: string }[];
    return rows.map(({ event }) => JSON.parse(event) as StateEvent).reverse();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }
}
