import assert from "node:assert/strict";
import type { Detection, ModelOutput } from "../core/results.ts";
import { pipelinePredictions, predictionsOf } from "./predictions.ts";

const found = (label: string): Detection => ({ box: [0, 0, 1, 1], label, classId: 0, score: 0.9 });
const mood = { label: "class 2", classId: 2, score: 0.6, probabilities: [0.1, 0.2, 0.6, 0.1] };
const people = { task: "detect", labels: ["person", "dog"] } as const;
const heads = { task: "head", labels: [] } as const;

Deno.test("each task answers in a shape of its own", () => {
  const detections = [found("dog"), found("person")];
  assert.deepEqual(predictionsOf({ model: "m", detections }, people), { predictions: detections, has_person: true });
  const classes = [{ label: "cat", classId: 1, score: 0.8 }];
  assert.deepEqual(predictionsOf({ model: "m", classes }, { task: "classify", labels: ["person", "cat"] }), {
    predictions: classes,
    has_person: false,
  });
  assert.deepEqual(predictionsOf({ model: "m", embedding: [1, 0] }, { task: "embed", labels: [] }).predictions, [1, 0]);
  const tensors = { out: { shape: [1], data: [2] } };
  assert.deepEqual(predictionsOf({ model: "m", tensors }, { task: "tensor", labels: [] }).predictions, tensors);
  assert.deepEqual(predictionsOf({ model: "m", detections: [] }, { task: "detect", labels: ["dog"] }), {
    predictions: [],
  });
});

Deno.test("heads on a face answer with level, category and confidence, and say when they did not run", () => {
  const crop = { of: 0, label: "face", box: [0, 0, 9, 9] as [number, number, number, number] };
  const outputs = (crops: ModelOutput["crops"]): Record<string, ModelOutput> => ({
    face: { model: "f", detections: [found("face")] },
    mood: { model: "h", notice: "synthetic", crops },
  });
  const face = { step: "face", task: "detect", labels: ["face"] } as const;
  const specs = [face, { step: "vector", task: "embed", labels: [] } as const, { step: "mood", ...heads }];
  const answer = pipelinePredictions(outputs([{ ...crop, cached: true, heads: { Boredom: mood } }]), specs);
  const level = { category: "high", level: 2, confidence: 0.6, probabilities: mood.probabilities };
  assert.deepEqual(answer, { predictions: { Boredom: level }, notice: "synthetic", cached: true });
  const failed = [{ ...crop, error: "broken" }, { ...crop, of: 1, heads: { Boredom: mood } }];
  assert.deepEqual(pipelinePredictions(outputs(failed), specs).predictions, { Boredom: level });
  assert.deepEqual(pipelinePredictions(outputs([]), specs), { predictions: {}, notice: "synthetic", cached: false });
});

Deno.test("in a pipeline any model may have seen somebody, and classes of crops are told crop by crop", () => {
  const crops = [{ of: 0, label: "person", box: [0, 0, 9, 9] as [number, number, number, number], classes: [] }];
  const outputs = { detect: { model: "d", detections: [found("person")] }, kind: { model: "c", crops } };
  const answer = pipelinePredictions(outputs, [
    { step: "detect", ...people },
    { step: "kind", task: "classify", labels: ["a", "b"] },
  ]);
  assert.deepEqual(answer, { predictions: crops, has_person: true, cached: false });
});
