import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";

const scores = (cat: number, dog: number) => ({
  classify: {
    model: "c",
    classes: [{ label: "cat", classId: 0, score: cat }, { label: "dog", classId: 1, score: dog }]
      .sort((a, b) => b.score - a.score),
  },
});

Deno.test("scores fade into each other by the time that has passed, not by the frames", () => {
  const after = (fps: number) => {
    const rig = new AnalyzerRig("classify", { overMs: 1000 });
    rig.push(0, scores(1, 0));
    let last;
    for (let n = 1; n <= fps; n++) last = rig.push(n / fps, scores(0, 1));
    return last.top.find(({ label }: { label: string }) => label === "cat").score;
  };
  for (const fps of [2, 10, 50]) assert.ok(Math.abs(after(fps) - Math.exp(-1)) < 1e-3, `${after(fps)}`);
});

Deno.test("one odd frame does not change the answer, a lasting change does, and says so once", () => {
  const rig = new AnalyzerRig("classify", { overMs: 1000 });
  for (let n = 0; n < 20; n++) rig.push(n / 10, scores(0.9, 0.1));
  assert.equal(rig.push(2, scores(0.1, 0.9)).label, "cat");
  const changes = [];
  for (let n = 21; n < 60; n++) changes.push(rig.push(n / 10, scores(0.1, 0.9)).changed);
  assert.deepEqual(changes.filter(Boolean), [{ from: "cat", to: "dog" }]);
  assert.equal(rig.push(6, scores(0.1, 0.9)).changes, 2);
});

Deno.test("a vote in a window tells shares of the votes", () => {
  const rig = new AnalyzerRig("classify", { smoothing: "vote", overMs: 1000 });
  for (let n = 0; n < 10; n++) rig.push(n / 10, n < 7 ? scores(0.6, 0.4) : scores(0.4, 0.6));
  const { label, score, top } = rig.push(1, scores(0.1, 0.2));
  assert.deepEqual([label, score], ["cat", 0.6]);
  assert.deepEqual(top.map(({ label, score }: { label: string; score: number }) => [label, score]), [
    ["cat", 0.6],
    ["dog", 0.4],
  ]);
});

Deno.test("an answer that is too unsure is none, and another must lead for a while", () => {
  const rig = new AnalyzerRig("classify", { smoothing: "none", minScore: 0.5, holdMs: 300 });
  assert.equal(rig.push(0, scores(0.4, 0.3)).label, undefined);
  assert.equal(rig.push(0.1, scores(0.6, 0.3)).label, "cat");
  assert.equal(rig.push(0.2, scores(0.3, 0.7)).label, "cat");
  assert.equal(rig.push(0.4, scores(0.3, 0.7)).label, "cat");
  assert.deepEqual(rig.push(0.5, scores(0.3, 0.7)).changed, { from: "cat", to: "dog" });
});

Deno.test("a model of a thousand classes is told in so many as are asked for", () => {
  const classes = Array.from({ length: 1000 }, (_, n) => ({ label: `c${n}`, classId: n, score: 0.001 + n * 1e-7 }));
  const rig = new AnalyzerRig("classify", { top: 3 });
  const { top } = rig.push(0, { classify: { model: "c", classes } });
  assert.deepEqual(top.map(({ label }: { label: string }) => label), ["c999", "c998", "c997"]);
});

Deno.test("a new epoch begins anew, and the changes go on being counted", () => {
  const rig = new AnalyzerRig("classify");
  rig.push(0, scores(1, 0));
  rig.analyzer.reset();
  const { label, changes, changed } = rig.push(0, scores(0, 1));
  assert.deepEqual([label, changes, changed], ["dog", 2, { to: "dog" }]);
  assert.equal(rig.push(0.1, {}).needs, "classes");
});
