import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveModel } from "../../models/manifest.ts";
import { buildModel } from "../../scripts/bench/onnx_builder.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { inspect } from "./inspection.ts";
import { inspectionText } from "./inspection_text.ts";
import { modelsCommand } from "./models.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";

const oddNet = (metadata: Record<string, string> = {}) =>
  buildModel({
    inputs: [{ name: "x", type: "float32", dims: [1, 3, "h", "w"] }],
    outputs: [{ name: "my/out put", type: "float32", dims: [1, 3, "h", "w"] }],
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["my/out put"] }],
    metadata,
  });

Deno.test("an inspection tells what a model is, how Weir would use it, and why", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const inspection = await inspect(file);
    assert.equal(inspection.usable, true);
    assert.match(inspection.provider!, /cpu|cuda/);
    const text = inspectionText(inspection);
    for (
      const words of [
        /^tiny\.onnx\n/,
        /sha256 +[0-9a-f]{64}/,
        /opset +ai\.onnx 17/,
        /Inputs:\n +images +float32\[batch,3,64,64\]/,
        /Outputs:\n +output0 +float32\[batch,7,16\]/,
        /Metadata:\n[^]*stride +32/,
        /adapter +yolo, to detect/,
        /because +its metadata is Ultralytics'/,
        /input +64×64 RGB, float32 NCHW, letterboxed in the middle on 114; value = pixel \/ 255; up to 32/,
        /labels +3: red, green, blue/,
        /answers +at most 300 boxes of score 0\.25 and up/,
      ]
    ) assert.match(text, words);
    assert.doesNotMatch(text, /Weir cannot use it/);
    assert.ok(text.split("\n").every((line) => line.length <= 120));
  });
});

Deno.test("an inspection of a refused file tells all that could be read, and the reason", async () => {
  await inDirectory(async (folder) => {
    const signal = join(folder, "signal.onnx");
    const port = (name: string) => ({ name, type: "float32" as const, dims: [1, 1, 300] });
    await Deno.writeFile(
      signal,
      buildModel({ inputs: [port("x")], outputs: [port("y")], nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }] }),
    );
    const text = inspectionText(await inspect(signal));
    assert.match(text, /Inputs:\n +x +float32\[1,1,300\]/);
    assert.match(text, /Weir cannot use it:\n +Cannot use signal\.onnx as a picture model: its input x .* is a signal/);
    assert.match(text, /No manifest changes that/);

    const cut = join(folder, "cut.onnx");
    await Deno.writeFile(cut, tinyDetector().subarray(0, 300));
    const inspection = await inspect(cut);
    assert.deepEqual([inspection.usable, inspection.error?.code], [false, "truncated"]);
    assert.match(inspectionText(inspection), /cut short/);

    const missing = await inspect(join(folder, "none.onnx"));
    assert.equal(missing.error?.code, "not_found");
  });
});

Deno.test("a model that Weir knows and ONNX Runtime refuses is not called usable", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "future.onnx");
    await Deno.writeFile(
      file,
      buildModel({
        inputs: [{ name: "images", type: "float32", dims: [1, 3, 64, 64] }],
        outputs: [{ name: "output0", type: "float32", dims: [1, 7, 84] }],
        nodes: [{ op: "Frobnicate", inputs: ["images"], outputs: ["output0"] }],
      }),
    );
    const inspection = await inspect(file);
    assert.equal(inspection.spec?.adapter, "yolo");
    assert.deepEqual([inspection.usable, inspection.error?.code], [false, "unsupported"]);
  });
});

Deno.test("the manifest to start from opens a model that nobody knows", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "odd.onnx");
    await Deno.writeFile(file, oddNet());
    const inspection = await inspect(file);
    assert.equal(inspection.usable, false);
    assert.match(inspectionText(inspection), /say beside it in odd\.weir\.yaml:\n\n +#.*\n +adapter: tensor/);
    await Deno.writeTextFile(join(folder, "odd.weir.yaml"), inspection.manifest!);
    const opened = await inspect(file);
    assert.equal(opened.usable, true);
    assert.deepEqual(opened.spec?.outputs, ["my/out put"]);
    assert.deepEqual([opened.spec?.input.width, opened.spec?.input.height], [640, 640]);
  });
});

Deno.test("the manifest of a known model says what is recognised, and changes nothing", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "tiny.onnx");
    await Deno.writeFile(file, tinyDetector());
    const before = await resolveModel(file);
    await Deno.writeTextFile(join(folder, "tiny.weir.yaml"), (await inspect(file)).manifest!);
    assert.deepEqual(await resolveModel(file), before);
  });
});

Deno.test("metadata cannot steer the terminal", async () => {
  await inDirectory(async (folder) => {
    const file = join(folder, "odd.onnx");
    await Deno.writeFile(file, oddNet({ note: "a\x1b[2Jb\nc\x07", long: "x".repeat(1000) }));
    const text = inspectionText(await inspect(file));
    assert.match(text, /note +a.\[2Jb c./);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f]/);
    assert.match(text, /\(1000 characters\)/);
  });
});

Deno.test("what is mistyped is answered with what to type", async () => {
  await assert.rejects(modelsCommand([]), {
    name: "UsageError",
    message: /wants one of list, add, inspect, pull, use, try, rm/,
  });
  await assert.rejects(modelsCommand(["inspct"]), { name: "UsageError", message: /did you mean inspect\?/ });
  await assert.rejects(modelsCommand(["inspect"]), { name: "UsageError", message: /wants a model/ });
  await assert.rejects(modelsCommand(["inspect", "a.onnx", "--jsn"]), { name: "UsageError", message: /--json\?/ });
});

Deno.test("the command prints one JSON document a model and fails when one cannot be used", async () => {
  await inDirectory(async (folder) => {
    await Deno.writeFile(join(folder, "tiny.onnx"), tinyDetector());
    await Deno.writeFile(join(folder, "empty.onnx"), new Uint8Array());
    const main = fileURLToPath(new URL("../main.ts", import.meta.url));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", main, "models", "inspect", "tiny.onnx", "empty.onnx", "--json"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(code, 1, new TextDecoder().decode(stderr));
    assert.deepEqual(lines.map(({ v, usable }) => [v, usable]), [[1, true], [1, false]]);
    assert.deepEqual(lines[0].spec.labels, ["red", "green", "blue"]);
    assert.equal(lines[1].error.code, "empty");
    assert.equal(new TextDecoder().decode(stderr), "");
  });
});
