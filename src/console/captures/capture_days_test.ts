import assert from "node:assert/strict";
import type { CaptureView } from "../../core/captures.ts";
import { boundsOf, byDay, dayOf, dayText } from "./capture_days.ts";

const at = (moment: Date, stream: string) => ({ at: moment.toISOString(), stream }) as CaptureView;

Deno.test("captures stand under their day, the newest first, and there under their stream", () => {
  const late = new Date(2026, 0, 31, 23, 59);
  const captures = [at(new Date(2026, 1, 1, 0, 1), "b"), at(late, "b"), at(late, "a"), at(new Date(2026, 0, 31), "b")];
  const days = byDay(captures).map((
    { day, streams },
  ) => [day, streams.map((one) => [one.stream, one.captures.length])]);
  assert.deepEqual(days, [["2026-02-01", [["b", 1]]], ["2026-01-31", [["a", 1], ["b", 2]]]]);
});

Deno.test("a day's bounds are the reader's midnights, and what is no day has none", () => {
  const bounds = boundsOf("2026-01-31")!;
  assert.equal(dayOf(new Date(bounds.from)), "2026-01-31");
  assert.equal(dayOf(new Date(Date.parse(bounds.from) - 1)), "2026-01-30");
  assert.equal(dayOf(new Date(bounds.to)), "2026-02-01");
  assert.equal(dayOf(new Date(Date.parse(bounds.to) - 1)), "2026-01-31");
  for (const text of ["", "2026-1-31", "tomorrow"]) assert.equal(boundsOf(text), undefined, text);
});

Deno.test("days are told as people tell them", () => {
  const now = new Date(2026, 2, 1, 0, 30);
  assert.deepEqual(["2026-03-01", "2026-02-28", "2026-02-27"].map((day) => dayText(day, now)), [
    "Today",
    "Yesterday",
    "Friday, 27 February 2026",
  ]);
});
