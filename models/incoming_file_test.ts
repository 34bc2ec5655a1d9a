import assert from "node:assert/strict";
import { join } from "node:path";
import { inDirectory } from "../tests/support/in_directory.ts";
import { cannotKeep, IncomingFile } from "./incoming_file.ts";

Deno.test({
  name: "a disk that is full is told to be one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using full = await Deno.open("/dev/full", { write: true });
    const error = await full.write(new Uint8Array(10)).catch((error) => error);
    const told = cannotKeep("cells.onnx", error);
    assert.deepEqual([told.code, told.message], ["storage", "Cannot keep cells.onnx: the disk is full"]);
    assert.match(cannotKeep("cells.onnx", new Error("odd")).message, /cells\.onnx: odd/);
    assert.equal(cannotKeep("other", told), told);
  },
});

Deno.test("a file keeps a name that says what it is, whatever its sender called it, and stays where it belongs", async () => {
  await inDirectory(async (dir) => {
    for (
      const [sent, shown] of [
        ["yolo11n.onnx", "yolo11n.onnx"],
        ["C:\\models\\My Model (1).onnx", "My-Model-1-.onnx"],
        ["../../etc/passwd", "passwd.onnx"],
        [".hidden", "hidden.onnx"],
        ["/", "model.onnx"],
        ["", "model.onnx"],
        ["x".repeat(300) + ".onnx", "x".repeat(75) + ".onnx"],
      ]
    ) {
      await using file = await IncomingFile.open(dir, sent);
      assert.ok(file.path.startsWith(join(dir, "in-")) && file.path.endsWith(`/${shown}`), `${sent}: ${file.path}`);
      assert.equal(file.inWords(`Cannot read ${file.path}: odd`), `Cannot read ${file.shown}: odd`);
    }
    for await (const { name } of Deno.readDir(dir)) assert.fail(`${name} is left`);
  });
});

Deno.test("what was written is what is digested, in however many pieces, and an empty file is one too", async () => {
  await inDirectory(async (dir) => {
    await using file = await IncomingFile.open(dir, "abc");
    for (const piece of ["a", "", "bc"]) await file.write(new TextEncoder().encode(piece));
    assert.equal(await file.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert.equal(file.bytes, 3);
    assert.equal(await Deno.readTextFile(file.path), "abc");
    await using empty = await IncomingFile.open(dir, "none");
    assert.match(await empty.finish(), /^e3b0c442/);
  });
});
