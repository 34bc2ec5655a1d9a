import assert from "node:assert/strict";
import { join } from "node:path";
import { capturedFrame } from "../../tests/support/captures.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { CaptureStore, type CaptureStoreOptions } from "./capture_store.ts";

const NOON = Date.parse("2026-01-31T12:00:00Z");
const DAY = 86_400_000;
const HUGE = { bytes: 1e12, files: 1e6 };

function open(directory: string, over: Partial<CaptureStoreOptions> = {}): Promise<CaptureStore> {
  return CaptureStore.open({ directory, keep: HUGE, exclusive: true, now: () => NOON, ...over });
}

/** Paths of all files below a folder, relative to it. */
async function filesIn(directory: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(directory, below))) {
    if (isDirectory) found.push(...await filesIn(directory, join(below, name)));
    else found.push(join(below, name));
  }
  return found.sort();
}

Deno.test("a picture lies in the folder of its day, with a document of all that is known of it beside it", async () => {
  await inDirectory(async (directory) => {
    await using store = await open(directory);
    const frame = capturedFrame({ reasons: ["nth", "low"] });
    assert.equal(store.keepFrame(frame), true);
    await store.drained();
    const [entry] = store.entries;
    assert.match(entry.id, /^20260131T120000000Z_[0-9a-f-]{36}$/);
    const name = join("2026", "01", "31", entry.id);
    assert.deepEqual(await filesIn(directory), [`${name}.jpg`, `${name}.json`]);
    assert.deepEqual(await Deno.readFile(join(directory, `${name}.jpg`)), frame.image);
    const document = JSON.parse(await Deno.readTextFile(join(directory, `${name}.json`)));
    assert.deepEqual(document, {
      v: 1,
      id: entry.id,
      kind: "frame",
      stream: "gate",
      at: "2026-01-31T12:00:00.000Z",
      reasons: ["nth", "low"],
      media: `${entry.id}.jpg`,
      bytes: 1000,
      width: 64,
      height: 48,
      models: frame.models,
      result: frame.result,
    });
    const { files, bytes, kept, waiting } = store.status();
    const onDisk = 1000 + JSON.stringify(document).length;
    assert.deepEqual({ files, bytes, kept, waiting }, { files: 1, bytes: onDisk, kept: 1, waiting: 0 });
  });
});

Deno.test("what is older than may be kept goes, and its empty folders with it", async () => {
  await inDirectory(async (directory) => {
    let now = NOON;
    await using store = await open(directory, { keep: { ...HUGE, days: 2 }, now: () => now });
    for (const days of [0, 1, 2, 3]) {
      now = NOON + days * DAY;
      store.keepFrame(capturedFrame({ atMs: now }));
      await store.drained();
    }
    assert.deepEqual(store.entries.map(({ atMs }) => (atMs - NOON) / DAY), [1, 2, 3]);
    assert.equal((await filesIn(directory)).length, 6);
    await assert.rejects(Deno.stat(join(directory, "2026", "01")), Deno.errors.NotFound);
  });
});

Deno.test("what is more than may be kept costs the oldest, by bytes and by number", async () => {
  await inDirectory(async (directory) => {
    await using store = await open(directory, { keep: { bytes: 25_000, files: 1e6 } });
    for (let n = 0; n < 6; n++) store.keepFrame(capturedFrame({ atMs: NOON + n, sizeBytes: 10_000 }));
    await store.drained();
    assert.deepEqual(store.entries.map(({ atMs }) => atMs - NOON), [4, 5]);
    assert.equal(store.status().removed, 4);
    store.keep = { bytes: 1e9, files: 1 };
    await store.drained();
    assert.deepEqual(store.entries.map(({ atMs }) => atMs - NOON), [5]);
    assert.equal((await filesIn(directory)).length, 2);
  });
});

Deno.test("a folder that is opened again is as it was, and what was left unfinished is gone", async () => {
  await inDirectory(async (directory) => {
    let before;
    {
      await using store = await open(directory);
      for (let n = 0; n < 3; n++) store.keepFrame(capturedFrame({ atMs: NOON + n }));
      await store.drained();
      before = [...store.entries];
    }
    const folder = join(directory, "2026", "01", "31");
    const id = (n: number) => `20260131T12000000${n}Z_00000000-0000-4000-8000-000000000000`;
    for (const name of [`${id(7)}.jpg`, `${id(8)}.json`, `${id(9)}.jpg.part`, "notes.txt"]) {
      await Deno.writeTextFile(join(folder, name), "half");
    }
    await using store = await open(directory);
    await store.scanned;
    assert.deepEqual(store.entries, before);
    assert.deepEqual((await filesIn(folder)).filter((name) => !before.some(({ id }) => name.startsWith(id))), [
      "notes.txt",
    ]);
  });
});

Deno.test("in a folder that others write to, what has only just been begun is left alone", async () => {
  await inDirectory(async (directory) => {
    const folder = join(directory, "2026", "01", "31");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "20260131T120000000Z_00000000-0000-4000-8000-000000000000.jpg.part"), "");
    await using store = await open(directory, { exclusive: false, now: Date.now });
    await store.scanned;
    assert.deepEqual(store.entries, []);
    assert.equal((await filesIn(folder)).length, 1);
  });
});

Deno.test("a picture that finds no room is dropped and counted; those that wait are written", async () => {
  await inDirectory(async (directory) => {
    await using store = await open(directory, { capacity: 3, capacityBytes: 2500 });
    const taken = Array.from({ length: 5 }, (_, n) => store.keepFrame(capturedFrame({ atMs: NOON + n })));
    await store.drained();
    assert.deepEqual(taken, [true, true, false, false, false]);
    const { kept, dropped } = store.status();
    assert.deepEqual([kept, dropped], [2, 3]);
  });
});

Deno.test("a disk that refuses is a fault that is told, and forgotten when it takes again", async () => {
  await inDirectory(async (directory) => {
    await using store = await open(directory);
    await Deno.writeTextFile(join(directory, "2026"), "in the way");
    store.keepFrame(capturedFrame());
    await store.drained();
    assert.deepEqual([store.status().failed, store.entries.length], [1, 0]);
    assert.match(store.status().fault!.message, /Cannot keep captures in/);
    await Deno.remove(join(directory, "2026"));
    store.keepFrame(capturedFrame());
    await store.drained();
    assert.equal(store.status().fault, undefined);
    assert.equal(store.entries.length, 1);
  });
});

Deno.test("whoever takes a place in the day's sample makes the one before go, unless that is kept for more", async () => {
  await inDirectory(async (directory) => {
    const place = (slot: number, seen: number) => ({ day: "2026-01-31", slot, seen });
    {
      await using store = await open(directory);
      store.keepFrame(capturedFrame({ atMs: NOON, reasons: ["reservoir"], reservoir: place(0, 1) }));
      store.keepFrame(capturedFrame({ atMs: NOON + 1, reasons: ["nth", "reservoir"], reservoir: place(1, 2) }));
      store.keepFrame(capturedFrame({ atMs: NOON + 2, reasons: ["reservoir"], reservoir: place(0, 9) }));
      await store.drained();
      assert.deepEqual(store.entries.map(({ atMs }) => atMs - NOON), [1, 2]);
    }
    await using again = await open(directory);
    assert.deepEqual(again.reservoir.mark, { day: "2026-01-31", seen: 9 });
    again.keepFrame(capturedFrame({ atMs: NOON + 3, reasons: ["reservoir"], reservoir: place(1, 12) }));
    again.keepFrame(capturedFrame({ atMs: NOON + 4, reasons: ["reservoir"], reservoir: place(0, 15) }));
    await again.drained();
    assert.deepEqual(again.entries.map(({ atMs }) => atMs - NOON), [1, 3, 4]);
  });
});

Deno.test("a clip is moved to where it is kept, and one that cannot be is gone", async () => {
  await inDirectory(async (directory) => {
    await using store = await open(directory);
    await store.scanned;
    await Deno.mkdir(store.incoming);
    const path = join(store.incoming, "one.mp4");
    await Deno.writeTextFile(path, "a film");
    const clip = {
      ...{ stream: "gate", atMs: NOON, path, codec: "h264", width: 64, height: 48, packets: 9, epoch: 1 },
      ...{ fromPts: 1, toPts: 2, alerts: [] },
    };
    assert.equal(store.keepClip(clip), true);
    store.keepClip({ ...clip, path: join(store.incoming, "missing.mp4") });
    await store.drained();
    const [entry] = store.entries;
    assert.equal(await Deno.readTextFile(store.path(entry, "mp4")), "a film");
    const { kind, media, codec, ...rest } = await store.document(entry);
    assert.deepEqual([kind, media, codec, "path" in rest], ["clip", `${entry.id}.mp4`, "h264", false]);
    assert.deepEqual([store.status().kept, store.status().failed], [1, 1]);
  });
});
