import assert from "node:assert/strict";
import { join } from "node:path";
import { inDirectory } from "../tests/support/in_directory.ts";
import { labelsBeside, readLabels } from "./labels_file.ts";

const read = async (text: string, name = "labels.txt") => {
  let labels: string[] = [];
  await inDirectory(async (folder) => {
    await Deno.writeTextFile(join(folder, name), text);
    labels = await readLabels(join(folder, name));
  });
  return labels;
};

Deno.test("names are read one to a line, with or without their numbers, and from what transformers publish", async () => {
  assert.deepEqual(await read("\ufeffcat\r\n dog \r\n\r\n"), ["cat", "dog"]);
  assert.deepEqual(await read("0 background\n1  a person\n3: dog\n"), ["background", "a person", "class 2", "dog"]);
  assert.deepEqual(await read("0\n1\n2"), ["0", "1", "2"], "numbers may be names");
  assert.deepEqual(await read("2 left\n1 right"), ["2 left", "1 right"], "what does not rise is no number");
  assert.deepEqual(await read("n01440764 tench, Tinca tinca\nn01443537 goldfish"), [
    "tench, Tinca tinca",
    "goldfish",
  ]);
  assert.deepEqual(await read("n01440764 tench\nshark"), ["n01440764 tench", "shark"]);
  assert.deepEqual(await read('{"id2label":{"1":"dog","0":"cat"}}', "config.json"), ["cat", "dog"]);
  assert.deepEqual(await read('["cat","dog"]', "labels.json"), ["cat", "dog"]);
});

Deno.test("a file that names nothing is told of", async () => {
  for (const [text, name] of [["\n\n", "labels.txt"], ['{"model":1}', "config.json"], ["{", "config.json"]]) {
    await assert.rejects(read(text, name), /Cannot read labels from .*it (?:names nothing|has neither)/);
  }
  await assert.rejects(readLabels("/nowhere/labels.txt"), /Cannot read labels from \/nowhere\/labels\.txt: ENOENT/);
});

Deno.test("a file with the model's own name counts before one that is for the whole folder", () =>
  inDirectory(async (folder) => {
    const model = join(folder, "pets.v2.onnx");
    assert.equal(await labelsBeside(model), undefined);
    await Deno.writeTextFile(join(folder, "config.json"), '{"layers":3}');
    assert.equal(await labelsBeside(model), undefined, "a file about something else");
    await Deno.writeTextFile(join(folder, "labels.txt"), "a\nb");
    assert.deepEqual(await labelsBeside(model), { file: join(folder, "labels.txt"), labels: ["a", "b"], own: false });
    await Deno.writeTextFile(join(folder, "pets.v2.names"), "cat\ndog");
    const own = { file: join(folder, "pets.v2.names"), labels: ["cat", "dog"], own: true };
    assert.deepEqual(await labelsBeside(model), own);
  }));
