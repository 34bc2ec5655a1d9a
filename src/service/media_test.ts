import assert from "node:assert/strict";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { Media } from "./media.ts";

const all = { path: "", limit: 100 };

Deno.test("A folder's folders and videos are listed in the order in which people look for them", async () => {
  await inDirectory(async (root) => {
    await Deno.mkdir(`${root}/week 10`);
    await Deno.mkdir(`${root}/week 2`);
    for (const name of ["gate 10.mp4", "gate 9.MKV", "notes.txt", ".hidden.mp4"]) {
      await Deno.writeTextFile(`${root}/${name}`, "12345");
    }
    const media = new Media({ mediaRoot: root });
    const { configured, path, entries, more } = await media.list(all);
    assert.deepEqual([configured, path, more], [true, "", false]);
    assert.deepEqual(entries.map(({ kind, name }) => [kind, name]), [
      ["folder", "week 2"],
      ["folder", "week 10"],
      ["file", "gate 9.MKV"],
      ["file", "gate 10.mp4"],
    ]);
    assert.deepEqual(entries[3].source, { kind: "file", path: `${await Deno.realPath(root)}/gate 10.mp4` });
    assert.equal(entries[3].bytes, 5);
    assert.equal(entries[0].source, undefined);
  });
});

Deno.test("Pages follow one another without a gap, also when what a page ended with is gone", async () => {
  await inDirectory(async (root) => {
    await Deno.mkdir(`${root}/folder`);
    for (const number of [1, 2, 3]) await Deno.writeTextFile(`${root}/${number}.mp4`, "");
    const media = new Media({ mediaRoot: root });
    const names = async (query: { after?: string }) => {
      const { entries, more } = await media.list({ ...all, limit: 2, ...query });
      return [...entries.map(({ name }) => name), more];
    };
    assert.deepEqual(await names({}), ["folder", "1.mp4", true]);
    assert.deepEqual(await names({ after: "folder/" }), ["1.mp4", "2.mp4", true]);
    await Deno.remove(`${root}/1.mp4`);
    assert.deepEqual(await names({ after: "1.mp4" }), ["2.mp4", "3.mp4", false]);
    assert.deepEqual(await names({ after: "3.mp4" }), [false]);
  });
});

Deno.test("Nothing outside the root is listed, whatever leads there", async () => {
  await inDirectory(async (directory) => {
    const root = `${directory}/root`;
    await Deno.mkdir(`${root}/inside`, { recursive: true });
    await Deno.mkdir(`${directory}/outside`);
    for (const path of ["root/inside/in.mp4", "outside/out.mp4"]) await Deno.writeTextFile(`${directory}/${path}`, "");
    await Deno.symlink(`${directory}/outside`, `${root}/way out`);
    await Deno.symlink(`${directory}/outside/out.mp4`, `${root}/out.mp4`);
    await Deno.symlink(`${root}/inside`, `${root}/way in`);
    await Deno.symlink(`${root}/nowhere`, `${root}/broken.mp4`);
    const media = new Media({ mediaRoot: root });
    assert.deepEqual((await media.list(all)).entries.map(({ name }) => name), ["inside", "way in"]);
    assert.deepEqual((await media.list({ ...all, path: "way in" })).path, "inside");
    for (const path of ["..", "way out", "inside/../..", "/etc", "nobody", "inside/in.mp4", "a\0b"]) {
      await assert.rejects(media.list({ ...all, path }), /Cannot list/, path);
    }
    const [here, away] = await Promise.all(
      ["../outside", "../nowhere"].map((path) => media.list({ ...all, path }).catch(({ code }) => code)),
    );
    assert.equal(here, away, "what lies outside is not told apart from what is not there");
  });
});

Deno.test("Without a root there is nothing, and one that is gone is told of", async () => {
  assert.deepEqual(await new Media({}).list(all), { configured: false, path: "", entries: [], more: false });
  await assert.rejects(new Media({ mediaRoot: "/no/such/root" }).list(all), /media root \/no\/such\/root/);
});
