import assert from "node:assert/strict";
import { join } from "node:path";
import { DiskSpool } from "./disk_spool.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";

const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

Deno.test("what is spooled comes out in order, also after another process opens it", () =>
  inDirectory(async (directory) => {
    const maxBytes = 16_000;
    let spool = await DiskSpool.open({ directory, maxBytes });
    await spool.append(lines(0, 300));
    assert.deepEqual(await spool.peek(10), lines(0, 10));
    await spool.shift(7);
    spool = await DiskSpool.open({ directory, maxBytes });
    assert.equal(spool.waiting, 293);
    await spool.append(lines(300, 310));
    const seen: string[] = [];
    for (let some = await spool.peek(64); some.length > 0; some = await spool.peek(64)) {
      seen.push(...some);
      await spool.shift(some.length);
    }
    assert.deepEqual(seen, lines(7, 310));
    assert.equal(spool.waiting, 0);
    await spool[Symbol.asyncDispose]();
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  }));

Deno.test("a spool that is full loses its oldest lines, counts them and stays within its bounds", () =>
  inDirectory(async (directory) => {
    const spool = await DiskSpool.open({ directory, maxBytes: 1600 });
    for (let from = 0; from < 1000; from += 5) {
      await spool.append(lines(from, from + 5));
      assert.ok(spool.sizeBytes <= 1600);
    }
    assert.ok(spool.dropped > 0);
    assert.equal(spool.dropped + spool.waiting, 1000);
    assert.deepEqual(await spool.peek(1), [`line ${spool.dropped}`]);
  }));

Deno.test("half a line that a crash left is not taken for one, and costs nothing that comes after", () =>
  inDirectory(async (directory) => {
    const options = { directory, maxBytes: 16_000 };
    await (await DiskSpool.open(options)).append(lines(0, 3));
    const [{ name }] = [...Deno.readDirSync(directory)];
    await Deno.writeTextFile(join(directory, name), "line 3 is cut o", { append: true });
    const spool = await DiskSpool.open(options);
    await spool.append(["after"]);
    assert.deepEqual(await spool.peek(10), lines(0, 3));
    await spool.shift(3);
    assert.deepEqual(await spool.peek(10), ["after"]);
  }));

Deno.test("a nonsensical cursor is passed over", () =>
  inDirectory(async (directory) => {
    const options = { directory, maxBytes: 16_000 };
    await (await DiskSpool.open(options)).append(lines(0, 3));
    for (const cursor of ["{", "null", '{"segment":1,"done":-2}', '{"segment":9,"done":2}']) {
      await Deno.writeTextFile(join(directory, "cursor.json"), cursor);
      assert.equal((await DiskSpool.open(options)).waiting, 3, cursor);
    }
  }));
