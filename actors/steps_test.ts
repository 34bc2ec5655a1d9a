import assert from "node:assert/strict";
import type { InputSpec, ModelSpec, Task } from "../src/core/model.ts";
import type { PipelineStep } from "../src/core/stream.ts";
import { cacheBytes } from "../streams/cascade_figures.ts";
import type { CascadeStep } from "../streams/pipeline.ts";
import type { ModelSetup } from "./protocol.ts";
import { Steps } from "./steps.ts";

const PICTURE: InputSpec = {
  name: "images",
  width: 8,
  height: 4,
  layout: "nchw",
  colour: "rgb",
  type: "float32",
  scale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fit: "stretch",
  pad: 0,
  maxBatch: 4,
};
const PICTURE_BYTES = 8 * 4 * 3 * 4;
const VECTOR: InputSpec = { ...PICTURE, layout: "vector", width: 128, height: 1, colour: "gray", mean: [0], std: [1] };

function setup(name: string, task: Task, more: Partial<ModelSetup & { sha256: string }> = {}): ModelSetup {
  const { sha256 = `${name}'s`, ...rest } = more;
  const input = task === "head" ? VECTOR : PICTURE;
  const spec = { name, task, adapter: task, sha256, input, labels: [] } as unknown as ModelSpec;
  return { key: `${name}~1`, spec, replicas: 1, maxBatch: 4, maxDelayMs: 0, ...rest };
}

const SETUPS = [setup("faces", "detect"), setup("looks", "embed"), setup("moods", "head")];
const PIPELINE: PipelineStep[] = [
  { model: "faces", minScore: 0.2 },
  { model: "looks", on: "detect.face", max: 5, margin: 0.1 },
  { model: "moods", on: "embed", cache: { entries: 10 }, publish: false },
];

Deno.test("a cascade's memory is that of its most crops, for each frame, and of what its cache remembers", () => {
  using steps = new Steps();
  const made = steps.make(PIPELINE, SETUPS);
  assert.deepEqual(made.map(({ name }) => name), ["detect", "embed", "head"]);
  assert.deepEqual(steps.inputBytes(made), [PICTURE_BYTES, 5 * PICTURE_BYTES, 5 * 128 * 4]);
  assert.equal(steps.boundBytes, 20 * (2 * PICTURE_BYTES + 128 * 4));
  assert.ok(cacheBytes(made) >= 10 * 128 * 4);
  assert.equal(cacheBytes(made.slice(0, 2)), 0);
  assert.deepEqual(made.map((step) => "silent" in step && step.silent), [false, false, true]);
});

Deno.test("steps on other models, or read in another way, are of another scope and digest", () => {
  using steps = new Steps();
  const of = (setups: ModelSetup[], pipeline = PIPELINE) => {
    const { scope, digest } = steps.make(pipeline, setups)[2] as CascadeStep;
    return { scope, digest };
  };
  const own = of(SETUPS);
  assert.deepEqual(of(SETUPS), own);
  // Loaded anew, it is the same to those who share answers, and another one here.
  const reloaded = of([SETUPS[0], setup("looks", "embed", { key: "looks~2" }), SETUPS[2]]);
  assert.notEqual(reloaded.scope, own.scope);
  assert.equal(reloaded.digest, own.digest);
  const other = of([SETUPS[0], setup("looks", "embed", { sha256: "another file's" }), SETUPS[2]]);
  assert.notEqual(other.digest, own.digest);
  const differently = of(SETUPS, [PIPELINE[0], { ...PIPELINE[1], margin: 0.3 }, PIPELINE[2]]);
  assert.notEqual(differently.digest, own.digest);
  assert.notEqual(differently.scope, own.scope);
});

Deno.test("a step on one that does not come before it cannot be made", () => {
  using steps = new Steps();
  const pipeline = [{ model: "looks", on: "detect" }, { model: "faces" }];
  assert.throws(() => steps.make(pipeline, SETUPS), /Cannot run embed on detect: there is no such step before it/);
});
