import assert from "node:assert/strict";
import { tar, type TarFile, untar } from "./tar.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const bytesOf = (files: TarFile[]) => Buffer.concat([...tar(files, { mtimeS: 1_700_000_000 })]);

Deno.test("an archive does not depend on the order in which its files are given", () => {
  const a = { path: "b/one", bytes: encode("1") };
  const b = { path: "a/two", bytes: encode("22"), executable: true };
  assert.deepEqual(bytesOf([a, b]), bytesOf([b, a]));
});

Deno.test("tar itself reads an archive: names of every length, contents, modes and times", async () => {
  const deep = `${"folder/".repeat(20)}${"n".repeat(80)}`;
  const files = [
    { path: deep, bytes: encode("deep") },
    { path: "empty", bytes: encode("") },
    { path: "block", bytes: new Uint8Array(512).fill(65) },
    { path: "run", bytes: encode("#!/bin/sh\n"), executable: true },
  ];
  const archive = await Deno.makeTempFile();
  try {
    await Deno.writeFile(archive, bytesOf(files));
    const run = async (...args: string[]) => {
      const { stdout, success } = await new Deno.Command("tar", { args, env: { TZ: "UTC" } }).output();
      assert.ok(success);
      return new TextDecoder().decode(stdout);
    };
    const list = await run("-tvf", archive);
    assert.deepEqual(list.trim().split("\n").map((line) => line.split(/\s+/).at(-1)), ["block", "empty", deep, "run"]);
    assert.match(list, /^-rwxr-xr-x 0\/0 +10 2023-11-14 22:13 run$/m);
    assert.equal(await run("-xOf", archive, deep), "deep");
    assert.equal((await run("-xOf", archive, "block")).length, 512);
  } finally {
    await Deno.remove(archive);
  }
});

Deno.test("a name that the format cannot hold is refused", () => {
  assert.throws(() => bytesOf([{ path: "x".repeat(101), bytes: encode("") }]), /name is too long/);
});

Deno.test("what was packed is read back; a cut archive is refused", () => {
  const files: TarFile[] = [
    { path: `${"folder/".repeat(20)}deep`, bytes: encode("deep"), executable: false },
    { path: "run", bytes: new Uint8Array(1000).fill(7), executable: true },
  ];
  const archive = new Uint8Array(bytesOf(files));
  assert.deepEqual([...untar(archive)], files);
  assert.throws(() => [...untar(archive.subarray(0, archive.length - 1800))], /damaged/);
});
