import assert from "node:assert/strict";
import { buildModel, type PortSpec } from "../scripts/bench/onnx_builder.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { Detection } from "../src/core/results.ts";
import { place, type Placement } from "../src/vision/fit.ts";
import { bitsOf, pointsInside } from "../tests/golden/masks.ts";
import { golden } from "../tests/golden/recipe.ts";
import { parseGraphInfo } from "./onnx_metadata.ts";
import { bytesOf } from "./protobuf_reader.ts";
import { adapterNamed, recognise } from "./registry.ts";
import type { Tensor } from "./tensors.ts";

/** A network as its makers' exporter wrote it, what it answered once, and what its makers' own program read in that. */
interface GoldenCase {
  what: string;
  adapter: string;
  source: [number, number];
  inputs: PortSpec[];
  outputs: PortSpec[];
  metadata: Record<string, string>;
  /** Operation that makes the first output. */
  last?: string;
  /** Whole numbers as they are, others in half precision, as base64. */
  tensors: { name: string; type: "float32" | "int64"; dims: number[]; data: string }[];
  detections?: (Omit<Detection, "mask" | "label"> & { mask?: string })[];
  classes?: { classId: number; score: number }[];
}

const BOX_ERROR = 0.5;
const SCORE_ERROR = 1e-3;

const { size, cases } = golden<{ size: number; cases: GoldenCase[] }>("exporters.json");

/** What Weir makes of the file, by its words and shapes alone. */
function specOf({ inputs, outputs, metadata, last = "Identity" }: GoldenCase): ModelSpec {
  const nodes = [{ op: last, inputs: [inputs[0].name], outputs: [outputs[0].name] }];
  const graph = parseGraphInfo("export.onnx", bytesOf(buildModel({ inputs, outputs, nodes, metadata })));
  const { adapter, recognition } = recognise(graph)!;
  const identity = { name: "export", file: "export.onnx", sha256: "", task: adapter.task, adapter: adapter.name };
  return { ...identity, ...recognition };
}

function tensorsOf({ tensors }: GoldenCase): Record<string, Tensor> {
  return Object.fromEntries(tensors.map(({ name, type, dims, data }) => {
    const { buffer } = Uint8Array.fromBase64(data);
    const values = type === "int64" ? new BigInt64Array(buffer) : Float32Array.from(new Float16Array(buffer));
    return [name, { type, dims, data: values }];
  }));
}

function assertNear(actual: number, expected: number, { error, what }: { error: number; what: string }): void {
  assert.ok(Math.abs(actual - expected) <= error, `${what}: ${actual}, expected ${expected}`);
}

function within([x, y, ...sure]: number[], { sourceWidth, sourceHeight }: Placement): number[] {
  return [Math.min(sourceWidth, Math.max(0, x)), Math.min(sourceHeight, Math.max(0, y)), ...sure];
}

/** How far what is outlined agrees with the mask, in points of the model's input. */
function overlap(rings: number[][], mask: string, placement: Placement): { both: number; either: number } {
  const reference = bitsOf(mask);
  const side = Math.sqrt(reference.length);
  const drawn = pointsInside(rings, { placement, size, side });
  const { target } = placement;
  let [both, either] = [0, 0];
  for (let at = 0; at < drawn.length; at++) {
    // Ultralytics' masks go on into the padding, where nothing is.
    const [x, y] = [(at % side + 0.5) * size / side - target.x, (Math.floor(at / side) + 0.5) * size / side - target.y];
    if (x < 0 || y < 0 || x > target.width || y > target.height) continue;
    both += drawn[at] & reference[at];
    either += drawn[at] | reference[at];
  }
  return { both, either };
}

function assertDetections(actual: Detection[], expected: GoldenCase["detections"], placement: Placement): void {
  const left = [...actual];
  let [inBoth, inEither] = [0, 0];
  for (const { box, classId, score, keypoints, mask } of expected!) {
    const what = JSON.stringify({ box, classId, score });
    const index = left.findIndex((one) =>
      one.classId === classId && Math.abs(one.score - score) <= SCORE_ERROR &&
      one.box.every((value, i) => Math.abs(value - box[i]) <= BOX_ERROR)
    );
    assert.ok(index >= 0, `nothing is where its makers see ${what}`);
    const [found] = left.splice(index, 1);
    assert.equal(found.keypoints?.length, keypoints?.length);
    found.keypoints?.forEach((point, i) => {
      // Ultralytics pulls points to the picture's edge; Weir leaves them where the network saw them.
      const [x, y, ...sure] = within(point, placement);
      const [ex, ey, ...esure] = within(keypoints![i], placement);
      assertNear(x, ex, { error: BOX_ERROR, what });
      assertNear(y, ey, { error: BOX_ERROR, what });
      sure.forEach((value, k) => assertNear(value, esure[k], { error: SCORE_ERROR, what }));
    });
    assert.equal(found.mask === undefined, mask === undefined);
    if (!found.mask) continue;
    const { both, either } = overlap(found.mask, mask!, placement);
    inBoth += both;
    inEither += either;
  }
  // Ultralytics passes over boxes whose mask is empty; Weir tells of them.
  const more = left.filter(({ mask }) => mask === undefined || mask.length > 0);
  assert.deepEqual(more, [], "its makers see no more");
  // Weights of chance make masks of specks, nearly all edge, and Ultralytics cuts them half a point aside.
  if (inEither > 0) assert.ok(inBoth / inEither > 0.85, `the masks overlap by ${inBoth / inEither}`);
}

for (const goldenCase of cases) {
  Deno.test(`${goldenCase.what}: is recognised, and read as its makers read it`, () => {
    const spec = specOf(goldenCase);
    assert.equal(spec.adapter, goldenCase.adapter);
    const placement = place(spec.input, ...goldenCase.source);
    const { detections, classes } = adapterNamed(spec.adapter).read(tensorsOf(goldenCase), 0, spec, placement);
    if (goldenCase.detections) {
      assert.ok(goldenCase.detections.length > 4);
      assertDetections(detections!, goldenCase.detections, placement);
    }
    goldenCase.classes?.forEach(({ classId, score }, i) => {
      assert.equal(classes![i].classId, classId);
      assertNear(classes![i].score, score, { error: SCORE_ERROR, what: `class ${classId}` });
    });
  });
}
