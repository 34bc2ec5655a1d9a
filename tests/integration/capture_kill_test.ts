import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CaptureStore } from "../../src/capture/capture_store.ts";
import { inDirectory } from "../support/in_directory.ts";

const KEEP = { bytes: 1e9, files: 1e6 };
const STORE = fileURLToPath(new URL("../../src/capture/capture_store.ts", import.meta.url));
const FRAMES = fileURLToPath(new URL("../support/captures.ts", import.meta.url));

/** Writes pictures until it is killed, and says a word whenever all so far are on the disk. */
const WRITER = `
  const { CaptureStore } = await import(${JSON.stringify(`file://${STORE}`)});
  const { capturedFrame } = await import(${JSON.stringify(`file://${FRAMES}`)});
  const keep = { bytes: 1e9, files: 200 };
  const store = await CaptureStore.open({ directory: Deno.args[0], keep, exclusive: true });
  for (let n = 0;; n++) {
    store.keepFrame(capturedFrame({ atMs: Date.now(), sizeBytes: 20_000 }));
    if (n % 8 > 0) continue;
    await store.drained();
    Deno.stdout.writeSync(new TextEncoder().encode("."));
  }
`;

Deno.test("a process that is killed while it writes leaves no half capture behind", async () => {
  await inDirectory(async (directory) => {
    const script = `${directory}/writer.js`;
    await Deno.writeTextFile(script, WRITER);
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    for (let round = 0; round < 3; round++) {
      const writer = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--config", config, script, `${directory}/kept`],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = writer.stdout.getReader();
      // Somewhere in the midst of writing, another place each time.
      for (let words = 0; words < 5 * round + 2;) words += (await reader.read()).value!.length;
      writer.kill("SIGKILL");
      await writer.status;
      await reader.cancel();
      await using store = await CaptureStore.open({ directory: `${directory}/kept`, keep: KEEP, exclusive: true });
      await store.scanned;
      assert.ok(store.entries.length > 0);
      for (const entry of store.entries) {
        const { id, media, bytes } = await store.document(entry);
        assert.equal(id, entry.id);
        assert.equal(media, `${entry.id}.jpg`);
        assert.equal((await Deno.stat(store.path(entry, "jpg"))).size, bytes);
      }
    }
  });
});
