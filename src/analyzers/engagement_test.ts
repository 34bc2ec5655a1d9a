import assert from "node:assert/strict";
import type { ModelOutput } from "../core/results.ts";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import type { EngagementOutput } from "./engagement.ts";

const head = (...probabilities: number[]) => ({ label: "", classId: 0, score: 1, probabilities });

/** What heads say of faces: each with its track, where it has one, and its probabilities of `Engagement`. */
function heads(...faces: { track?: number; of?: number[]; error?: string }[]): Record<string, ModelOutput> {
  const crops = faces.map(({ of, ...face }, index) => ({
    of: index,
    label: "face",
    box: [100 * index, 0, 50, 50] as [number, number, number, number],
    ...face,
    ...(of && { heads: { Engagement: head(...of) } }),
  }));
  return { heads: { model: "h", crops } };
}

const rig = (options: Record<string, unknown> = {}) => {
  const r = new AnalyzerRig("engagement", options);
  return {
    reset: () => r.analyzer.reset(),
    push: (timeS: number, outputs: Record<string, unknown>): EngagementOutput => r.push(timeS, outputs),
  };
};

Deno.test("a face's answers are averaged over the window, and older ones count no more", () => {
  const r = rig({ windowS: 10 });
  r.push(0, heads({ track: 7, of: [1, 0, 0, 0] }));
  const [face] = r.push(5, heads({ track: 7, of: [0, 0, 0, 1] })).faces;
  assert.deepEqual(face, {
    track: 7,
    box: [0, 0, 50, 50],
    ageS: 0,
    samples: 2,
    spanS: 5,
    heads: {
      Engagement: { category: "very low", level: 0, confidence: 0.5, probabilities: [0.5, 0, 0, 0.5], value: 0.5 },
    },
  });
  const { level, value } = r.push(10.5, heads({ track: 7, of: [0, 0, 0, 1] })).faces[0].heads.Engagement;
  assert.deepEqual([level, value], [3, 1]);
});

Deno.test("each face has an average of its own, the latest first, and all that ever came are counted", () => {
  const r = rig();
  r.push(0, heads({ track: 1, of: [1, 0, 0, 0] }, { track: 2, of: [0, 1, 0, 0] }));
  const { faces, total } = r.push(1, heads({ track: 1, of: [1, 0, 0, 0] }));
  assert.deepEqual(faces.map(({ track, ageS, heads }) => [track, ageS, heads.Engagement.level]), [[1, 0, 0], [
    2,
    1,
    1,
  ]]);
  assert.equal(total, 2);
});

Deno.test("a face that is in sight stays and moves though its heads are asked seldom; one that is gone goes", () => {
  const r = rig({ keepS: 2, windowS: 10 });
  const seen = (x: number, label = "face") => ({
    face: { model: "f", detections: [{ box: [x, 1, 40, 40], label, classId: 0, score: 1, track: 7 }] },
  });
  r.push(0, { ...seen(0), ...heads({ track: 7, of: [1, 0, 0, 0] }) });
  for (let second = 1; second <= 5; second++) {
    const [face] = r.push(second, { ...seen(second), ...heads() }).faces;
    assert.deepEqual([face.box, face.ageS, face.samples], [[second, 1, 40, 40], second, 1]);
  }
  // A track of something else that has the same number is another one.
  assert.equal(r.push(7, { ...seen(9, "person"), ...heads() }).faces.length, 1);
  assert.equal(r.push(7.1, { ...seen(9, "person"), ...heads() }).faces.length, 0);
});

Deno.test("one face needs no tracker; several do, and it says so", () => {
  const r = rig();
  const alone = r.push(0, heads({ of: [1, 0, 0, 0] }));
  assert.deepEqual([alone.faces.length, alone.needs, "track" in alone.faces[0]], [1, undefined, false]);
  const two = r.push(10, heads({ of: [1, 0, 0, 0] }, { of: [0, 1, 0, 0] }));
  assert.deepEqual([two.faces.length, two.needs], [0, "tracks"]);
});

Deno.test("heads on a whole picture are averaged, too, and what the maker wants said is said", () => {
  const r = rig();
  const output = { model: "h", notice: "synthetic demonstration", heads: { Engagement: head(0, 1, 0, 0) } };
  const { faces, notice } = r.push(0, { head: output });
  assert.deepEqual([faces.length, "box" in faces[0], notice], [1, false, "synthetic demonstration"]);
  assert.equal(r.push(1, {}).notice, "synthetic demonstration");
});

Deno.test("heads of several models are told together, those of one head by the names of their steps", () => {
  const of = (name: string, ...probabilities: number[]) => ({
    model: "m",
    crops: [{ of: 0, label: "face", box: [0, 0, 5, 5], track: 3, heads: { [name]: head(...probabilities) } }],
  });
  const two = { model: "m", crops: [{ ...of("x", 1, 0).crops[0], heads: { Mood: head(1, 0), Calm: head(0, 1) } }] };
  const outputs = { boredom: of("output", 1, 0), confusion: of("output", 0, 1), both: two };
  const told = (r: ReturnType<typeof rig>) =>
    r.push(0, outputs).faces.map(({ heads }) => Object.entries(heads).map(([name, { level }]) => [name, level]));
  const all = [["boredom", 0], ["confusion", 1], ["Mood", 0], ["Calm", 1]];
  assert.deepEqual(told(rig()), [all]);
  assert.deepEqual(told(rig({ on: ["confusion", "boredom"] })), [[all[1], all[0]]]);
  assert.deepEqual(told(rig({ on: "confusion" })), [[["output", 1]]]);
});

Deno.test("without heads before it, it says what it needs; crops that failed are passed over", () => {
  const r = rig();
  assert.equal(r.push(0, { detect: { model: "d", detections: [] } }).needs, "heads");
  assert.equal(
    r.push(1, { embed: { model: "e", crops: [{ of: 0, label: "face", box: [0, 0, 1, 1], embedding: [1] }] } }).needs,
    "heads",
  );
  const some = r.push(2, heads({ track: 1, error: "NaN" }, { track: 2, of: [0, 0, 1, 0] }));
  assert.deepEqual(some.faces.map(({ track }) => track), [2]);
});

Deno.test("a new epoch forgets the averages and keeps the count", () => {
  const r = rig();
  r.push(100, heads({ track: 1, of: [1, 0, 0, 0] }));
  r.reset();
  const { faces, total } = r.push(0, heads({ track: 1, of: [0, 0, 0, 1] }));
  assert.deepEqual([faces[0].samples, faces[0].heads.Engagement.level, total], [1, 3, 2]);
});

Deno.test("numbers that are no probabilities change nothing", () => {
  const r = rig();
  r.push(0, heads({ track: 1, of: [0, 0, 0, 1] }));
  for (const odd of [[NaN, 1, 0, 0], [2, -1, 0, 0], [1], Array(100).fill(0.01)]) {
    r.push(1, heads({ track: 1, of: odd }));
  }
  assert.equal(r.push(2, heads({ track: 1, of: [0, 0, 0, 1] })).faces[0].heads.Engagement.confidence, 1);
});

Deno.test("however many faces come by, a bounded number is told of", () => {
  const r = rig({ windowS: 600, keepS: 600 });
  for (let track = 0; track < 500; track++) r.push(track / 100, heads({ track, of: [1, 0, 0, 0] }));
  const { faces, total } = r.push(6, heads());
  assert.deepEqual([faces.length, total, faces[0].track], [64, 500, 499]);
});

Deno.test("levels are called as the options say", () => {
  const r = rig({ categories: ["calm", "tense"] });
  assert.equal(r.push(0, heads({ of: [0.2, 0.8] })).faces[0].heads.Engagement.category, "tense");
});
