import assert from "node:assert/strict";
import { build } from "../../scripts/build/build.ts";
import { inDirectory } from "../support/in_directory.ts";

/** Whether bytes occur in a file. */
function holds(file: Uint8Array, text: string): boolean {
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength).includes(text);
}

Deno.test("deno compile takes the program as it is built: all its modules are found, and its libraries are in the file", () =>
  inDirectory(async (folder) => {
    // Its real base executable is fetched from the network. Any other does for everything but to start the result.
    const before = Deno.env.get("DENORT_BIN");
    Deno.env.set("DENORT_BIN", Deno.execPath());
    try {
      const path = await build({ out: folder, compile: true });
      const [file, base] = [await Deno.readFile(path), await Deno.stat(Deno.execPath())];
      assert.ok(file.length > base.size + 50e6, `${file.length} bytes are too few for FFmpeg and ONNX Runtime`);
      for (
        const part of ["stream_worker.js", "inference_worker.js", "node-av.node", "libonnxruntime.so.1", "weir-pitch"]
      ) {
        assert.ok(holds(file.subarray(base.size - 1e6), part), part);
      }
      assert.match(await Deno.readTextFile(`${folder}/SHA256SUMS`), /^[0-9a-f]{64} {2}weir-/m);
    } finally {
      if (before === undefined) Deno.env.delete("DENORT_BIN");
      else Deno.env.set("DENORT_BIN", before);
    }
  }));
