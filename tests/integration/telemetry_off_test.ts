import assert from "node:assert/strict";
import { join } from "node:path";
import { inDirectory } from "../support/in_directory.ts";
import { weirCommand } from "../support/command_line.ts";

Deno.test("nobody else is told of this machine: ONNX Runtime makes itself no identity", () =>
  inDirectory(async (home) => {
    const [program, ...args] = weirCommand(["run", "scene:pitch?seconds=1&pace=fast", "--quiet"]);
    const { DENO_DIR = join(Deno.env.get("HOME") ?? "/", ".cache", "deno"), PATH = "" } = Deno.env.toObject();
    // Without `CI` and its like, at which it would keep quiet by itself.
    const env = { HOME: home, XDG_CACHE_HOME: join(home, ".cache"), DENO_DIR, PATH };
    const { code, stdout } = await new Deno.Command(program, { args, clearEnv: true, env, stderr: "inherit" }).output();
    assert.equal(code, 0);
    assert.match(new TextDecoder().decode(stdout), /"inferMs"/);
    const left: string[] = [];
    for (const folder of [".cache", ".config", ".local"]) {
      for await (const { name } of entries(join(home, folder))) left.push(`${folder}/${name}`);
    }
    assert.deepEqual(left.filter((name) => /microsoft|onnx/i.test(name)), []);
  }));

async function* entries(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
