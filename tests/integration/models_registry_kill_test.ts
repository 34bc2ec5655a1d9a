import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256Of } from "../../models/file_digest.ts";
import { RegistryStore } from "../../models/registry_store.ts";
import { examineModel } from "../../models/manifest.ts";
import { inDirectory } from "../support/in_directory.ts";
import { untilWithin } from "../support/until.ts";

const ADDER = fileURLToPath(new URL("../support/registry_adder.ts", import.meta.url));
const KILLS = 6;
/** Two programs start and do a round's work, however busy the machine is. */
const until = untilWithin(180_000);

/** Processes that add, switch and remove models without a pause; all are killed in the midst of it. */
Deno.test("processes that are killed at any moment leave a registry that is whole, with no file half there", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(join(dir, "models"));
    for (let round = 0; round < KILLS; round++) {
      const children = [0, 1].map((n) =>
        new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", ADDER, store.directory, `m${n}`],
          stdout: "piped",
          stderr: "inherit",
        }).spawn()
      );
      const steps = children.map((child) => stepsOf(child.stdout));
      try {
        // Every round is cut at another place of the work.
        await until(() => steps.every(({ count }) => count > round * 3), "work of both");
      } finally {
        for (const child of children) child.kill("SIGKILL");
        await Promise.all(children.map(({ status }) => status));
        await Promise.all(steps.map(({ done }) => done));
      }
      const { models, faults } = await store.list();
      assert.deepEqual(faults, []);
      for (const { name, versions } of models) {
        for (const { version, sha256 } of versions) {
          const { spec } = await examineModel(`${name}@${version}`, {}, { registry: store });
          assert.equal(spec.sha256, sha256);
          assert.equal(await sha256Of(store.fileOf({ sha256 })), sha256);
        }
      }
      // Whoever comes next can change what the killed ones held.
      await store.tidy();
      const kept = new Set(models.flatMap(({ versions }) => versions.map(({ sha256 }) => `${sha256}.onnx`)));
      const there: string[] = [];
      for await (const { name } of Deno.readDir(join(store.directory, "files"))) there.push(name);
      assert.deepEqual(there.toSorted(), [...kept].toSorted());
    }
  });
});

function stepsOf(stdout: ReadableStream<Uint8Array>): { readonly count: number; done: Promise<void> } {
  let count = 0;
  const read = async () => {
    for await (const piece of stdout) count += piece.filter((byte) => byte === 10).length;
  };
  return {
    get count() {
      return count;
    },
    done: read(),
  };
}
