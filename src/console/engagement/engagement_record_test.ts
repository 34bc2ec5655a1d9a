import assert from "node:assert/strict";
import { EngagementRecord } from "./engagement_record.ts";

const reading = (track: number, value: number) => ({
  total: 1,
  faces: [{ track, ageS: 0, heads: { Boredom: { category: "low", confidence: 0.5, value } } }],
});

Deno.test("a gauge is remembered second by second, each face's by itself, two minutes long", () => {
  let nowS = 10;
  const record = new EngagementRecord(() => nowS);
  record.push(reading(1, 0.1));
  record.push(reading(1, 0.2));
  nowS = 12.5;
  record.push(reading(2, 0.9));
  assert.deepEqual(record.values(1, "Boredom").slice(-4), [undefined, 0.2, undefined, undefined]);
  assert.deepEqual(record.values(2, "Boredom").slice(-2), [undefined, 0.9]);
  nowS = 1000;
  record.push(reading(1, 0.3));
  assert.deepEqual(record.values(1, "Boredom").filter((value) => value !== undefined), [0.3]);
  assert.equal(record.values(1, "Boredom").length, 120);
  assert.deepEqual(record.values(3, "Boredom"), []);
});
