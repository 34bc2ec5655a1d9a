import assert from "node:assert/strict";
import type { InputSpec, ModelSpec } from "../src/core/model.ts";
import type { Detection, ModelOutput } from "../src/core/results.ts";
import { place } from "../src/vision/fit.ts";
import { bitsOf, pointsInside } from "../tests/golden/masks.ts";
import { build, golden, type Recipe } from "../tests/golden/recipe.ts";
import { adapterNamed } from "./registry.ts";
import { letGo, type Tensor } from "./tensors.ts";

interface GoldenCase {
  name: string;
  adapter: string;
  tensors: Recipe[];
  outputs: string[];
  options: Record<string, unknown>;
  index: number;
  fit: InputSpec["fit"];
  source: [number, number];
  minScore: number;
  iou: number;
  maxDetections: number;
  expected: Omit<ModelOutput, "model" | "detections"> & { detections?: ExpectedDetection[] };
}

/** A mask is written as lengths of runs over points of the input, row by row. */
type ExpectedDetection = Omit<Detection, "mask"> & { mask?: string };

/** Points a side at which the reference looks at masks. */
const MASK_SIDE = 128;

const { size, cases } = golden<{ size: number; cases: GoldenCase[] }>("adapters.json");

function specOf({ adapter, outputs, options, fit, minScore, iou, maxDetections }: GoldenCase): ModelSpec {
  const { task } = adapterNamed(adapter);
  const input: InputSpec = {
    name: "images",
    width: size,
    height: size,
    layout: "nchw",
    colour: "rgb",
    type: "float32",
    fit,
    pad: 114,
    scale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    maxBatch: 1,
  };
  const identity = { name: "golden", file: "golden.onnx", sha256: "", task, adapter, labels: [] };
  return { ...identity, input, outputs, options, minScore, iou, maxDetections };
}

function tensorsOf({ tensors }: GoldenCase): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((recipe) => [recipe.name, build(recipe)]));
}

function read(goldenCase: GoldenCase, outputs = tensorsOf(goldenCase), index = goldenCase.index) {
  const spec = specOf(goldenCase);
  const placement = place(spec.input, ...goldenCase.source);
  return adapterNamed(goldenCase.adapter).read(outputs, index, spec, placement);
}

function assertClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected);
  assert.ok(error <= 1e-4 * Math.max(1, Math.abs(expected)), `${what}: ${actual}, expected ${expected}`);
}

function assertDetections(actual: Detection[], expected: ExpectedDetection[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((detection, i) => {
    assert.equal(detection.classId, expected[i].classId, `class of detection ${i}`);
    assertClose(detection.score, expected[i].score, `score of detection ${i}`);
    detection.box.forEach((value, k) => assertClose(value, expected[i].box[k], `box ${i}, number ${k}`));
    assert.equal(detection.keypoints?.length, expected[i].keypoints?.length);
    detection.keypoints?.flat().forEach((value, k) => {
      assertClose(value, expected[i].keypoints!.flat()[k], `keypoints ${i}, number ${k}`);
    });
  });
}

/** Outlines enclose what the reference does, but for the little that leaving out points costs. */
function assertMasks(actual: Detection[], expected: ExpectedDetection[], goldenCase: GoldenCase): void {
  const placement = place(specOf(goldenCase).input, ...goldenCase.source);
  let [inBoth, inEither] = [0, 0];
  actual.forEach(({ mask }, i) => {
    assert.equal(mask === undefined, expected[i].mask === undefined);
    if (!mask) return;
    const reference = bitsOf(expected[i].mask!);
    const drawn = pointsInside(mask, { placement, size, side: MASK_SIDE });
    assert.equal(reference.length, drawn.length);
    for (let at = 0; at < drawn.length; at++) {
      inBoth += drawn[at] & reference[at];
      inEither += drawn[at] | reference[at];
    }
    assert.ok(mask.every((ring) => ring.length >= 6 && ring.length % 2 === 0));
  });
  if (inEither > 0) assert.ok(inBoth / inEither > 0.97, `the masks overlap by ${inBoth / inEither}`);
}

for (const goldenCase of cases) {
  Deno.test(`${goldenCase.name}: outputs mean what numpy and ONNX Runtime make of them`, () => {
    const outputs = tensorsOf(goldenCase);
    const { detections, classes, embedding, heads } = read(goldenCase, outputs);
    // An answer keeps nothing of the tensors that it was read from.
    letGo(outputs);
    const { expected } = goldenCase;
    assertDetections(detections ?? [], expected.detections ?? []);
    assertMasks(detections ?? [], expected.detections ?? [], goldenCase);
    assert.deepEqual(Object.keys(heads ?? {}), Object.keys(expected.heads ?? {}));
    for (const [name, head] of Object.entries(heads ?? {})) {
      const { classId, score, probabilities } = expected.heads![name];
      assert.equal(head.classId, classId);
      assertClose(head.score, score, name);
      probabilities.forEach((value, i) => assertClose(head.probabilities[i], value, `${name} ${i}`));
    }
    assert.deepEqual(classes?.map(({ classId }) => classId), expected.classes?.map(({ classId }) => classId));
    classes?.forEach(({ score }, i) => assertClose(score, expected.classes![i].score, `score ${i}`));
    assert.equal(embedding?.length, expected.embedding?.length);
    embedding?.forEach((value, i) => assertClose(value, expected.embedding![i], `number ${i}`));
  });

  Deno.test(`${goldenCase.name}: a NaN or infinity in any output is an error, not an answer`, () => {
    for (const recipe of goldenCase.tensors.filter(({ type }) => type === "float32")) {
      for (const poison of [NaN, Infinity]) {
        const outputs = tensorsOf(goldenCase);
        (outputs[recipe.name].data as Float32Array).fill(poison);
        assert.throws(() => read(goldenCase, outputs), /NaN or infinity/, `${recipe.name} ${poison}`);
      }
    }
  });

  Deno.test(`${goldenCase.name}: outputs of another shape, of text, or missing are refused`, () => {
    const [{ name }] = goldenCase.tensors;
    const good = tensorsOf(goldenCase);
    const { [name]: _, ...missing } = good;
    assert.throws(() => read(goldenCase, missing), /gave no output/);
    assert.throws(() => read(goldenCase, good, 2), /none for picture 3/);
    const text: Tensor = { ...good[name], type: "string", data: ["a"] };
    assert.throws(() => read(goldenCase, { ...good, [name]: text }), /holds text/);
    if (["classify", "embed", "head"].includes(goldenCase.adapter)) return;
    const odd: Tensor = { type: "float32", dims: [2, 3], data: new Float32Array(6) };
    assert.throws(() => read(goldenCase, { ...good, [name]: odd }), /is \[(2,)?3\] a picture/);
  });
}

for (const type of ["float16", "float64"] as const) {
  Deno.test(`outputs of ${type} are read like those of float32`, () => {
    const goldenCase = cases.find(({ adapter }) => adapter === "yolo")!;
    const { data, dims } = tensorsOf(goldenCase).output0;
    const Typed = { float16: Float16Array, float64: Float64Array }[type];
    const tensor: Tensor = { type, dims, data: Typed.from(data as Float32Array) };
    const rounded: Tensor = { type: "float32", dims, data: Float32Array.from(tensor.data as Float64Array) };
    assert.deepEqual(read(goldenCase, { output0: tensor }), read(goldenCase, { output0: rounded }));
  });
}

for (const [name, column] of [["yolo that chose its boxes, with keypoints", 5], ["detr in one output", 5]] as const) {
  Deno.test(`${name}: a class that is no number is an error, not the first class`, () => {
    const goldenCase = cases.find((one) => one.name === name)!;
    const outputs = tensorsOf(goldenCase);
    const { data, dims } = outputs.output0;
    for (let row = 0; row < dims[1]; row++) (data as Float32Array)[row * dims[2] + column] = NaN;
    assert.throws(() => read(goldenCase, outputs), /NaN or infinity/);
  });
}
