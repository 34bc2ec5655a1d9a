import assert from "node:assert/strict";
import type { Turn, Turns } from "../src/core/inference.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import type { Arrival } from "../src/core/source.ts";
import type { StreamPolicy } from "../src/core/stream.ts";
import { nowMs } from "../src/core/clock.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import { Credits } from "./credits.ts";
import { Intake } from "./intake.ts";
import { pipeline, type Step } from "./pipeline.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve));
const policy = (over: Partial<StreamPolicy>): StreamPolicy => ({ mode: "latest", weight: 1, capacity: 4, ...over });
const spec = (name: string) => ({ name } as ModelSpec);

/** Turns released by hand. */
class HandTurns implements Turns {
  waiting: { model: string; grant(expectedMs?: number): void }[] = [];
  passed = 0;
  request(model: string, _request: unknown, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      const run = () => Promise.reject(new Error("unused"));
      this.waiting.push({
        model,
        grant: (expectedMs = 0) => resolve({ expectedMs, waitedMs: 0, run, pass: () => void this.passed++ }),
      });
    });
  }
}

function rig(over: Partial<StreamPolicy>, makeSteps: (turns: HandTurns) => Step[]) {
  const credits = new Credits(2);
  const intake = new Intake({ stream: "cam", policy: policy(over), credits });
  const turns = new HandTurns();
  const pictures: FakePicture[] = [];
  const results: ResultEnvelope[] = [];
  const drops: string[] = [];
  const alerts: string[] = [];
  let done = false;
  const subscription = pipeline(intake.frames$, {
    stream: "cam",
    policy: policy(over),
    steps: makeSteps(turns),
    turns,
    credits,
    onAlerts: (frame, { seq }) => {
      for (const { alert, message } of frame.alerts) {
        alerts.push(`${seq} ${alert}: ${message}, ${results.length} results out`);
      }
    },
    onDrop: (frame, cause) => {
      drops.push(`${frame.info.seq} ${cause}`);
      frame.drop(cause);
    },
  }).subscribe({ next: (result) => results.push(result), complete: () => done = true });
  intake.startEpoch();
  let n = 0;
  const arrive = (role: Arrival["role"] = "key", arrivedAtMs = nowMs()) => {
    const admission = intake.arrived({ ptsUs: 40_000 * n++, arrivedAtMs, role });
    if (!admission.decode) return;
    const picture = new FakePicture();
    pictures.push(picture);
    return intake.decoded(admission.info, picture);
  };
  const check = () => {
    const reading = intake.ledger.read();
    assert.equal(reading.unaccounted, 0);
    return reading;
  };
  const held = () => pictures.filter((picture) => picture.held > 0).length;
  return { intake, turns, results, drops, alerts, subscription, arrive, check, held, done: () => done };
}

const model = (name: string, run: (turn: Turn) => Promise<unknown> = () => Promise.resolve()): Step => ({
  name,
  model: name,
  spec: spec(name),
  concurrency: 1,
  input: {
    expect: () => {},
    run: async (_picture, turn) => {
      await run(turn);
      return { output: { model: name, detections: [] }, startedAtMs: nowMs(), inferMs: 2, readMs: 0, prepareMs: 1 };
    },
  },
});

Deno.test("a frame travels through model and analyzer into one envelope, and its picture is let go", async () => {
  let resets = 0;
  const r = rig({}, () => [
    model("detect"),
    { name: "count", analyzer: { push: ({ outputs }) => ({ saw: Object.keys(outputs) }), reset: () => void resets++ } },
  ]);
  r.arrive();
  r.turns.waiting[0].grant();
  await settle();
  const [result] = r.results;
  assert.deepEqual([result.stream, result.epoch, result.seq, result.pts], ["cam", 1, 1, 0]);
  assert.deepEqual(result.outputs, { detect: { model: "detect", detections: [] }, count: { saw: ["detect"] } });
  assert.deepEqual(result.frame, { width: 64, height: 48 });
  assert.ok(result.ageMs! >= 0 && result.timings!.inferMs === 2);
  assert.equal(resets, 1);
  assert.equal(r.held(), 0);
  assert.equal(r.check().completed, 1);
  r.subscription.unsubscribe();
});

Deno.test("the account balances at every reading, with frames in every place they can be", async () => {
  const finish: (() => void)[] = [];
  const r = rig({}, () => [model("detect", () => new Promise<void>((resolve) => finish.push(resolve)))]);
  for (let n = 0; n < 5; n++) {
    r.arrive();
    r.check();
  }
  assert.deepEqual(r.check().dropped.stale, 4);
  assert.equal(r.check().inFlight, 1);
  r.turns.waiting[0].grant();
  await settle();
  r.arrive();
  assert.equal(r.check().inFlight, 2);
  finish[0]();
  await settle();
  assert.equal(r.check().completed, 1);
  r.subscription.unsubscribe();
  await settle();
  const reading = r.check();
  assert.equal(reading.inFlight, 0);
  assert.equal(reading.dropped.stopped, 1);
  assert.equal(r.held(), 0);
});

Deno.test("a frame that would come out too old is dropped before it costs a run", async () => {
  const r = rig({ maxAgeMs: 100 }, () => [model("detect")]);
  r.arrive("key", nowMs() - 60);
  r.turns.waiting[0].grant(50);
  await settle();
  assert.deepEqual(r.drops, ["1 stale"]);
  assert.equal(r.turns.passed, 1);
  r.subscription.unsubscribe();
  await settle();
});

Deno.test("failures of a model or an analyzer are counted drops, and the stream goes on", async () => {
  let broken = true;
  const r = rig({}, () => [
    model("detect", () => broken ? Promise.reject(new Error("NaN in output")) : Promise.resolve()),
    {
      name: "strict",
      analyzer: {
        push: ({ info }) => {
          if (info.seq === 2) throw new Error("bad");
          return {};
        },
        reset() {},
      },
    },
  ]);
  for (let n = 0; n < 3; n++) {
    r.arrive();
    r.turns.waiting[n].grant();
    await settle();
    broken = false;
  }
  assert.deepEqual(r.drops, ["1 failed", "2 failed"]);
  assert.equal(r.check().completed, 1);
  assert.equal(r.held(), 0);
  r.subscription.unsubscribe();
});

Deno.test("with several models, frames between them are bounded and results keep their order", async () => {
  const r = rig({ mode: "block" }, () => [model("first"), model("second")]);
  const backed: (Promise<void> | void)[] = [];
  for (let n = 0; n < 12; n++) backed.push(r.arrive());
  for (let round = 0; round < 40; round++) {
    r.turns.waiting.find((turn) => turn.model === "first" && !("used" in turn) && Object.assign(turn, { used: 1 }))
      ?.grant();
    await settle();
    r.check();
  }
  // Nothing leaves the second model: what passed the first is bounded by the passage.
  const passedFirst = r.turns.waiting.filter((turn) => turn.model === "second").length;
  assert.equal(passedFirst, 1);
  assert.equal(r.turns.waiting.filter((turn) => turn.model === "first").length <= 3, true);
  for (let round = 0; round < 60; round++) {
    for (const turn of r.turns.waiting) turn.grant();
    await settle();
  }
  assert.deepEqual(r.results.map((result) => result.seq), Array.from({ length: 12 }, (_, n) => n + 1));
  r.subscription.unsubscribe();
});

Deno.test("when the source ends for good, what waits still runs and the results complete", async () => {
  const r = rig({ mode: "block" }, () => [model("detect")]);
  r.arrive();
  r.arrive();
  r.intake.end();
  for (let n = 0; n < 2; n++) {
    r.turns.waiting[n].grant();
    await settle();
  }
  assert.equal(r.results.length, 2);
  assert.equal(r.done(), true);
});

Deno.test("an analyzer that another pipeline takes over goes on in the same epoch, and forgets motion in the next", () => {
  const seen: (number | "reset")[] = [];
  const step: Step = {
    name: "watch",
    analyzer: { push: ({ info }) => void seen.push(info.seq), reset: () => void seen.push("reset") },
  };
  const intake = new Intake({ stream: "cam", policy: policy({}) });
  const context = { stream: "cam", policy: policy({}), turns: new HandTurns(), onDrop: () => {} };
  const show = (ptsUs: number) => {
    const admission = intake.arrived({ ptsUs, arrivedAtMs: nowMs(), role: "key" });
    if (admission.decode) intake.decoded(admission.info, new FakePicture());
  };
  intake.startEpoch();
  for (const steps of [[step], [{ name: "more", analyzer: { push: () => undefined, reset() {} } }, step]]) {
    const subscription = pipeline(intake.frames$, { ...context, steps }).subscribe();
    show(0);
    show(40_000);
    subscription.unsubscribe();
  }
  assert.deepEqual(seen, ["reset", 1, 2, 3, 4]);
  intake.startEpoch();
  const subscription = pipeline(intake.frames$, { ...context, steps: [step] }).subscribe();
  show(0);
  subscription.unsubscribe();
  assert.deepEqual(seen.slice(5), ["reset", 5]);
});

Deno.test("a frame that an analyzer holds back costs no turn, gives no result and counts as sampled, wherever it is held", async () => {
  const holding = (name: string, held: (seq: number) => boolean): Step => ({
    name,
    analyzer: {
      push: ({ info, hold }) => {
        if (held(info.seq)) hold!();
        return { seen: info.seq };
      },
      reset() {},
    },
  });
  const r = rig({ mode: "block" }, () => [
    holding("before", (seq) => seq % 2 === 0),
    model("detect"),
    holding("after", (seq) => seq === 3),
  ]);
  for (let n = 0; n < 5; n++) {
    r.arrive();
    for (const { grant } of r.turns.waiting.splice(0)) grant();
    await settle();
    r.check();
  }
  assert.deepEqual(r.results.map(({ seq }) => seq), [1, 5]);
  assert.deepEqual(r.drops, ["2 sampled", "3 sampled", "4 sampled"]);
  const { completed, dropped, inFlight } = r.check();
  assert.deepEqual([completed, dropped.sampled, inFlight], [2, 3, 0]);
  assert.equal(r.held(), 0);
  r.subscription.unsubscribe();
});

Deno.test("what an analyzer tells people of goes out after the frame's result, and not for a frame that has none", () => {
  const r = rig({}, () => [
    {
      name: "crowd",
      analyzer: {
        push: ({ info, hold, alert }) => {
          alert!({ message: `frame ${info.seq}` });
          if (info.seq === 2) hold!();
          return {};
        },
        reset() {},
      },
    },
  ]);
  for (let n = 0; n < 3; n++) r.arrive();
  assert.deepEqual(r.alerts, ["1 crowd: frame 1, 1 results out", "3 crowd: frame 3, 2 results out"]);
  r.subscription.unsubscribe();
});
