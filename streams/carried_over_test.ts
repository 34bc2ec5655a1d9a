import assert from "node:assert/strict";
import { analyzerNamed } from "../src/analyzers/registry.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { PipelineStep } from "../src/core/stream.ts";
import { carriedOver } from "./carried_over.ts";
import type { Step } from "./pipeline.ts";

function made(pipeline: PipelineStep[], keys = "") {
  const steps = pipeline.map((step): Step => {
    if ("on" in step) {
      const cascade = { most: 1, numbers: 0, next: () => ({ pieces: [], skipped: 0 }), reset: () => {} };
      const spec = { name: step.model } as ModelSpec;
      const figures = { runs: 0, failed: 0, skipped: 0 };
      const scope = `m${keys} on detect`;
      return { name: "crops", model: "m", spec, concurrency: 1, cascade, scope, digest: scope, figures };
    }
    if ("model" in step) {
      const input = { expect: () => {}, run: () => Promise.reject(new Error("not run here")) };
      const model = step.model as string;
      return { name: "detect", model, spec: { name: model } as ModelSpec, concurrency: 1, input };
    }
    const { analyzer: kind, name, ...options } = step as { analyzer: string; name?: string };
    return { name: name ?? kind, analyzer: analyzerNamed(kind, options) };
  });
  return { pipeline, steps };
}

Deno.test("an analyzer that is asked for in the same words lives on, wherever it stands now", () => {
  const before = made([{ model: "a" }, { analyzer: "track", keepMs: 500 }, { analyzer: "counter" }]);
  const after = made([{ analyzer: "counter" }, { model: "b" }, { keepMs: 500, analyzer: "track" }]);
  const steps = carriedOver(before, after);
  assert.equal(steps[0], before.steps[2]);
  assert.equal(steps[1], after.steps[1]);
  assert.equal(steps[2], before.steps[1]);
});

Deno.test("an analyzer with other options or another name begins anew, and none serves two steps", () => {
  const before = made([{ analyzer: "track" }, { analyzer: "counter" }]);
  const after = made([
    { analyzer: "track", method: "ocsort" },
    { analyzer: "counter", name: "number" },
    { analyzer: "track" },
    { analyzer: "track" },
  ]);
  const steps = carriedOver(before, after);
  assert.deepEqual(steps.map((step) => before.steps.indexOf(step)), [-1, -1, 0, -1]);
});

Deno.test("what runs on crops remembers tracks and counts as long as its models are the same, not only called the same", () => {
  const pipeline = [{ model: "a" }, { model: "b", on: "detect", max: 2 }];
  const before = made(pipeline);
  assert.equal(carriedOver(before, made(pipeline))[1], before.steps[1]);
  const replaced = made(pipeline, "~2");
  assert.equal(carriedOver(before, replaced)[1], replaced.steps[1]);
  const other = made([{ model: "a" }, { model: "b", on: "detect", max: 3 }]);
  assert.equal(carriedOver(before, other)[1], other.steps[1]);
});
