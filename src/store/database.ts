import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./migrations.ts";

/** How a file says that it is Weir's: "Weir" in ASCII. */
const APPLICATION_ID = 0x57656972;

/** How long one process waits while another writes. */
const BUSY_MS = 5000;

/** Opens the file, made if need be, and brings it to today's form. Everything in it is secret to others. */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") makePrivate(path);
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    checkOwner(database);
    // A log of its own survives the death of the process at any moment.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    checkHealth(database);
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw new Error(`Cannot open the database ${path}: ${reason(error, path)}`, { cause: error });
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
    // A full disk has taken it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Runs a write that not even a power cut may undo once it has returned; others may lose their last moments to one. */
export function durably<T>(database: DatabaseSync, work: () => T): T {
  database.exec("PRAGMA synchronous = FULL");
  try {
    return work();
  } finally {
    database.exec("PRAGMA synchronous = NORMAL");
  }
}

/** Registrations hold cameras' passwords; the files beside this one are made with its permissions. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  if (Deno.build.os !== "windows" && (statSync(path).mode & 0o777) !== 0o600) chmodSync(path, 0o600);
}

function pragma(database: DatabaseSync, name: string): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name];
}

/** Before anything is written: the file may have been named by mistake. */
function checkOwner(database: DatabaseSync): void {
  const owner = pragma(database, "application_id");
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number };
  if (owner === APPLICATION_ID || (owner === 0 && (tables.count === 0 || isFirstForm(database)))) return;
  throw new Error("it belongs to another program; name another file");
}

/** The first form did not say whose it was. */
function isFirstForm(database: DatabaseSync): boolean {
  return pragma(database, "user_version") === 1 &&
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'history_by_stream'").get() !== undefined;
}

function checkHealth(database: DatabaseSync): void {
  const { quick_check: fault } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (fault !== "ok") throw new Error(`database disk image is malformed: ${fault.replaceAll("\n", " ")}`);
}

function migrate(database: DatabaseSync): void {
  const known = MIGRATIONS.length;
  if (pragma(database, "user_version") === known) return;
  inTransaction(database, () => {
    // Another process may have done it in the meantime.
    const version = pragma(database, "user_version");
    if (version > known) {
      throw new NewerForm(`it was written by a newer Weir (form ${version}; this one knows ${known})`);
    }
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${known}`);
  });
}

class NewerForm extends Error {}

/** Why it could not be opened, and what to do about it. */
function reason(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const away = `move ${path} away, together with ${path}-wal and ${path}-shm if they are there, to begin with an ` +
    "empty one: streams that were registered through the API are not in it then";
  if (error instanceof NewerForm) return `${message}. Run that version again, or ${away}`;
  if (/malformed|not a database/.test(message)) {
    return `it is damaged (${message}). Put a copy from before in its place, or ${away}`;
  }
  return /is locked/.test(message) ? `another process has been writing to it for ${BUSY_MS / 1000} s` : message;
}
