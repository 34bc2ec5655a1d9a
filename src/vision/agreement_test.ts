import assert from "node:assert/strict";
import type { Box, Detection } from "../core/results.ts";
import { agreementOf } from "./agreement.ts";

const found = (box: Box, label = "a", score = 0.9): Detection => ({ box, label, classId: 0, score });
const detections = (...all: Detection[]) => ({ model: "m", detections: all });
const classes = (...labels: string[]) => ({
  model: "m",
  classes: labels.map((label, classId) => ({ label, classId, score: 1 - classId / 10 })),
});

Deno.test("detections agree by overlap and label, each with one other at most", () => {
  const here = found([0, 0, 10, 10]);
  assert.equal(agreementOf(detections(), detections()), 1);
  assert.equal(agreementOf(detections(here), detections(here)), 1);
  assert.equal(agreementOf(detections(here), detections()), 0);
  assert.equal(agreementOf(detections(here), detections(found([0, 0, 10, 5]))), 1, "a half is enough");
  assert.equal(agreementOf(detections(here), detections(found([0, 0, 10, 4.9]))), 0);
  assert.equal(agreementOf(detections(here), detections(found([0, 0, 10, 10], "b"))), 0);
  assert.equal(agreementOf(detections(here, here), detections(here)), 2 / 3);
  const far = found([50, 50, 10, 10]);
  assert.equal(agreementOf(detections(here, far), detections(far, found([90, 0, 5, 5]))), 0.5);
  assert.equal(agreementOf(detections(found([0, 0, 0, 0])), detections(found([0, 0, 0, 0]))), 0);
});

Deno.test("classes agree by the best one, vectors by their direction, and what cannot be compared is not", () => {
  assert.equal(agreementOf(classes("cat", "dog"), classes("cat", "cow")), 1);
  assert.equal(agreementOf(classes("cat", "dog"), classes("dog", "cat")), 0);
  assert.equal(agreementOf(classes(), classes("cat")), undefined);
  const vector = (...embedding: number[]) => ({ model: "m", embedding });
  assert.equal(agreementOf(vector(1, 0), vector(2, 0)), 1);
  assert.equal(agreementOf(vector(1, 0), vector(-1, 0)), 0);
  assert.equal(agreementOf(vector(1, 0), vector(0, 0)), undefined);
  assert.equal(agreementOf(vector(1, 0), vector(1, 0, 0)), undefined);
  assert.equal(agreementOf(classes("cat"), detections()), undefined);
});
