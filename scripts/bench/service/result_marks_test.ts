import assert from "node:assert/strict";
import { ResultMarks } from "./result_marks.ts";

const event = (seq: number, spaced = false) => {
  const result = { v: 1, type: "result", stream: "s", epoch: 1, seq, pts: 1.5, capturedAt: "2026-01-01T00:00:00.250Z" };
  const text = JSON.stringify({ ...result, ageMs: 12.5, outputs: { note: "x".repeat(300) } });
  return `id: ${seq}\nevent: result\ndata: ${spaced ? text.replaceAll('":', '": ').replaceAll(',"', ', "') : text}\n\n`;
};

Deno.test("results are found however their bytes are cut", () => {
  const bytes = new TextEncoder().encode(event(1) + event(2) + event(3, true));
  const publishedAtMs = Date.parse("2026-01-01T00:00:00.250Z") + 12.5;
  for (const size of [1, 7, 64, 199, 500, bytes.length]) {
    const marks = new ResultMarks();
    const found = [];
    const shared = new Uint8Array(size);
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size);
      shared.set(part);
      found.push(...marks.read(shared.subarray(0, part.length)));
    }
    assert.deepEqual(found, [1, 2, 3].map((seq) => ({ seq, publishedAtMs })), `in pieces of ${size}`);
  }
});
