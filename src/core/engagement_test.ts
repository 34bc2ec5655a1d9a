import assert from "node:assert/strict";
import { engagementAnswer, engagementLevel } from "./engagement.ts";

Deno.test("a head's probabilities become a level with a name, and keep four digits", () => {
  assert.deepEqual(engagementLevel([0.1, 0.123456, 0.7, 0.076544]), {
    category: "high",
    level: 2,
    confidence: 0.7,
    probabilities: [0.1, 0.1235, 0.7, 0.0765],
  });
});

Deno.test("levels that are not four have the names that are given, or none", () => {
  assert.equal(engagementLevel([0.2, 0.8]).category, "level 1");
  assert.equal(engagementLevel([0.2, 0.8], ["calm", "tense"]).category, "tense");
});

Deno.test("an image's answer has the shape that clients know", () => {
  const head = (probabilities: number[]) => ({ label: "", classId: 0, score: 1, probabilities });
  const heads = { Boredom: head([0.7, 0.1, 0.1, 0.1]), Engagement: head([0, 0.1, 0.2, 0.7]) };
  assert.deepEqual(engagementAnswer(heads, { tookMs: 12.34567, cached: true, notice: "synthetic" }), {
    predictions: {
      Boredom: { category: "very low", level: 0, confidence: 0.7, probabilities: [0.7, 0.1, 0.1, 0.1] },
      Engagement: { category: "very high", level: 3, confidence: 0.7, probabilities: [0, 0.1, 0.2, 0.7] },
    },
    processing_time_ms: 12.346,
    cached: true,
    notice: "synthetic",
  });
});
