import assert from "node:assert/strict";
import { join } from "node:path";
import { buildModel } from "../../scripts/bench/onnx_builder.ts";
import { MODEL_FILES } from "../../tests/golden/model_files.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";
import { inspect } from "./inspection.ts";
import { inspectionText } from "./inspection_text.ts";

/** A network with one head on feature vectors of eight numbers. */
function head(): Uint8Array {
  const w = { type: "float32" as const, dims: [8, 4], data: new Float32Array(32) };
  return buildModel({
    inputs: [{ name: "v", type: "float32", dims: ["b", 8] }],
    outputs: [{ name: "Boredom", type: "float32", dims: ["b", 4] }],
    nodes: [{ op: "MatMul", inputs: ["v", "w"], outputs: ["Boredom"] }],
    initializers: { w },
  });
}

const SAYS: [what: string, bytes: () => Uint8Array, words: RegExp[]][] = [
  ["poses", MODEL_FILES.pose, [/adapter +yolo, to detect/, /a skeleton of 17\s+points/, /each with 17\s+points/]],
  ["masks", MODEL_FILES.segment, [/come out as outlines/, /each with its\s+outline/, /labels +2: cat, dog/]],
  ["faces", MODEL_FILES.scrfd, [/adapter +scrfd, to detect/, /two boxes for\s+each cell/, /labels +1: face/]],
  ["an SSD", MODEL_FILES.ssd_tensorflow, [/adapter +ssd, to detect/, /assumed to be COCO's own numbers/, /To check/]],
  ["an embedding", MODEL_FILES.embedding, [/adapter +embed, to embed/, /answers +a vector of length 1/]],
  ["heads", head, [
    /adapter +head, to judge what another model embeds/,
    /input +feature vectors of 8 numbers, float32; up to 32 a run/,
    /answers +the probability of each class, of Boredom/,
  ]],
];

for (const [what, bytes, words] of SAYS) {
  Deno.test(`an inspection of a model for ${what} says what it takes and what it answers`, () =>
    inDirectory(async (folder) => {
      const file = join(folder, "some.onnx");
      await Deno.writeFile(file, bytes());
      const inspection = await inspect(file);
      assert.equal(inspection.usable, true, inspection.error?.message ?? "it cannot be used");
      const text = inspectionText(inspection);
      for (const word of words) assert.match(text, word);
    }));
}
