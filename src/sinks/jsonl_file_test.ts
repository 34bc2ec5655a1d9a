import assert from "node:assert/strict";
import { join } from "node:path";
import { JsonlFile, type JsonlFileOptions } from "./jsonl_file.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";

const names = (directory: string) => [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

function make(directory: string, options: Partial<JsonlFileOptions> = {}): JsonlFile {
  return new JsonlFile({
    path: join(directory, "a.jsonl"),
    maxBytes: 100,
    keep: 10,
    gzip: false,
    now: () => 0,
    ...options,
  });
}

/** A line of so many bytes, its feed included. */
const line = (sizeBytes: number, letter = "x") => letter.repeat(sizeBytes - 1);

async function unzipped(path: string): Promise<string> {
  using file = await Deno.open(path);
  return await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).text();
}

Deno.test("a file that would grow too large makes place for a new one; earlier ones have the time in their name", () =>
  inDirectory(async (directory) => {
    let nowMs = Date.parse("2026-01-31T12:00:00.123Z");
    await using file = make(directory, { now: () => nowMs });
    await file.append([line(50, "a")]);
    await file.append([line(50, "b")]);
    await file.append([line(50, "c")]);
    // Within the same millisecond nothing is overwritten.
    await file.append([line(90, "d")]);
    nowMs += 1000;
    await file.append([line(20, "e")]);
    assert.deepEqual(names(directory), [
      "a.jsonl",
      "a.jsonl.20260131T120000123Z",
      "a.jsonl.20260131T120000124Z",
      "a.jsonl.20260131T120001123Z",
    ]);
    const texts = names(directory).map((name) => Deno.readTextFileSync(join(directory, name)));
    assert.deepEqual(texts.map((text) => text.replace(/(.)\1*\n/g, "$1")), ["e", "ab", "c", "d"]);
  }));

Deno.test("a file that is old makes place, too, also when another process began it", () =>
  inDirectory(async (directory) => {
    const begunMs = Date.now();
    let nowMs = begunMs;
    const options = { now: () => nowMs, maxAgeMs: 60_000 };
    await (await make(directory, options)).append(["first"]);
    nowMs += 30_000;
    const file = make(directory, options);
    await file.append(["second"]);
    assert.deepEqual(names(directory), ["a.jsonl"]);
    nowMs = begunMs + 61_000;
    await file.append(["third"]);
    assert.equal(names(directory).length, 2);
    assert.equal(await Deno.readTextFile(join(directory, "a.jsonl")), "third\n");
    await file[Symbol.asyncDispose]();
  }));

Deno.test("earlier files are compressed, and only so many and so much of them are kept; others' files are left alone", () =>
  inDirectory(async (directory) => {
    let nowMs = 0;
    await Deno.writeTextFile(join(directory, "a.jsonl.notes"), "mine");
    const file = make(directory, { gzip: true, keep: 2, now: () => nowMs += 1000 });
    for (const letter of ["a", "b", "c", "d", "e"]) await file.append([line(80, letter)]);
    await file[Symbol.asyncDispose]();
    const [current, ...earlier] = names(directory);
    assert.equal(current, "a.jsonl");
    assert.equal(earlier.pop(), "a.jsonl.notes");
    assert.equal(earlier.length, 2);
    const texts = await Promise.all(earlier.map((name) => unzipped(join(directory, name))));
    assert.deepEqual(texts, [`${line(80, "c")}\n`, `${line(80, "d")}\n`]);
    const small = make(directory, { keep: 100, keepBytes: 250, now: () => nowMs += 1000 });
    for (let count = 0; count < 8; count++) await small.append([line(80)]);
    await small[Symbol.asyncDispose]();
    const sizes = names(directory).filter((name) => /Z(\.gz)?$/.test(name)).map((name) =>
      Deno.statSync(join(directory, name)).size
    );
    assert.ok(sizes.length >= 2 && sizes.reduce((sum, size) => sum + size, 0) <= 250, `${sizes}`);
  }));

Deno.test("half a line that a crash left spoils no other line", () =>
  inDirectory(async (directory) => {
    await Deno.writeTextFile(join(directory, "a.jsonl"), '{"whole":1}\n{"cut o');
    await using file = make(directory);
    await file.append(['{"next":1}']);
    assert.equal(await Deno.readTextFile(join(directory, "a.jsonl")), '{"whole":1}\n{"cut o\n{"next":1}\n');
  }));

Deno.test("a file that somebody takes away is begun anew", () =>
  inDirectory(async (directory) => {
    await using file = make(directory);
    await file.append(["one"]);
    await Deno.rename(join(directory, "a.jsonl"), join(directory, "moved"));
    await file.append(["two"]);
    assert.equal(await Deno.readTextFile(join(directory, "a.jsonl")), "two\n");
    assert.equal(await Deno.readTextFile(join(directory, "moved")), "one\n");
  }));
