import assert from "node:assert/strict";
import { bytesText, durationText, momentText, msText, rateText } from "./format.ts";

Deno.test("Figures have as many digits as mean something", () => {
  assert.deepEqual([0.84, 9.96, 48.4, 1240].map(msText), [
    "0.8",
    "10.0",
    "48",
    "1,240",
  ]);
  assert.deepEqual([0.5, 9.8, 9.96, 24.6].map(rateText), [
    "0.5",
    "9.8",
    "10",
    "25",
  ]);
  assert.deepEqual([0, 999, 1500, 128e6, 2.5e9].map(bytesText), [
    "0 B",
    "999 B",
    "1.5 kB",
    "128 MB",
    "2.5 GB",
  ]);
});

Deno.test("A length of time is told in its two largest units", () => {
  const texts = [0, 400, 59_000, 200_000, 3_600_000, 7_500_000, 356_400_000]
    .map(durationText);
  assert.deepEqual(texts, [
    "0 s",
    "0 s",
    "59 s",
    "3 min 20 s",
    "1 h",
    "2 h 5 min",
    "4 d 3 h",
  ]);
});

Deno.test("what happened today is told by its time, all else with its day", () => {
  const at = new Date(2026, 10, 22, 3, 5, 26).getTime();
  assert.equal(momentText(at, at + 60_000), "03:05:26");
  assert.equal(momentText(at, at + 86_400_000), "22/11/2026, 03:05:26");
});
