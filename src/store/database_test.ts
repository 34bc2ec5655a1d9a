import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { durably, inTransaction, openDatabase } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

const POSIX = Deno.build.os !== "windows";

function withFile(test: (path: string, directory: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "weir-database-" });
  try {
    test(`${directory}/weir.db`, directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function schema(database: DatabaseSync): unknown[] {
  return database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all().map((row) => ({ ...row }));
}

function version(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

/** A file as the first `steps` migrations left it, filled. */
function writeForm(path: string, steps: number): void {
  using database = new DatabaseSync(path);
  for (const step of MIGRATIONS.slice(0, steps)) database.exec(step);
  database.exec(`PRAGMA user_version = ${steps}`);
  database.exec(`
    INSERT INTO counters VALUES ('position', 5001);
    INSERT INTO streams (id, registration, paused, epoch, seq, created_ms) VALUES ('gate', '{"id":"gate"}', 1, 4, 70000, 1);
    INSERT INTO history (stream, event) VALUES ('gate', '{"state":"running"}');`);
}

Deno.test("an empty file gets today's form, whether it was there or not", () =>
  withFile((path) => {
    using memory = openDatabase(":memory:");
    using fresh = openDatabase(path);
    Deno.writeFileSync(`${path}2`, new Uint8Array());
    using empty = openDatabase(`${path}2`);
    assert.deepEqual(schema(fresh), schema(memory));
    assert.deepEqual(schema(empty), schema(memory));
    assert.deepEqual([version(fresh), version(empty)], [MIGRATIONS.length, MIGRATIONS.length]);
  }));

Deno.test("a file in the first form keeps all that it held, and has today's form afterwards", () =>
  withFile((path) => {
    writeForm(path, 1);
    using database = openDatabase(path);
    using fresh = openDatabase(":memory:");
    const columns = (of: DatabaseSync) =>
      of.prepare("SELECT t.name AS t, c.name AS c FROM sqlite_schema t, pragma_table_info(t.name) c ORDER BY 1, 2")
        .all();
    assert.deepEqual(columns(database), columns(fresh));
    const marks = database.prepare("SELECT stream, paused, epoch, seq FROM marks").all().map((row) => ({ ...row }));
    assert.deepEqual(marks, [{ stream: "gate", paused: 1, epoch: 4, seq: 70000 }]);
    const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
    assert.deepEqual(["counters", "streams", "history"].map(count), [1, 1, 1]);
    assert.equal(version(database), MIGRATIONS.length);
  }));

Deno.test("a migration that fails half way leaves the file as it was", () =>
  withFile((path) => {
    writeForm(path, 1);
    const blocker = new DatabaseSync(path);
    blocker.exec("CREATE TABLE marks (nonsense TEXT)");
    const before = schema(blocker);
    blocker.close();
    assert.throws(() => openDatabase(path), /Cannot open the database .*marks already exists/);
    using after = new DatabaseSync(path);
    assert.deepEqual([schema(after), version(after)], [before, 1]);
  }));

Deno.test("a file of a newer version is refused, untouched, with words that say what to do", () =>
  withFile((path) => {
    openDatabase(path).close();
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 99; CREATE TABLE later (x INTEGER)");
    const before = schema(newer);
    newer.close();
    assert.throws(() => openDatabase(path), (error: Error) => {
      assert.match(error.message, /newer Weir \(form 99; this one knows \d+\). Run that version again, or move/);
      return error.message.includes(`move ${path} away`);
    });
    using after = new DatabaseSync(path);
    assert.deepEqual([schema(after), version(after)], [before, 99]);
  }));

Deno.test("a damaged file is refused, and the words say which file to move away", () =>
  withFile((path) => {
    const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
      "it is a text": () => new TextEncoder().encode("no database at all\n".repeat(500)),
      "its head is gone": (bytes) => bytes.fill(0xff, 0, 64),
      "its pages are overwritten": (bytes) => bytes.fill(0xa5, 4096),
      "it was cut short": (bytes) => bytes.slice(0, 4096 * 2),
    };
    for (const [why, damage] of Object.entries(damages)) {
      const damaged = `${path}-${why.replaceAll(" ", "-")}`;
      const database = openDatabase(damaged);
      const insert = database.prepare("INSERT INTO history (stream, event) VALUES (?, ?)");
      for (let n = 0; n < 200; n++) insert.run("gate", `{"n":${n}}`.repeat(20));
      database.close();
      Deno.writeFileSync(damaged, damage(Deno.readFileSync(damaged)));
      assert.throws(() => openDatabase(damaged), (error: Error) => {
        assert.match(error.message, /^Cannot open the database .*it is damaged \(.*\)/, why);
        assert.ok(error.message.includes(`move ${damaged} away`), error.message);
        return true;
      });
    }
  }));

Deno.test("a database of another program is refused, untouched", () =>
  withFile((path) => {
    const foreign = new DatabaseSync(path);
    foreign.exec("CREATE TABLE diary (entry TEXT); PRAGMA user_version = 1");
    const before = schema(foreign);
    foreign.close();
    assert.throws(() => openDatabase(path), /belongs to another program/);
    using after = new DatabaseSync(path);
    assert.deepEqual(schema(after), before);
    assert.equal(after.prepare("PRAGMA journal_mode").get()!.journal_mode, "delete");
  }));

Deno.test("a path where no file can be is named", () =>
  withFile((_path, directory) => {
    assert.throws(() => openDatabase(directory), (error: Error) => error.message.includes(directory));
    Deno.writeTextFileSync(`${directory}/file`, "");
    assert.throws(() => openDatabase(`${directory}/file/weir.db`), /Cannot open the database .*file\/weir\.db/);
  }));

Deno.test({
  name: "nobody else may read the file or what lies beside it, not even where it could be read before",
  ignore: !POSIX,
  fn: () =>
    withFile((_path, directory) => {
      const path = `${directory}/deep/er/weir.db`;
      openDatabase(path).close();
      Deno.chmodSync(path, 0o644);
      using database = openDatabase(path);
      database.exec("INSERT INTO counters VALUES ('x', 1)");
      const mode = (file: string) => (Deno.statSync(file).mode! & 0o777).toString(8);
      assert.deepEqual([path, `${path}-wal`, `${path}-shm`].map(mode), ["600", "600", "600"]);
      assert.deepEqual([`${directory}/deep/er`, `${directory}/deep`].map(mode), ["700", "700"]);
    }),
});

Deno.test("what is written goes to a log, and a durable write waits for the disk", () =>
  withFile((path) => {
    using database = openDatabase(path);
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0];
    assert.equal(pragma("journal_mode"), "wal");
    const [NORMAL, FULL] = [1, 2];
    assert.equal(pragma("synchronous"), NORMAL);
    assert.equal(durably(database, () => pragma("synchronous")), FULL);
    assert.throws(() => durably(database, () => database.exec("nonsense")));
    assert.equal(pragma("synchronous"), NORMAL);
  }));

Deno.test("a transaction is all or nothing, and what it fails of is what is told", () =>
  withFile((path) => {
    using database = openDatabase(path);
    const insert = (name: string) => database.prepare("INSERT INTO counters VALUES (?, 1)").run(name);
    assert.throws(() =>
      inTransaction(database, () => {
        insert("a");
        throw new Error("half way");
      }), /half way/);
    assert.throws(() =>
      inTransaction(database, () => {
        insert("b");
        // As SQLite does by itself when the disk is full.
        database.exec("ROLLBACK");
        throw new Error("database or disk is full");
      }), /disk is full/);
    assert.equal(inTransaction(database, () => insert("c").changes), 1);
    assert.deepEqual(database.prepare("SELECT name FROM counters").all().map(({ name }) => name), ["c"]);
  }));

Deno.test("who waits in vain for another writer is told so, and the file is not called damaged", () =>
  withFile((path) => {
    writeForm(path, 1);
    using other = new DatabaseSync(path);
    other.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    assert.throws(() => openDatabase(path), /another process has been writing to it for 5 s/);
  }));
