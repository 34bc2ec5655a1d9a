import assert from "node:assert/strict";
import { join } from "node:path";
import { buildModel } from "../scripts/bench/onnx_builder.ts";
import { tinyDetector, wrongTypeDetector } from "../scripts/bench/sample_models.ts";
import { listBuiltinModels } from "./builtin_models.ts";
import { examineModel, resolveModel } from "./manifest.ts";
import type { Manifest } from "./manifest_schema.ts";
import { ModelError } from "./model_error.ts";
import { inDirectory } from "../tests/support/in_directory.ts";

async function refusal(file: string, overrides?: Manifest): Promise<ModelError> {
  const error = await resolveModel(file, overrides).then(() => undefined, (error) => error);
  assert.ok(error instanceof ModelError, String(error));
  return error;
}

const oddNet = (outputs: Record<string, (number | string)[]>, input: (number | string)[] = [1, 3, 64, 64]) =>
  buildModel({
    inputs: [{ name: "x", type: "float32", dims: input }],
    outputs: Object.entries(outputs).map(([name, dims]) => ({ name, type: "float32", dims })),
    nodes: Object.keys(outputs).map((name) => ({ op: "Identity", inputs: ["x"], outputs: [name] })),
  });

Deno.test("a model is resolved from its file alone", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const { spec, why, manifestFile } = await examineModel(file);
    assert.equal(manifestFile, undefined);
    assert.equal(spec.name, "tiny");
    assert.equal(spec.file, file);
    assert.match(spec.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual([spec.task, spec.adapter, spec.labels], ["detect", "yolo", ["red", "green", "blue"]]);
    assert.deepEqual([spec.minScore, spec.iou, spec.maxDetections], [0.25, 0.7, 300]);
    assert.ok(why.length > 2);
    assert.deepEqual(structuredClone(spec), spec);
  });
});

Deno.test("a manifest beside the file wins over what is recognised, and overrides win over the manifest", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    await Deno.writeTextFile(
      join(folder, "tiny.weir.yaml"),
      [
        "name: lights",
        "version: '3'",
        "licence: MIT",
        "labels: [stop, go, wait]",
        "minScore: 0.4",
        "iou: 0.5",
        "input: { colour: bgr, fit: stretch, mean: 0.5, std: [1, 2, 3] }",
        "options: { note: kept }",
      ].join("\n"),
    );
    const { spec, manifestFile } = await examineModel(file, { minScore: 0.6 });
    assert.equal(manifestFile, join(folder, "tiny.weir.yaml"));
    assert.deepEqual([spec.name, spec.version, spec.licence], ["lights", "3", "MIT"]);
    assert.deepEqual(spec.labels, ["stop", "go", "wait"]);
    assert.deepEqual([spec.minScore, spec.iou], [0.6, 0.5]);
    const { colour, fit, mean, std, scale } = spec.input;
    assert.deepEqual({ colour, fit, mean, std, scale }, {
      colour: "bgr",
      fit: "stretch",
      mean: [0.5, 0.5, 0.5],
      std: [1, 2, 3],
      scale: 1 / 255,
    });
    assert.equal(spec.options?.note, "kept");
    assert.equal(spec.options?.layout, "v8");
  });
});

Deno.test("a manifest may be JSON, and its labels a text file or a list that everybody knows", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    await Deno.writeTextFile(join(folder, "tiny.weir.json"), JSON.stringify({ labels: "names.txt" }));
    await Deno.writeTextFile(join(folder, "names.txt"), "one\r\ntwo \nthree\n\n");
    assert.deepEqual((await resolveModel(file)).labels, ["one", "two", "three"]);
    await Deno.writeTextFile(join(folder, "tiny.weir.json"), JSON.stringify({ labels: "coco" }));
    assert.match((await refusal(file)).message, /the manifest names 80 classes, but its outputs have 3/);
    await Deno.writeTextFile(join(folder, "tiny.weir.json"), JSON.stringify({ labels: "imagenet" }));
    assert.match((await refusal(file)).message, /the manifest names 1000 classes, but its outputs have 3/);
  });
});

Deno.test("a manifest that names the file's digest holds for that file alone", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const { sha256 } = await resolveModel(file);
    await Deno.writeTextFile(join(folder, "tiny.weir.yaml"), `sha256: ${sha256}\n`);
    assert.equal((await resolveModel(file)).sha256, sha256);
    await Deno.writeFile(file, tinyDetector({ size: 96 }));
    const { code, message } = await refusal(file);
    assert.equal(code, "checksum");
    assert.match(message, /Cannot use tiny\.onnx: its manifest is about a file with the SHA-256 [0-9a-f]{12}…/);
    await Deno.writeTextFile(join(folder, "tiny.weir.yaml"), "sha256: yes\n");
    assert.match((await refusal(file)).message, /sha256: /);
  });
});

Deno.test("a manifest with a fault is refused with the file, the key and the fault", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const cases: [string, RegExp][] = [
      ["minscore: 0.4", /Cannot read manifest .*tiny\.weir\.yaml: .*minscore/],
      ["minScore: 2", /minScore: /],
      ["input: { size: [640] }", /input\.size/],
      ["input: { colours: rgb }", /input: .*colours/],
      ["input: { fit: squeeze }", /input\.fit: .*letterbox/],
      ["a: [1, 2", /Cannot read manifest/],
      ["adapter: yollo", /asks for an adapter 'yollo': there are .*yolo/],
      ["adapter: yunet", /asks for the adapter yunet, but its outputs .* do not fit: YuNet/],
      ["{ adapter: yolo, task: classify }", /says task classify, but yolo is for detect/],
      ["task: classify", /the adapter yolo recognises it, whose task is detect/],
      ["outputs: [nowhere]", /asks for output 'nowhere', but it has output0/],
      ["input: { type: uint8 }", /makes the input uint8\[1,3,64,64\], but the graph's is images float32/],
      ["input: { layout: nhwc }", /makes the input float32\[1,64,64,3\]/],
      ["input: { size: [32, 32] }", /an input of 32×32 was asked for, but the graph's width is fixed at 64/],
      ["options: { layout: v9 }", /options\.layout: v9, which is none of v8, v5, end2end/],
      ["options: { feeds: { a: { type: int8, perPicture: [1] } } }", /options\.feeds\.a\.type/],
      ["labels: none.txt", /labels: Cannot read labels from .*none\.txt/],
    ];
    for (const [text, words] of cases) {
      await Deno.writeTextFile(join(folder, "tiny.weir.yaml"), text);
      const error = await refusal(file);
      assert.match(error.message, words);
      assert.match(error.message, /^Cannot (use|read)/);
    }
  });
});

Deno.test("a picture model that nobody knows names its outputs and the way out, and a manifest opens it", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "odd.onnx");
    await Deno.writeFile(file, oddNet({ a: [1, 2, 3, 4], b: [1, 7, 7] }));
    const error = await refusal(file);
    assert.equal(error.code, "unrecognised");
    assert.match(error.message, /no adapter knows its outputs \(a float32\[1,2,3,4\], b float32\[1,7,7\]\)/);
    assert.match(error.message, /name an adapter in odd\.weir\.yaml \(.*tensor\)/);
    const spec = await resolveModel(file, { task: "tensor", input: { mean: [1, 2, 3] } });
    assert.deepEqual([spec.adapter, spec.outputs, spec.input.mean], ["tensor", ["a", "b"], [1, 2, 3]]);
  });
});

Deno.test("further inputs are refused by name unless a manifest gives them numbers", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "two.onnx");
    await Deno.writeFile(
      file,
      buildModel({
        inputs: [
          { name: "images", type: "float32", dims: [1, 3, 64, 64] },
          { name: "threshold", type: "float32", dims: [1, 1] },
        ],
        outputs: [{ name: "output0", type: "float32", dims: [1, 7, 84] }],
        nodes: [{ op: "Identity", inputs: ["images"], outputs: ["output0"] }],
      }),
    );
    const error = await refusal(file);
    assert.equal(error.code, "unrecognised");
    assert.match(error.message, /it also wants threshold float32\[1,1\]; .*options\.feeds/);
    const feeds = { threshold: { type: "float32" as const, perPicture: [0.5] } };
    const spec = await resolveModel(file, { options: { feeds } });
    assert.deepEqual([spec.adapter, spec.options?.feeds], ["yolo", feeds]);
  });
});

Deno.test("a model without a picture input says what its inputs are instead", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "some.onnx");
    const port = (name: string, dims: (number | string)[]) => ({ name, type: "float32" as const, dims });
    const cases: [Uint8Array, RegExp][] = [
      [
        oddNet({ y: [1] }, [1, 300]),
        /Cannot use some\.onnx as a picture model: its input x float32\[1,300\] is a signal/,
      ],
      [oddNet({ y: [1] }, [1, 16, 36, 36, 3]), /is a stack of pictures, not an image/],
      [oddNet({ y: [1] }, [1, 5, 64, 64]), /is of another shape than an image/],
      [oddNet({ y: [1] }, [4, 3, 64, 64]), /its batch is fixed at 4 .*export it with batch 1/],
      [wrongTypeDetector(), /its input images int64\[batch,3,64,64\] has a picture's shape but holds int64/],
      [
        buildModel({ inputs: [port("a", [1, 3, 64, 64]), port("b", [1, 3, 64, 64])], outputs: [], nodes: [] }),
        /wants 2 pictures at once/,
      ],
      [buildModel({ inputs: [], outputs: [port("a", [1])], nodes: [] }), /it has no inputs/],
    ];
    for (const [bytes, words] of cases) {
      await Deno.writeFile(file, bytes);
      const error = await refusal(file);
      assert.equal(error.code, "unrecognised", error.message);
      assert.match(error.message, words);
    }
  });
});

Deno.test("a name that is neither file nor built-in model is refused with the built-in ones", async () => {
  await inDirectory(async (folder) => {
    const error = await refusal(join(folder, "none"));
    assert.equal(error.code, "not_found");
    assert.match(error.message, /no such file and no built-in model of that name \(built in: /);
    await Deno.writeFile(join(folder, "near.onnx"), tinyDetector());
    assert.match((await refusal(join(folder, "near"))).message, /did you mean .*near\.onnx\?/);
  });
});

Deno.test("every built-in model is the file that was published, and resolves by name", async () => {
  for (const { name, task, licence, card } of await listBuiltinModels()) {
    assert.ok((await Deno.stat(card)).size > 0);
    if (task === "signal") {
      await assert.rejects(resolveModel(name), { code: "unrecognised", message: /on pictures: it reads heart rates/ });
      continue;
    }
    const spec = await resolveModel(name);
    assert.deepEqual([spec.name, spec.task, spec.licence], [name, task, licence]);
    await assert.rejects(resolveModel(name, { adapter: "yunet" }), { code: "unrecognised" });
  }
});
