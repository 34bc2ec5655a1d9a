import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { StateEvent, StreamRegistration } from "../core/stream.ts";
import { Store } from "./store.ts";

function registration(id: string, url = "rtsp://user:secret@10.0.0.7/main"): StreamRegistration {
  return {
    id,
    source: { kind: "rtsp", url },
    pipeline: [{ model: "yolo11n", minScore: 0.3 }, { analyzer: "track" }],
    policy: { mode: "latest", weight: 1, capacity: 8, maxAgeMs: 500 },
    labels: { site: "north" },
  };
}

function change(stream: string, restarts: number): StateEvent {
  const at = new Date(1_750_000_000_000 + restarts).toISOString();
  return { v: 1, type: "state", stream, state: "running", previous: "connecting", at, epoch: 1, restarts };
}

/** Hands over how to open one file again and again. */
function withStores(test: (open: () => Store, path: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "weir-store-" });
  try {
    test(() => Store.open(`${directory}/weir.db`), `${directory}/weir.db`);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const ids = (store: Store) => store.streams().map((stored) => stored.registration.id);

Deno.test("positions rise for ever, over restarts too, and begin with 1", () =>
  withStores((open) => {
    const firsts: number[] = [];
    for (let life = 0; life < 3; life++) {
      using store = open();
      firsts.push(store.reserve(10_000), store.reserve(1));
    }
    assert.deepEqual(firsts, [1, 10_001, 10_002, 20_002, 20_003, 30_003]);
    using store = open();
    for (const count of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => store.reserve(count), RangeError);
  }));

Deno.test("two that have one file open are never given the same position", () =>
  withStores((open) => {
    using one = open();
    using other = open();
    const firsts = Array.from({ length: 40 }, (_, turn) => (turn % 3 ? one : other).reserve(5));
    assert.deepEqual(firsts, Array.from({ length: 40 }, (_, turn) => 1 + turn * 5));
  }));

Deno.test("streams come back as they were registered, in that order, whatever the clock said", () =>
  withStores((open) => {
    using time = stoppedClock();
    {
      using store = open();
      for (const id of ["gate", "yard", "attic"]) {
        time.now -= 3_600_000;
        store.put(registration(id));
      }
      store.put(registration("yard", "rtsp://10.0.0.8/other"));
    }
    using store = open();
    assert.deepEqual(ids(store), ["gate", "yard", "attic"]);
    const [gate, yard] = store.streams();
    assert.deepEqual(gate, { registration: registration("gate"), paused: false, epoch: 0, seq: 0 });
    assert.equal(yard.registration.source.url, "rtsp://10.0.0.8/other");
  }));

Deno.test("a changed registration keeps the stream's numbers and its pause", () =>
  withStores((open) => {
    using store = open();
    store.put(registration("gate"));
    store.setPaused("gate", true);
    store.setNumbers("gate", { epoch: 3, seq: 20_000 });
    store.put(registration("gate", "rtsp://10.0.0.8/other"));
    const [{ paused, epoch, seq }] = store.streams();
    assert.deepEqual({ paused, epoch, seq }, { paused: true, epoch: 3, seq: 20_000 });
    store.setPaused("gate", false);
    assert.deepEqual(store.marks("gate"), { paused: false, epoch: 3, seq: 20_000 });
  }));

Deno.test("a stream's numbers never go back", () =>
  withStores((open) => {
    using store = open();
    store.setNumbers("gate", { epoch: 3, seq: 20_000 });
    store.setNumbers("gate", { epoch: 1, seq: 30_000 });
    store.setNumbers("gate", { epoch: 4, seq: 10 });
    assert.deepEqual(store.marks("gate"), { paused: false, epoch: 4, seq: 30_000 });
  }));

Deno.test("a stream that is registered elsewhere has its marks all the same, and is not among the registered", () =>
  withStores((open) => {
    {
      using store = open();
      assert.deepEqual(store.marks("configured"), { paused: false, epoch: 0, seq: 0 });
      store.setPaused("configured", true);
      store.setNumbers("configured", { epoch: 2, seq: 10_000 });
    }
    using store = open();
    assert.deepEqual(store.marks("configured"), { paused: true, epoch: 2, seq: 10_000 });
    assert.deepEqual(store.streams(), []);
  }));

Deno.test("what is remembered of streams that nobody names any more can be forgotten", () =>
  withStores((open) => {
    using store = open();
    store.put(registration("gate", "rtsp://10.0.0.7/main"));
    for (const id of ["gate", "configured", "gone"]) {
      store.setNumbers(id, { epoch: 2, seq: 10_000 });
      store.remember(change(id, 1));
    }
    store.keepOnly(["configured"]);
    const left = ["gate", "configured", "gone"].map((id) => [store.marks(id).seq, store.history(id).length]);
    assert.deepEqual(left, [[10_000, 1], [10_000, 1], [0, 0]]);
  }));

Deno.test("each stream keeps its latest 200 changes, whatever the others do", () =>
  withStores((open, path) => {
    using store = open();
    store.remember(change("quiet", 0));
    for (let n = 1; n <= 250; n++) store.remember(change("busy", n));
    const kept = store.history("busy").map(({ restarts }) => restarts);
    assert.deepEqual(kept, Array.from({ length: 200 }, (_, index) => 51 + index));
    assert.deepEqual(store.history("busy", 2).map(({ restarts }) => restarts), [249, 250]);
    assert.deepEqual(store.history("quiet"), [change("quiet", 0)]);
    assert.deepEqual(store.history("nobody"), []);
    using raw = new DatabaseSync(path, { readOnly: true });
    const rows = raw.prepare("SELECT count(*) AS n FROM history").get()!.n as number;
    assert.ok(rows <= 201 + 32, `${rows} rows are kept`);
  }));

Deno.test("a deleted stream leaves nothing behind, and its neighbours stay", () =>
  withStores((open, path) => {
    using store = open();
    for (const id of ["gate", "yard"]) {
      store.put(registration(id));
      store.setNumbers(id, { epoch: 1, seq: 10_000 });
      store.remember(change(id, 1));
    }
    store.delete("gate");
    store.delete("nobody");
    assert.deepEqual([ids(store), store.history("gate"), store.history("yard").length], [["yard"], [], 1]);
    assert.deepEqual(store.marks("gate"), { paused: false, epoch: 0, seq: 0 });
    using raw = new DatabaseSync(path, { readOnly: true });
    for (const table of ["streams", "marks", "history"]) {
      assert.equal(raw.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n, 1, table);
    }
  }));

Deno.test("ids and texts are data, whatever is in them", () =>
  withStores((open) => {
    using store = open();
    const odd = `x'; DROP TABLE streams; -- "\u{1F30A}`;
    store.put(registration(odd));
    store.remember(change(odd, 1));
    assert.deepEqual([ids(store), store.history(odd).length], [[odd], 1]);
  }));

Deno.test("a write that the disk refuses says what could not be done, and takes no position away", () =>
  withStores((open, path) => {
    using store = open();
    const first = store.reserve(10);
    using hog = new DatabaseSync(path);
    hog.exec(
      "CREATE TRIGGER full BEFORE UPDATE ON counters BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    assert.throws(() => store.reserve(10), /^Error: Cannot reserve positions in .*weir\.db: database or disk is full/);
    hog.exec("DROP TRIGGER full");
    assert.equal(store.reserve(10), first + 10);
  }));

Deno.test("a history that the disk refuses is a fault to be told of, not the end of who reports to it", () =>
  withStores((_open, path) => {
    const faults: string[] = [];
    using store = Store.open(path, { onFault: ({ message }) => faults.push(message) });
    using strict = Store.open(path);
    using hog = new DatabaseSync(path);
    hog.exec(`
      CREATE TRIGGER a BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;
      CREATE TRIGGER b BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;`);
    store.remember(change("gate", 1));
    store.setNumbers("gate", { epoch: 1, seq: 1 });
    assert.deepEqual(faults, [
      `Cannot add to the history of gate in ${path}: database or disk is full`,
      `Cannot store the numbers of gate in ${path}: database or disk is full`,
    ]);
    assert.throws(() => store.setPaused("gate", true), /Cannot store that gate is paused/, "its asker waits for it");
    assert.throws(() => strict.remember(change("gate", 1)), /Cannot add to the history/);
    hog.exec("DROP TRIGGER a; DROP TRIGGER b");
    store.remember(change("gate", 2));
    assert.equal(store.history("gate").length, 1);
  }));

Deno.test("a registration that cannot be read is named", () =>
  withStores((open, path) => {
    using store = open();
    store.put(registration("gate"));
    using raw = new DatabaseSync(path);
    raw.exec(`UPDATE streams SET registration = '{"id":'`);
    assert.throws(() => store.streams(), /Cannot read the registration of gate in .*weir\.db/);
  }));

Deno.test("a store is closed once, and says so to those who come later", () =>
  withStores((open, path) => {
    const store = open();
    store.put(registration("gate"));
    store[Symbol.dispose]();
    store[Symbol.dispose]();
    assert.throws(() => store.reserve(1), /Cannot reserve positions in .*not open/);
    // All is in the one file then.
    assert.throws(() => Deno.statSync(`${path}-wal`), Deno.errors.NotFound);
  }));

function stoppedClock(): Disposable & { now: number } {
  const real = Date.now;
  const clock = { now: 1_750_000_000_000, [Symbol.dispose]: () => void (Date.now = real) };
  Date.now = () => clock.now;
  return clock;
}
