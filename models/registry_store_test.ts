import assert from "node:assert/strict";
import { join } from "node:path";
import { buildModel } from "../scripts/bench/onnx_builder.ts";
import { tinyDetector } from "../scripts/bench/sample_models.ts";
import { inDirectory } from "../tests/support/in_directory.ts";
import { admitModel } from "./admission.ts";
import { externalFiles } from "./external_data.ts";
import { examineModel } from "./manifest.ts";
import type { Manifest } from "./manifest_schema.ts";
import { bytesOf } from "./protobuf_reader.ts";
import { activated, type AddOptions, RegistryStore } from "./registry_store.ts";

/** Adds bytes as whoever has a file does. */
async function add(store: RegistryStore, bytes: Uint8Array, options: Partial<AddOptions> & { name: string }) {
  await using file = await store.receive("tiny.onnx");
  await file.write(bytes.subarray(0, 100));
  await file.write(bytes.subarray(100));
  await file.finish();
  const { manifest } = await admitModel(file.path);
  return await store.add(file, { from: "tiny.onnx", manifest, ...options });
}

async function filesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...(await filesBelow(join(folder, name))).map((below) => `${name}/${below}`));
    else names.push(name);
  }
  return names.sort();
}

Deno.test("versions stand side by side, one of them is what the bare name means, and another can take its place", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(join(dir, "models"));
    assert.deepEqual(await store.list(), { models: [], faults: [] });
    assert.equal(await store.find("cells"), undefined);
    const first = await add(store, tinyDetector(), { name: "cells" });
    const second = await add(store, tinyDetector({ size: 96 }), { name: "cells" });
    assert.deepEqual([first.version.version, second.version.version], ["1", "2"]);
    assert.equal((await store.find("cells"))?.version.version, "1");
    await store.update("cells", (model) => activated(model, "2"));
    const active = await examineModel("cells", {}, { registry: store });
    assert.deepEqual([active.spec.name, active.spec.version, active.spec.family], ["cells", "2", undefined]);
    assert.equal(active.spec.input.width, 96);
    const pinned = await examineModel("cells@1", {}, { registry: store });
    assert.deepEqual([pinned.spec.name, pinned.spec.version, pinned.spec.family], ["cells@1", "1", "cells"]);
    assert.equal(pinned.spec.input.width, 64);
    assert.equal((await store.get("cells"))?.previous, "1");
    // Another store on the same folder sees the same: nothing is kept in memory.
    assert.equal((await new RegistryStore(store.directory).find("cells"))?.version.version, "2");
    await assert.rejects(store.find("cells@7"), /no version 7 of cells; there are: 1, 2/);
    await assert.rejects(
      examineModel("cels", {}, { registry: store }),
      /in the registry \(cells; .*did you mean cells\?/,
    );
  });
});

Deno.test("the same file in the same words is the version that it was, and no version is overwritten", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(dir);
    await add(store, tinyDetector(), { name: "cells", version: "v1" });
    assert.equal((await add(store, tinyDetector(), { name: "cells" })).version.version, "v1");
    await assert.rejects(add(store, tinyDetector({ size: 96 }), { name: "cells", version: "v1" }), /never overwritten/);
    await assert.rejects(add(store, tinyDetector(), { name: "Cells" }), /one called cells already/);
    await assert.rejects(add(store, tinyDetector(), { name: "weir-pitch" }), /comes with Weir/);
    for (const name of ["../up", "a@b", "", ".hidden", "a/b", "x".repeat(64)]) {
      await assert.rejects(add(store, tinyDetector(), { name }), { code: "manifest" }, name);
    }
    assert.deepEqual((await store.list()).models.map(({ versions }) => versions.length), [1]);
  });
});

Deno.test("adding the same and different models at once loses none of them", async () => {
  await inDirectory(async (dir) => {
    const stores = Array.from({ length: 4 }, () => new RegistryStore(dir));
    const sizes = [64, 96, 128, 160];
    await Promise.all(
      stores.flatMap((store) => sizes.map((size) => add(store, tinyDetector({ size }), { name: "m" }))),
    );
    const model = (await stores[0].get("m"))!;
    assert.equal(model.versions.length, sizes.length);
    assert.equal(new Set(model.versions.map(({ sha256 }) => sha256)).size, sizes.length);
    assert.deepEqual(model.versions.map(({ version }) => version).toSorted(), ["1", "2", "3", "4"]);
    assert.equal((await filesBelow(join(dir, "files"))).length, sizes.length);
    assert.deepEqual(await filesBelow(join(dir, "partial")), []);
  });
});

Deno.test("what half arrived leaves nothing, and what nobody names any more goes", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(dir);
    await add(store, tinyDetector(), { name: "cells" });
    await add(store, tinyDetector({ size: 96 }), { name: "cells" });
    {
      await using file = await store.receive("half.onnx");
      await file.write(tinyDetector().subarray(0, 1000));
      assert.equal((await filesBelow(join(dir, "partial"))).length, 1);
    }
    assert.deepEqual(await filesBelow(join(dir, "partial")), []);
    await assert.rejects(store.remove("cells", "1"), /it is the active version/);
    await store.remove("cells", "2");
    assert.equal((await filesBelow(join(dir, "files"))).length, 1);
    await store.update("cells", (model) => ({ ...model, shadow: { version: "1" } }));
    await store.remove("cells");
    assert.deepEqual(await filesBelow(join(dir, "files")), []);
    assert.deepEqual(await store.list(), { models: [], faults: [] });
    await assert.rejects(store.remove("cells"), { code: "not_found" });
  });
});

Deno.test("a damaged entry is told, hides no other, and nothing is thrown away for it", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(dir);
    await add(store, tinyDetector(), { name: "good" });
    await add(store, tinyDetector({ size: 96 }), { name: "bad" });
    await Deno.writeTextFile(join(dir, "entries", "bad.json"), '{"v":1,"name":"ba');
    const { models, faults } = await store.list();
    assert.deepEqual(models.map(({ name }) => name), ["good"]);
    assert.match(faults.join(), /bad\.json: it is damaged/);
    await store.remove("good");
    assert.equal((await filesBelow(join(dir, "files"))).length, 2);
  });
});

Deno.test("a file of the registry that has changed is not run", async () => {
  await inDirectory(async (dir) => {
    const store = new RegistryStore(dir);
    const { file } = await add(store, tinyDetector(), { name: "cells" });
    await Deno.writeFile(file, tinyDetector({ size: 96 }));
    await assert.rejects(examineModel("cells", {}, { registry: store }), { code: "checksum" });
  });
});

Deno.test("the manifest that is kept spells out what was recognised, and means the same", async () => {
  await inDirectory(async (dir) => {
    const file = join(dir, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const said: Manifest = { labels: ["rot", "grün", "blau"], minScore: 0.4 };
    const { manifest, spec } = await admitModel(file, said);
    assert.deepEqual([manifest.adapter, manifest.labels, manifest.minScore, manifest.iou], [
      "yolo",
      said.labels,
      0.4,
      spec.iou,
    ]);
    assert.deepEqual((await examineModel(file, manifest)).spec, spec);
  });
});

Deno.test("weights in other files are found wherever they are named, and such a model is not kept", async () => {
  const outside = (location: string) => tensorElsewhere(location);
  await inDirectory(async (dir) => {
    const file = join(dir, "sly.onnx");
    const plain = buildModel({
      inputs: [{ name: "images", type: "float32", dims: [1, 3, 64, 64] }],
      outputs: [{ name: "output0", type: "float32", dims: [1, 3, 64, 64] }],
      nodes: [{ op: "Identity", inputs: ["images"], outputs: ["output0"] }],
    });
    assert.deepEqual(externalFiles(bytesOf(plain)), []);
    assert.deepEqual(externalFiles(bytesOf(tinyDetector())), []);
    // A second graph field is merged into the first by every reader of protobuf.
    const initializer = Uint8Array.from([...plain, ...message(7, message(5, outside("../../etc/passwd")))]);
    assert.deepEqual(externalFiles(bytesOf(initializer)), ["../../etc/passwd"]);
    const attribute = message(5, message(5, outside("/etc/shadow")));
    const inNode = Uint8Array.from([...plain, ...message(7, message(1, attribute))]);
    assert.deepEqual(externalFiles(bytesOf(inNode)), ["/etc/shadow"]);
    const body = message(5, message(6, message(5, outside("body.bin"))));
    assert.deepEqual(externalFiles(bytesOf(Uint8Array.from([...plain, ...message(7, message(1, body))]))), [
      "body.bin",
    ]);
    const inFunction = Uint8Array.from([...plain, ...message(25, message(7, attribute))]);
    assert.deepEqual(externalFiles(bytesOf(inFunction)), ["/etc/shadow"]);
    await Deno.writeFile(file, Uint8Array.from([...tinyDetector(), ...message(7, message(1, attribute))]));
    await assert.rejects(admitModel(file), /weights are in another file \(\/etc\/shadow\)/);
  });
});

/** A protobuf field that holds a message. */
function message(field: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]);
}

function tensorElsewhere(location: string): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  const pair = Uint8Array.from([...message(1, text("location")), ...message(2, text(location))]);
  return Uint8Array.from([...message(8, text("w")), ...message(13, pair), ...varint(14 * 8), 1]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
