import assert from "node:assert/strict";
import type { Turn, TurnRequest, Turns } from "../src/core/inference.ts";
import type { ModelOutput } from "../src/core/results.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import { type Candidate, type TriedVersion, VersionTrial } from "./version_trial.ts";

const answer = (label: string): ModelOutput => ({
  model: "m",
  detections: [{ box: [0, 0, 10, 10], label, classId: 0, score: 0.9 }],
});

/** An active version and those tried beside it; spare turns are granted by hand. */
function rig(...candidates: { role: Candidate["role"]; share?: number; label?: string }[]) {
  const signal = new AbortController();
  const asked: string[] = [];
  const spare: { key: string; grant(): void; refuse(error: Error): void }[] = [];
  const refused = new Set<string>();
  const turnAt = (key: string) => ({ key, expectedMs: 1, waitedMs: 0, pass() {} }) as unknown as Turn;
  const turns: Turns = {
    request(key: string, request: TurnRequest, aborted: AbortSignal): Promise<Turn> {
      if (!request.spare) {
        asked.push(key);
        return refused.has(key) ? Promise.reject(new Error("given up")) : Promise.resolve(turnAt(key));
      }
      return new Promise((resolve, reject) => {
        spare.push({ key, grant: () => resolve(turnAt(key)), refuse: reject });
        aborted.addEventListener("abort", () => reject(aborted.reason));
      });
    },
  };
  const version = (key: string, label: string): TriedVersion => ({
    key,
    version: key,
    input: {
      expect() {},
      run: (_picture, turn) => {
        assert.equal((turn as unknown as { key: string }).key, key, "run in a turn of its own");
        return Promise.resolve({ output: answer(label), startedAtMs: 0, inferMs: 1, readMs: 0, prepareMs: 0 });
      },
    },
  });
  const figures = () => ({ compared: 0, scored: 0, agreement: 0, skipped: 0, failed: 0 });
  const tried = candidates.map(({ role, share = 1, label = "a" }): Candidate => ({
    ...version(role, label),
    role,
    share,
    figures: figures(),
  }));
  const trial = new VersionTrial(version("active", "a"), tried, {});
  const from = trial.turnsFrom(turns);
  return {
    trial,
    asked,
    spare,
    refused,
    signal,
    figures: tried.map((candidate) => candidate.figures),
    async frame(picture = new FakePicture()) {
      const request = { stream: "cam", deadlineMs: Infinity, weight: 1, late: true };
      const turn = await from.request("active", request, signal.signal);
      const { output } = await trial.run(picture, turn);
      return { picture, output, key: (turn as unknown as { key: string }).key };
    },
  };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a canary gets its share, evenly and every time the same", async () => {
  const r = rig({ role: "canary", share: 0.3 });
  for (let n = 0; n < 20; n++) await r.frame();
  const at = r.asked.flatMap((key, n) => key === "canary" ? [n] : []);
  assert.deepEqual(at, [3, 6, 9, 13, 16, 19]);
});

Deno.test("a canary that is gone costs no frame", async () => {
  const r = rig({ role: "canary", share: 0.5 });
  r.refused.add("canary");
  const keys: string[] = [];
  for (let n = 0; n < 6; n++) keys.push((await r.frame()).key);
  assert.deepEqual(keys, Array(6).fill("active"));
  assert.equal(r.figures[0].failed, 3);
});

Deno.test("one frame at a time is compared, its picture held until then; the others are counted as skipped", async () => {
  const r = rig({ role: "shadow", label: "b" });
  const first = await r.frame();
  const second = await r.frame();
  assert.deepEqual([first.picture.held, second.picture.held], [2, 1]);
  assert.equal(r.figures[0].skipped, 1);
  assert.deepEqual(r.spare.map(({ key }) => key), ["shadow"]);
  // What later steps write into a published answer is not what the model said.
  first.output.detections![0].label = "b";
  r.spare[0].grant();
  await settled();
  assert.equal(first.picture.held, 1);
  const { compared, scored, agreement, skipped, failed } = r.figures[0];
  assert.deepEqual([compared, scored, agreement, skipped, failed], [1, 1, 0, 1, 0]);
  await r.frame();
  r.spare[1].refuse(new Error("its copies died"));
  await settled();
  assert.equal(r.figures[0].failed, 1);
  assert.equal(r.trial.held, 1);
});

Deno.test("a canary's frame is compared with what the active version makes of it, a shadow's with its own", async () => {
  const r = rig({ role: "canary", share: 0.5 }, { role: "shadow" });
  await r.frame();
  await r.frame();
  assert.deepEqual(r.asked, ["active", "canary"]);
  assert.deepEqual(r.spare.map(({ key }) => key), ["shadow", "active"]);
  for (const { grant } of r.spare) grant();
  await settled();
  assert.deepEqual(r.figures.map(({ compared, agreement }) => [compared, agreement]), [[1, 1], [1, 1]]);
});

Deno.test("when its stream stops, what a trial holds is let go and nothing failed", async () => {
  const r = rig({ role: "shadow" });
  const { picture } = await r.frame();
  assert.equal(picture.held, 2);
  r.signal.abort(new Error("the stream stops"));
  await settled();
  assert.equal(picture.held, 1);
  assert.deepEqual([r.figures[0].failed, r.figures[0].skipped, r.figures[0].compared], [0, 1, 0]);
});
