import assert from "node:assert/strict";
import { predictSchema } from "./predict_schema.ts";

const faults = (value: unknown) =>
  predictSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

Deno.test("pipelines for single images have models only, and their steps must follow on each other", () => {
  const face = { model: "face.onnx", name: "face" };
  const mood = { model: "mood.onnx", on: "face", max: 1 };
  assert.deepEqual(faults({}), []);
  assert.deepEqual(faults({ pipelines: { faces: [face, mood] }, default: "faces" }), []);
  assert.match(faults({ pipelines: { faces: [] } })[0], /^pipelines.faces: .*one model at least/);
  assert.match(faults({ pipelines: { faces: [face, { analyzer: "track" }] } })[0], /faces.1.analyzer: .*no past/);
  assert.match(faults({ pipelines: { faces: [mood] } })[0], /faces.0.on: no earlier step is called face/);
  assert.match(faults({ pipelines: { faces: [face] }, default: "moods" })[0], /^default: .*no pipeline moods: .*faces/);
  assert.match(faults({ pipelines: { "a b": [face] } })[0], /pipelines.a b/);
});
