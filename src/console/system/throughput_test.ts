import assert from "node:assert/strict";
import type { ModelView } from "../../core/services.ts";
import type { MeasuredAnswer } from "./system_answer.ts";
import { modelThroughput } from "./throughput.ts";

const model = (frames: number, about: Partial<ModelView> = {}) =>
  ({ name: "m", frames, replicas: { running: 2 }, ...about }) as ModelView;
const times = { count: 9, mean: 20, min: 1, p50: 20, p95: 30, p99: 30, max: 30 };

Deno.test("a model's rate is of the time between two readings, its ceiling of its copies and their mean run", () => {
  const before = { atMs: 1000, models: [model(100)] };
  const now = { atMs: 3000, models: [model(150, { inferMs: times, meanBatch: 1.5 })] };
  assert.deepEqual(modelThroughput(now, before), [{ name: "m", fps: 25, ceilingFps: 150 }]);
});

Deno.test("what is not known yet is not made up", () => {
  const now = { atMs: 3000, models: [model(10), { name: "unloaded" } as ModelView] };
  assert.deepEqual(modelThroughput(now, undefined), [{ name: "m" }]);
  assert.deepEqual(modelThroughput(now, { atMs: 1000, models: [model(100)] }), [{ name: "m" }], "copies were replaced");
  const idle = { atMs: 3000, models: [model(100, { inferMs: { ...times, count: 0, mean: 0 }, replicas: {} })] };
  assert.deepEqual(modelThroughput(idle, { atMs: 1000, models: [model(100)] }), [{ name: "m", fps: 0 }]);
});

Deno.test("what was measured stands at the model whose very file it was measured with", () => {
  const measured = { label: "m", sha256: "abc", weirPerSecond: 40 } as MeasuredAnswer;
  const now = { atMs: 3000, models: [model(10, { sha256: "abc" }), model(10, { name: "n", sha256: "def" })] };
  assert.deepEqual(modelThroughput(now, undefined, [measured]), [{ name: "m", measured }, { name: "n" }]);
});
