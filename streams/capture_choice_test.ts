import assert from "node:assert/strict";
import type { CaptureReason, CaptureRules } from "../src/core/captures.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { CaptureChoice } from "./capture_choice.ts";

const NOON = Date.parse("2026-01-31T12:00:00Z");

function rules(over: Partial<CaptureRules>): CaptureRules {
  return { enabled: true, onAlert: false, perHour: 1e9, quality: 90, keep: { bytes: 1e9, files: 1000 }, ...over };
}

function result(pts: number, scores: number[] = [], epoch = 1): ResultEnvelope {
  const detections = scores.map((score) => ({
    box: [0, 0, 1, 1] as [number, number, number, number],
    label: "person",
    classId: 0,
    score,
  }));
  const outputs = { detect: { model: "m", detections } };
  return { v: 1, type: "result", stream: "s", epoch, seq: 1, pts, frame: { width: 2, height: 2 }, outputs };
}

/** Why the frames of so many results at 25 a second were kept: by number. */
function run(choice: CaptureChoice, count: number, scores: (n: number) => number[] = () => []) {
  const kept = new Map<number, CaptureReason[]>();
  for (let n = 0; n < count; n++) {
    const chosen = choice.choose(result(n / 25, scores(n)), { atMs: NOON + n * 40, alerted: n === 7 });
    if (chosen && chosen !== "refused") kept.set(n, chosen.reasons);
  }
  return kept;
}

Deno.test("every nth result is kept, the first of them too", () => {
  assert.deepEqual([...run(new CaptureChoice(rules({ everyNth: 30 })), 100).keys()], [0, 30, 60, 90]);
});

Deno.test("one result in so many seconds is kept, by the time of the frames", () => {
  assert.deepEqual([...run(new CaptureChoice(rules({ everySeconds: 0.5 })), 60).keys()], [0, 13, 25, 38, 50]);
});

Deno.test("after a reconnect the time of the frames starts anew", () => {
  const choice = new CaptureChoice(rules({ everySeconds: 10 }));
  const taken = [[100, 1], [105, 1], [0, 2], [5, 2], [10, 2]].map(([pts, epoch]) =>
    choice.choose(result(pts, [], epoch), { atMs: NOON, alerted: false }) !== undefined
  );
  assert.deepEqual(taken, [true, false, true, false, true]);
});

Deno.test("results in which something scores low are kept, those with nothing in them are not", () => {
  const scores = (n: number) => n === 3 ? [0.9, 0.35] : n === 4 ? [0.4] : n === 5 ? [] : [0.8];
  assert.deepEqual([...run(new CaptureChoice(rules({ below: 0.4 })), 10, scores)], [[3, ["low"]]]);
});

Deno.test("a classification is as sure as its best class", () => {
  const choice = new CaptureChoice(rules({ below: 0.5 }));
  const of = (best: number) => {
    const classes = [{ label: "a", classId: 0, score: best }, { label: "b", classId: 1, score: 0.01 }];
    const outputs = { classify: { model: "m", classes } };
    return choice.choose({ ...result(0), outputs }, { atMs: NOON, alerted: false }) !== undefined;
  };
  assert.deepEqual([of(0.9), of(0.4)], [false, true]);
  const crop = (score: number) => {
    const crops = [{ of: 0, label: "face", classes: [{ label: "a", classId: 0, score }] }];
    const outputs = { mood: { model: "m", crops } } as unknown as ResultEnvelope["outputs"];
    return choice.choose({ ...result(0), outputs }, { atMs: NOON, alerted: false }) !== undefined;
  };
  assert.deepEqual([crop(0.8), crop(0.3)], [false, true]);
});

Deno.test("the frame that an alert speaks of is kept", () => {
  assert.deepEqual([...run(new CaptureChoice(rules({ onAlert: true })), 20)], [[7, ["alert"]]]);
});

Deno.test("several rules take one picture, with all reasons", () => {
  assert.deepEqual(run(new CaptureChoice(rules({ everyNth: 7, onAlert: true })), 8).get(7), ["nth", "alert"]);
});

Deno.test("not more pictures an hour than may be, and they come spread over it", () => {
  const choice = new CaptureChoice(rules({ everyNth: 1, perHour: 120 }));
  let refused = 0;
  const taken: number[] = [];
  for (let second = 0; second < 3600; second++) {
    const chosen = choice.choose(result(second), { atMs: NOON + second * 1000, alerted: false });
    if (chosen === "refused") refused++;
    else if (chosen) taken.push(second);
  }
  assert.ok(taken.length >= 119 && taken.length <= 122, `${taken.length} taken`);
  assert.equal(taken.length + refused, 3600);
  const halfway = taken.filter((second) => second < 1800).length;
  assert.ok(Math.abs(halfway - 60) <= 2, `${halfway} in the first half`);
});

Deno.test("a day's sample is uniform over its candidates, and never larger than asked for", () => {
  let state = 1;
  const random =
    () => (state = Math.imul(state, 48271) % 0x7fffffff, (state < 0 ? state + 0x7fffffff : state) / 0x7fffffff);
  const [size, candidates, rounds] = [10, 200, 400];
  const tenths = new Array(10).fill(0);
  for (let round = 0; round < rounds; round++) {
    const choice = new CaptureChoice(rules({ reservoir: size }), { random });
    const slots = new Map<number, number>();
    for (let n = 0; n < candidates; n++) {
      const chosen = choice.choose(result(n), { atMs: NOON + n * 1000, alerted: false });
      if (chosen && chosen !== "refused") slots.set(chosen.reservoir!.slot, n);
    }
    assert.equal(slots.size, size);
    for (const n of slots.values()) tenths[Math.floor((n * 10) / candidates)]++;
  }
  const expected = (size * rounds) / 10;
  const chi2 = tenths.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // The 99.9th percentile of chi-square with nine degrees of freedom; the seed is fixed.
  assert.ok(chi2 < 27.9, `${tenths} is not uniform: ${chi2}`);
});

Deno.test("a day's sample goes on where it was after a restart, and starts anew the next day", () => {
  const sample = { day: "2026-01-31", seen: 1_000_000 };
  const choice = new CaptureChoice(rules({ reservoir: 5 }), { sample, random: () => 0.5 });
  assert.equal(choice.choose(result(0), { atMs: NOON, alerted: false }), undefined);
  const next = choice.choose(result(10), { atMs: NOON + 86_400_000, alerted: false });
  assert.deepEqual(next, { reasons: ["reservoir"], reservoir: { day: "2026-02-01", slot: 0, seen: 1 } });
});
