import assert from "node:assert/strict";
import { join } from "node:path";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { ClipFolder, safeName } from "./clip_folder.ts";

Deno.test("a name is made safe: nothing leads elsewhere, hides a file or means anything to a shell", () => {
  const cases: [string, string][] = [
    ["face.mp4", "face.mp4"],
    ["../../etc/passwd", "passwd"],
    ["C:\\clips\\my face.MP4", "my-face.MP4"],
    ["..", "clip"],
    ["", "clip"],
    [".bashrc", "bashrc"],
    ["-rf", "rf"],
    ["a\0b\n;$(rm).mp4", "a-b-rm-.mp4"],
    ["Gesicht für Ümit.mov", "Gesicht-f-r-mit.mov"],
    ["％2e％2e", "2e-2e"],
    [`${"x".repeat(300)}.mkv`, `${"x".repeat(76)}.mkv`],
  ];
  for (const [called, name] of cases) {
    assert.equal(safeName(called), name);
    assert.equal(safeName(name), name, "a safe name stays");
  }
});

Deno.test("clips of one name get names of their own, at once too, and what is no clip is not listed", () =>
  inDirectory(async (directory) => {
    const folder = new ClipFolder(join(directory, "uploads"));
    await folder.open();
    const coming = Array.from({ length: 5 }, () => folder.partial());
    for (const path of coming) await Deno.writeTextFile(path, path);
    assert.deepEqual(await folder.list(), []);
    const kept = await Promise.all(coming.map((path) => folder.keep(path, "a/face.mp4")));
    assert.deepEqual(kept.map(({ name }) => name).sort(), [
      "face-2.mp4",
      "face-3.mp4",
      "face-4.mp4",
      "face-5.mp4",
      "face.mp4",
    ]);
    for (const [n, { path }] of kept.entries()) assert.equal(await Deno.readTextFile(path), coming[n]);
    await Deno.symlink(directory, join(folder.path, "away.mp4"));
    await Deno.mkdir(join(folder.path, "sub"));
    assert.equal((await folder.list()).length, 5);
    for (const name of ["../secret", "away.mp4", "sub", ".coming-x", "face.mp4/", "nobody.mp4", ""]) {
      assert.equal(await folder.find(name), undefined, name);
    }
  }));

Deno.test("what a process left half is cleared away, unless somebody may still be writing it", () =>
  inDirectory(async (directory) => {
    const folder = new ClipFolder(directory);
    const [old, fresh] = [folder.partial(), folder.partial()];
    for (const path of [old, fresh]) await Deno.writeTextFile(path, "half");
    const yesterday = new Date(Date.now() - 2 * 86_400_000);
    await Deno.utime(old, yesterday, yesterday);
    await folder.open();
    assert.deepEqual((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => join(directory, name)), [
      fresh,
    ]);
  }));
