import assert from "node:assert/strict";
import { sourceState } from "./source_state.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "weir-source-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the commit and its time are told, with a sign when files differ from it", () =>
  inFolder(async (folder) => {
    const git = async (...args: string[]) => {
      const env = { GIT_COMMITTER_DATE: "2026-01-31T12:00:00Z", GIT_CONFIG_GLOBAL: "/dev/null" };
      const who = ["-c", "user.name=a", "-c", "user.email=a@b"];
      const { success } = await new Deno.Command("git", { args: ["-C", folder, ...who, ...args], env }).output();
      assert.ok(success, args.join(" "));
    };
    await git("init", "--quiet");
    await Deno.writeTextFile(`${folder}/a`, "1");
    await git("add", "a");
    await git("commit", "--quiet", "-m", "a");
    const { commit, mtimeS } = await sourceState(folder);
    assert.match(commit, /^[0-9a-f]{40}$/);
    assert.equal(mtimeS, Date.UTC(2026, 0, 31, 12) / 1000);
    await Deno.writeTextFile(`${folder}/b`, "not of the repository");
    assert.equal((await sourceState(folder)).commit, commit);
    await Deno.writeTextFile(`${folder}/a`, "2");
    assert.equal((await sourceState(folder)).commit, `${commit}+`);
  }));

Deno.test("source without a repository is built all the same", () =>
  inFolder(async (folder) => {
    assert.deepEqual(await sourceState(folder), { commit: "unknown", mtimeS: 0 });
  }));
