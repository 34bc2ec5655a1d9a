import assert from "node:assert/strict";
import { join } from "node:path";
import { brightClassifier } from "../scripts/bench/sample_models.ts";
import { assetTest } from "../tests/support/assets.ts";
import { inDirectory } from "../tests/support/in_directory.ts";
import { admitModel } from "./admission.ts";
import type { GraphInfo } from "./graph_info.ts";
import { IMAGENET_1000 } from "./imagenet_labels.ts";
import { givenLabels, labelsFor } from "./labels.ts";
import { readLabels } from "./labels_file.ts";
import { examineModel } from "./manifest.ts";

/** The labels that a model gets, and what is said of them. */
async function named(metadata: Record<string, string>, beside: Record<string, string> = {}) {
  let answer: { labels: readonly string[]; why: string } | undefined;
  await inDirectory(async (folder) => {
    await Deno.writeFile(join(folder, "pets.onnx"), brightClassifier(metadata));
    for (const [name, text] of Object.entries(beside)) await Deno.writeTextFile(join(folder, name), text);
    const { spec, why } = await examineModel(join(folder, "pets.onnx"));
    answer = { labels: spec.labels, why: why.join("; ") };
  });
  return answer!;
}

const PETS = ["cat", "dog", "fish"];

Deno.test("a model's own metadata names its classes, in every form in which exporters write them", async () => {
  const forms: Record<string, string>[] = [
    { names: "{0: 'cat', 1: 'dog', 2: 'fish'}" },
    { names: '["cat", "dog", "fish"]' },
    { classes: "cat,dog,fish" },
    { classes: "cat\ndog\nfish" },
    { class_names: "['cat', 'dog', 'fish']" },
    { labels: '{"0":"cat","1":"dog","2":"fish"}' },
    { id2label: '{"0":"cat","1":"dog","2":"fish"}' },
  ];
  for (const metadata of forms) {
    const { labels, why } = await named(metadata, { "labels.txt": "a\nb\nc" });
    assert.deepEqual(labels, PETS, JSON.stringify(metadata));
    assert.match(why, /its metadata names its 3 classes/);
  }
});

Deno.test("where it names none, a file beside it does, and a manifest counts more than either", async () => {
  for (const name of ["pets.names", "pets.labels.txt", "labels.txt", "classes.txt", "obj.names"]) {
    const { labels, why } = await named({}, { [name]: "cat\ndog\nfish\n" });
    assert.deepEqual(labels, PETS, name);
    assert.ok(why.includes(`${name} beside it names its 3 classes`), why);
  }
  const config = JSON.stringify({ id2label: { 0: "cat", 1: "dog", 2: "fish" } });
  assert.deepEqual((await named({}, { "config.json": config })).labels, PETS);
  const both = { "pets.names": "a\nb\nc", "pets.weir.yaml": "labels: [cat, dog, fish]" };
  assert.deepEqual((await named({ names: "['x', 'y', 'z']" }, both)).labels, PETS);
});

Deno.test("a file for the whole folder that does not fit is about another model; one of its own is told of", async () => {
  const { labels, why } = await named({}, { "labels.txt": "only\ntwo" });
  assert.deepEqual(labels, []);
  assert.match(why, /does not name its 3 classes: they come out as 'class 0' and so on/);
  await assert.rejects(
    named({}, { "pets.names": "only\ntwo" }),
    /^ModelError: Cannot use pets\.onnx: pets\.names names 2 classes, but its outputs have 3$/,
  );
});

Deno.test("names from beside a file stay with it in the registry", () =>
  inDirectory(async (folder) => {
    await Deno.writeFile(join(folder, "pets.onnx"), brightClassifier());
    await Deno.writeTextFile(join(folder, "pets.names"), PETS.join("\n"));
    assert.deepEqual((await admitModel(join(folder, "pets.onnx"))).manifest.labels, PETS);
  }));

Deno.test("a thousand classes without names are taken for ImageNet's, with one for nothing before them where there is one more", () => {
  const imagenet = (count: number, labels?: readonly string[]) =>
    labelsFor({ metadata: {} } as GraphInfo, { count, hints: labels ? { labels } : {}, usual: "imagenet" });
  const { labels, why } = imagenet(1000);
  assert.deepEqual([labels[0], labels[281], labels[999]], ["tench", "tabby", "toilet tissue"]);
  assert.match(why, /1000 classes and names none: assumed to be ImageNet's/);
  assert.deepEqual(imagenet(1001).labels.slice(0, 2), ["background", "tench"]);
  assert.deepEqual(imagenet(999).labels, []);
  const said = imagenet(1001, givenLabels({ labels: "imagenet" }));
  assert.deepEqual([said.labels.length, said.why], [1001, "the manifest names its 1001 classes"]);
  assert.throws(() => imagenet(1002, IMAGENET_1000), /names 1000 classes, but its outputs have 1002/);
  const { labels: none } = labelsFor({ metadata: {} } as GraphInfo, { count: 1000, hints: {}, usual: "none" });
  assert.deepEqual(none, []);
});

assetTest(
  "ImageNet's classes stand where its makers list them",
  ["data/truth/imagenet_synset_1000.txt"],
  async (file) => {
    assert.equal(new Set(IMAGENET_1000).size, 1000);
    const synsets = await readLabels(file);
    IMAGENET_1000.forEach((name, i) => {
      const words = synsets[i].toLowerCase();
      assert.ok(name.toLowerCase().split(" ").some((word) => words.includes(word)), `${i}: ${name}, ${synsets[i]}`);
    });
  },
);
