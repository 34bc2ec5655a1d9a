import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./migrations.ts";

/** Opens the file, made if need be, and brings it to today's form. Everything in it is secret to others. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    database = new DatabaseSync(path);
    // Registrations hold cameras' passwords.
    if (path !== ":memory:" && Deno.build.os !== "windows") chmodSync(path, 0o600);
    // A log of its own survives the death of the process at any moment; a full sync at each write guards against power
    // cuts only, and the worst these can do is to lose the last moments.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;");
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database ${path}: ${why}`, { cause: error });
  }
}

/** Runs what a connection does in one piece: all of it, or nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    throw new Error(`it was written by a newer Weir (form ${version}; this one knows ${MIGRATIONS.length})`);
  }
  for (let step = version; step < MIGRATIONS.length; step++) {
    inTransaction(database, () => {
      database.exec(MIGRATIONS[step]);
      database.exec(`PRAGMA user_version = ${step + 1}`);
    });
  }
}
