import assert from "node:assert/strict";
import type { ModelSpec, Task } from "../core/model.ts";
import type { PipelineStep } from "../core/stream.ts";
import { stepFaults, type StepModel } from "./step_faults.ts";

const model = (task: Task, more: Partial<ModelSpec> = {}, vectorSize?: number): StepModel => ({
  spec: {
    name: `my-${task}`,
    task,
    labels: [],
    input: { layout: task === "head" ? "vector" : "nchw", width: 4 },
    ...more,
  } as unknown as ModelSpec,
  ...(vectorSize !== undefined && { vectorSize }),
});

const detect = model("detect", { labels: ["person", "dog"] });
const embed = model("embed", {}, 4);
const faults = (pipeline: PipelineStep[], ...models: StepModel[]) =>
  stepFaults(pipeline, models).map(({ path, message }) => `${path}: ${message}`);

Deno.test("a cascade of detector, embedding and head can run", () => {
  const pipeline = [{ model: "d" }, { analyzer: "track" }, { model: "e", on: "detect.person" }, {
    model: "h",
    on: "embed",
  }];
  assert.deepEqual(faults(pipeline, detect, embed, model("head")), []);
});

Deno.test("a step on something without boxes, or on nothing, is refused by its place and with what there is", () => {
  const on = (step: string, ...more: PipelineStep[]) => [{ model: "d" }, ...more, { model: "e", on: step }];
  assert.deepEqual(faults(on("detct"), detect, embed), [
    "pipeline.1.on: no earlier step is called detct: before it are detect; did you mean detect?",
  ]);
  assert.deepEqual(faults(on("detect.persn"), detect, embed), [
    "pipeline.1.on: detect finds nothing called persn: there are person, dog; did you mean person?",
  ]);
  assert.deepEqual(faults(on("track", { analyzer: "track" }), detect, embed), [
    "pipeline.2.on: track is an analyzer: a model runs on what another model found",
  ]);
  assert.deepEqual(faults([{ model: "c" }, { model: "e", on: "classify" }], model("classify"), embed), [
    "pipeline.1.on: my-embed runs on boxes, and classify has none: its task is to classify",
  ]);
});

Deno.test("labels that nobody named are not known to be wrong", () => {
  assert.deepEqual(faults([{ model: "d" }, { model: "e", on: "detect.face" }], model("detect"), embed), []);
});

Deno.test("a head needs vectors of its own length", () => {
  const head = model("head");
  const pipeline = (more: object): PipelineStep[] => [{ model: "e" }, { model: "h", ...more }];
  assert.match(faults(pipeline({}), embed, head)[0], /^pipeline\.1\.on: my-head takes feature vectors, not pictures/);
  assert.match(faults(pipeline({ on: "detect" }), detect, head)[0], /takes feature vectors, and detect has none/);
  assert.match(faults(pipeline({ on: "embed" }), model("embed", {}, 7), head)[0], /of 4 numbers, and those .* have 7/);
  assert.match(faults(pipeline({ on: "embed.face" }), embed, head)[0], /feature vectors have no labels: write embed/);
  assert.match(faults(pipeline({ on: "embed", max: 3 }), embed, head)[0], /^pipeline\.1\.max: .* set it at embed/);
  assert.deepEqual(faults(pipeline({ on: "embed" }), model("embed"), head), []);
});

Deno.test("two models of one task need names, or the one's answer would stand in the other's place", () => {
  assert.deepEqual(faults([{ model: "a" }, { model: "b" }], detect, detect), [
    "pipeline.1.name: step 0 is called detect already: give this one a name",
  ]);
  assert.deepEqual(faults([{ model: "a" }, { model: "b", name: "b" }], detect, detect), []);
});
