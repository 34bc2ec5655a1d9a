import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { Turn, TurnRequest, Turns } from "../src/core/inference.ts";
import type { ModelSpec, Task } from "../src/core/model.ts";
import type { CropOutput, Detection, ModelOutput, ResultEnvelope } from "../src/core/results.ts";
import type { StreamPolicy } from "../src/core/stream.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import type { Cascade } from "./cascade.ts";
import { CropCascade } from "./crop_cascade.ts";
import { Intake } from "./intake.ts";
import { type CascadeStep, type ModelStep, pipeline, type Step } from "./pipeline.ts";
import { SimilarityCache } from "./similarity_cache.ts";
import { VectorCascade } from "./vector_cascade.ts";
import { VersionTrial } from "./version_trial.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve));
const spec = (name: string, task: Task) => ({ name, task } as ModelSpec);
const RULES = { margin: 0, minSize: 1, max: 4, everyNth: 1 };

/** Turns released by hand, but those of the model `first`, which come at once. */
class HandTurns implements Turns {
  waiting: { request: TurnRequest; grant(expectedMs?: number): void; refuse(error: Error): void }[] = [];
  passed = 0;

  request(model: string, request: TurnRequest, signal: AbortSignal): Promise<Turn> {
    const turn = (expectedMs: number): Turn => ({
      expectedMs,
      waitedMs: 0,
      run: () => Promise.reject(new Error("unused")),
      pass: () => void this.passed++,
    });
    if (model === "first") return Promise.resolve(turn(0));
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      this.waiting.push({ request, grant: (ms = 0) => resolve(turn(ms)), refuse: reject });
    });
  }
}

const found = (score: number, at: number): Detection => ({ box: [at, 0, 10, 10], label: "person", classId: 0, score });

const answer = (output: ModelOutput, inferMs = 2) => ({
  output,
  startedAtMs: nowMs(),
  inferMs,
  readMs: 0,
  prepareMs: 1,
});

function first(detections: () => Detection[]): ModelStep {
  return {
    name: "detect",
    model: "first",
    spec: spec("first", "detect"),
    concurrency: 3,
    input: {
      expect: () => {},
      run: () => Promise.resolve(answer({ model: "first", detections: detections() })),
    },
  };
}

function step(name: string, task: Task, cascade: Cascade): CascadeStep {
  const figures = { runs: 0, failed: 0, skipped: 0 };
  return { name, model: name, spec: spec(name, task), concurrency: 3, cascade, scope: name, digest: name, figures };
}

type Region = { x: number; y: number; width: number; height: number };

function crops(
  task: Task,
  say: (region: Region) => Promise<ModelOutput> | ModelOutput,
  rules: Partial<typeof RULES> = {},
): CascadeStep {
  const run = async (_picture: unknown, _turn: unknown, options: { region?: Region } = {}) =>
    answer(await say(options.region!));
  return step(
    "second",
    task,
    new CropCascade({ on: "detect", rules: { ...RULES, ...rules }, input: { run }, overrides: {} }),
  );
}

function rig(steps: Step[], over: Partial<StreamPolicy> = {}) {
  const policy: StreamPolicy = { mode: "block", weight: 2, capacity: 4, ...over };
  const intake = new Intake({ stream: "cam", policy });
  const turns = new HandTurns();
  const pictures: FakePicture[] = [];
  const results: ResultEnvelope[] = [];
  const drops: string[] = [];
  const subscription = pipeline(intake.frames$, {
    stream: "cam",
    policy,
    steps,
    turns,
    onDrop: (frame, cause, reason) => {
      drops.push(`${frame.info.seq} ${cause}${reason instanceof Error ? `: ${reason.message}` : ""}`);
      frame.drop(cause);
    },
  }).subscribe((result) => results.push(result));
  intake.startEpoch();
  let n = 0;
  return {
    turns,
    results,
    drops,
    intake,
    subscription,
    arrive(arrivedAtMs = nowMs()) {
      const admission = intake.arrived({ ptsUs: 40_000 * n++, arrivedAtMs, role: "key" });
      if (!admission.decode) return;
      const picture = new FakePicture();
      pictures.push(picture);
      void intake.decoded(admission.info, picture);
    },
    async grantAll() {
      for (const turn of turns.waiting.splice(0)) turn.grant();
      await settle();
    },
    output: (n: number, name = "second") => results[n].outputs[name] as ModelOutput,
    check() {
      const reading = intake.ledger.read();
      assert.equal(reading.unaccounted, 0);
      return reading;
    },
    held: () => pictures.filter((picture) => picture.held > 0).length,
  };
}

Deno.test("every crop is a turn of its own, and the frame goes on when all are back, its picture held till then", async () => {
  const second = crops(
    "classify",
    ({ x }) => ({ model: "second", classes: [{ label: `at ${x}`, classId: 0, score: 1 }] }),
  );
  const r = rig([first(() => [found(0.5, 0), found(0.9, 20)]), second]);
  r.arrive();
  await settle();
  assert.equal(r.turns.waiting.length, 2);
  assert.deepEqual(r.turns.waiting.map(({ request: { weight, late } }) => [weight, late]), [[2, false], [2, false]]);
  r.turns.waiting.shift()!.grant();
  await settle();
  assert.equal(r.results.length, 0);
  assert.equal(r.held(), 1);
  assert.equal(r.check().inFlight, 1);
  await r.grantAll();
  assert.deepEqual(r.output(0), {
    model: "second",
    crops: [
      { of: 0, label: "person", box: [0, 0, 10, 10], classes: [{ label: "at 0", classId: 0, score: 1 }] },
      { of: 1, label: "person", box: [20, 0, 10, 10], classes: [{ label: "at 20", classId: 0, score: 1 }] },
    ],
  });
  assert.equal(r.held(), 0);
  assert.equal(r.check().completed, 1);
  assert.deepEqual(second.figures, { runs: 2, failed: 0, skipped: 0 });
  r.subscription.unsubscribe();
});

Deno.test("where nothing was found no turn is asked for, and the answer is an empty list", async () => {
  const r = rig([first(() => []), crops("classify", () => assert.fail("nothing to run"))]);
  r.arrive();
  await settle();
  assert.equal(r.turns.waiting.length, 0);
  assert.deepEqual(r.output(0), { model: "second", crops: [] });
  r.subscription.unsubscribe();
});

Deno.test("a crop that fails is told in its place and costs no other; what had no place is counted", async () => {
  const say = ({ x }: Region) => x === 20 ? Promise.reject(new Error("NaN")) : { model: "second", embedding: [1, 0] };
  const second = crops("embed", say, { max: 2 });
  const r = rig([first(() => [found(0.5, 0), found(0.9, 20), found(0.1, 40)]), second]);
  r.arrive();
  await settle();
  await r.grantAll();
  const { crops: said = [], failed, skipped } = r.output(0);
  assert.deepEqual(said.map(({ of, error, embedding }) => [of, error, embedding?.length]), [
    [0, undefined, 2],
    [1, "NaN", undefined],
  ]);
  assert.deepEqual([failed, skipped], [1, 1]);
  assert.deepEqual(second.figures, { runs: 2, failed: 1, skipped: 1 });
  assert.deepEqual(r.drops, []);
  r.subscription.unsubscribe();
});

Deno.test("results keep the order of the frames whichever crops come back first", async () => {
  const r = rig([first(() => [found(0.5, 0)]), crops("embed", () => ({ model: "second", embedding: [1] }))]);
  for (let n = 0; n < 3; n++) r.arrive();
  await settle();
  assert.equal(r.turns.waiting.length, 3);
  for (const turn of r.turns.waiting.splice(0).reverse()) {
    turn.grant();
    await settle();
  }
  assert.deepEqual(r.results.map(({ seq }) => seq), [1, 2, 3]);
  r.subscription.unsubscribe();
});

Deno.test("a frame whose crops' turns come too late is dropped as stale, and every turn is given back", async () => {
  const r = rig([first(() => [found(0.5, 0), found(0.5, 20)]), crops("embed", () => assert.fail("too late to run"))], {
    maxAgeMs: 60_000,
  });
  r.arrive();
  await settle();
  for (const turn of r.turns.waiting) turn.grant(120_000);
  await settle();
  assert.deepEqual(r.drops, ["1 stale: The turns of second came too late"]);
  assert.equal(r.turns.passed, 2);
  assert.equal(r.held(), 0);
  r.check();
  r.subscription.unsubscribe();
});

Deno.test("a model that gives no turns any more costs the frame, but only once no crop is at work on its picture", async () => {
  const { promise, resolve } = Promise.withResolvers<ModelOutput>();
  const r = rig([first(() => [found(0.9, 0), found(0.5, 20)]), crops("embed", () => promise)]);
  r.arrive();
  await settle();
  r.turns.waiting[0].grant();
  r.turns.waiting[1].refuse(new Error("No replica will come back"));
  await settle();
  assert.equal(r.held(), 1);
  resolve({ model: "second", embedding: [1] });
  await settle();
  assert.deepEqual(r.drops, ["1 failed: No replica will come back"]);
  assert.equal(r.held(), 0);
  r.subscription.unsubscribe();
});

Deno.test("when a stream stops, frames whose crops wait are stopped and let their pictures go", async () => {
  const r = rig([first(() => [found(0.9, 0)]), crops("embed", () => ({ model: "second", embedding: [1] }))]);
  r.arrive();
  await settle();
  assert.equal(r.turns.waiting.length, 1);
  r.subscription.unsubscribe();
  await settle();
  assert.equal(r.check().dropped.stopped, 1);
  assert.equal(r.held(), 0);
});

Deno.test("what a detector finds in crops stands in one list, and each thing once though crops overlap", async () => {
  const say = ({ x }: Region): ModelOutput => ({
    model: "second",
    detections: [{ box: [18, 2, 6, 6], label: "face", classId: 0, score: x === 0 ? 0.6 : 0.9 }],
  });
  const r = rig([first(() => [found(0.5, 0), found(0.9, 20)]), crops("detect", say)]);
  r.arrive();
  await settle();
  await r.grantAll();
  const { detections, crops: said } = r.output(0);
  assert.deepEqual(detections, [{ box: [18, 2, 6, 6], label: "face", classId: 0, score: 0.9, of: 1 }]);
  assert.deepEqual(said?.map(({ of }) => of), [0, 1]);
  r.subscription.unsubscribe();
});

Deno.test("a head runs on each crop's feature vector and passes over crops that have none", async () => {
  const vectors: (readonly number[])[] = [];
  const run = (vector: readonly number[]) => {
    vectors.push(vector);
    return Promise.resolve(answer({ model: "third", heads: {} }));
  };
  const say = ({ x }: Region) => x === 0 ? Promise.reject(new Error("black")) : { model: "second", embedding: [x, 1] };
  const third = step(
    "third",
    "head",
    new VectorCascade({ on: "second", most: 4, input: { run, numbers: 2 }, overrides: {} }),
  );
  const r = rig([first(() => [found(0.5, 0), found(0.9, 20), found(0.8, 40)]), crops("embed", say), third]);
  r.arrive();
  await settle();
  await r.grantAll();
  await r.grantAll();
  assert.deepEqual(vectors, [[20, 1], [40, 1]]);
  assert.deepEqual(r.output(0, "third").crops?.map(({ of, heads }: CropOutput) => [of, heads]), [[1, {}], [2, {}]]);
  r.subscription.unsubscribe();
});

Deno.test("a head on a whole picture's vector answers for the whole picture, and its failure costs the frame", async () => {
  let broken = false;
  const whole: ModelStep = {
    ...first(() => []),
    name: "embed",
    input: { expect: () => {}, run: () => Promise.resolve(answer({ model: "first", embedding: [1, 2] })) },
  };
  const run = () => broken ? Promise.reject(new Error("NaN")) : Promise.resolve(answer({ model: "third", heads: {} }));
  const r = rig([
    whole,
    step("third", "head", new VectorCascade({ on: "embed", most: 1, input: { run, numbers: 2 }, overrides: {} })),
  ]);
  for (let n = 0; n < 2; n++) {
    r.arrive();
    await settle();
    await r.grantAll();
    broken = true;
  }
  assert.deepEqual(r.output(0, "third"), { model: "third", heads: {} });
  assert.deepEqual(r.drops, ["2 failed: NaN"]);
  r.subscription.unsubscribe();
});

Deno.test("crops that run at once count the time that they took together", async () => {
  const startedAtMs = nowMs();
  const times = [{ startedAtMs, inferMs: 10 }, { startedAtMs: startedAtMs + 4, inferMs: 10 }];
  const run = () => Promise.resolve({ ...answer({ model: "second" }), ...times.pop()! });
  const second = step(
    "second",
    "embed",
    new CropCascade({ on: "detect", rules: RULES, input: { run }, overrides: {} }),
  );
  const r = rig([first(() => [found(0.5, 0), found(0.9, 20)]), second]);
  r.arrive();
  await settle();
  await r.grantAll();
  assert.deepEqual([r.results[0].timings?.inferMs, r.results[0].timings?.prepareMs], [16, 3]);
  r.subscription.unsubscribe();
});

/** A head on vectors that the frames bring along, with a cache in front of it. */
function cachedHead(vector: (seq: number) => number[], sample = 0) {
  const ran: number[] = [];
  const cascade: Cascade = {
    most: 1,
    numbers: 2,
    next: ({ info: { seq } }) => ({
      pieces: [{
        crop: { of: 0, label: "face", box: [0, 0, 8, 8] },
        likeness: () => ({ session: "1", numbers: vector(seq) }),
        run: () => {
          ran.push(seq);
          const head = { label: `as of ${seq}`, classId: seq, score: 1, probabilities: [1] };
          return Promise.resolve(answer({ model: "second", heads: { mood: head } }));
        },
      }],
      skipped: 0,
    }),
    reset: () => {},
  };
  const cache = new SimilarityCache<ModelOutput>({ similarity: 0.95, entries: 8, sample });
  return { ran, cache, step: { ...step("second", "head", cascade), cache } };
}

Deno.test("a vector like one before takes its answer and asks for no turn", async () => {
  const { step, ran, cache } = cachedHead((seq) => seq < 4 ? [1, 0] : [0, 1]);
  const edit: Step = {
    name: "edit",
    analyzer: {
      push: ({ outputs }) => {
        (outputs.second as ModelOutput).crops![0].heads!.mood.label += "!";
        return undefined;
      },
      reset() {},
    },
  };
  const r = rig([first(() => []), step, edit]);
  for (let n = 0; n < 5; n++) {
    r.arrive();
    await settle();
    await r.grantAll();
  }
  assert.deepEqual(ran, [1, 4]);
  const said = r.results.map((_, n) => r.output(n).crops![0]);
  // What a later step adds to an answer is not remembered with it.
  assert.deepEqual(said.map(({ heads, cached }) => [heads!.mood.label, cached]), [
    ["as of 1!", undefined],
    ["as of 1!", true],
    ["as of 1!", true],
    ["as of 4!", undefined],
    ["as of 4!", true],
  ]);
  const { hits, misses, savedMs } = cache.figures;
  assert.deepEqual({ hits, misses, savedMs }, { hits: 3, misses: 2, savedMs: 9 });
  r.subscription.unsubscribe();
});

Deno.test("vectors of another version of the model before never take each other's answers", async () => {
  let n = 0;
  const whole: ModelStep = {
    ...first(() => []),
    name: "embed",
    input: {
      expect: () => {},
      run: () => Promise.resolve(answer({ model: "e", version: n++ % 2 ? "2" : "1", embedding: [1, 0] })),
    },
  };
  const run = () => Promise.resolve(answer({ model: "third", heads: {} }));
  const cache = new SimilarityCache<ModelOutput>({ similarity: 0.95, entries: 8, sample: 0 });
  const heads = new VectorCascade({ on: "embed", most: 1, input: { run, numbers: 2 }, overrides: {} });
  const r = rig([whole, { ...step("third", "head", heads), cache }]);
  for (let frame = 0; frame < 4; frame++) {
    r.arrive();
    await settle();
    await r.grantAll();
  }
  assert.deepEqual(r.results.map((_, n) => r.output(n, "third").cached), [undefined, undefined, true, true]);
  r.subscription.unsubscribe();
});

Deno.test("another version is tried on a share of the crops, said so, compared on the same ones, and remembered by nobody", async () => {
  const seen: string[] = [];
  const version = (of: string) => ({
    expect: () => {},
    run: (_picture: unknown, _turn: unknown, { region }: { region?: Region } = {}) => {
      seen.push(`${of} at ${region?.x}`);
      const classes = [{ label: "cat", classId: 0, score: 1 }];
      return Promise.resolve(answer({ model: "second", version: of, classes }));
    },
  });
  const figures = { compared: 0, scored: 0, agreement: 0, skipped: 0, failed: 0 };
  const active = { key: "second", version: "1", input: version("1") };
  const canary = { key: "canary", version: "2", input: version("2"), role: "canary" as const, share: 0.5, figures };
  const trial = new VersionTrial(active, [canary], {});
  const cascade = new CropCascade({ on: "detect", rules: RULES, input: trial, overrides: {} });
  // Every crop is alike itself, whatever the picture.
  const alike: Cascade = {
    most: 4,
    numbers: 2,
    next: (frame) => {
      const { pieces, skipped } = cascade.next(frame);
      const likeness = ({ crop }: (typeof pieces)[number]) => () => ({ session: `${crop!.of}`, numbers: [1, 0] });
      return { pieces: pieces.map((piece) => ({ ...piece, likeness: likeness(piece) })), skipped };
    },
    reset: () => {},
  };
  const tried = { ...step("second", "classify", alike), trial };
  tried.spec.version = "1";
  const cache = new SimilarityCache<ModelOutput>({ similarity: 0.95, entries: 8, sample: 0 });
  const r = rig([first(() => [found(0.9, 0), found(0.5, 20)]), { ...tried, cache }]);
  r.arrive();
  await settle();
  await r.grantAll();
  await r.grantAll();
  await settle();
  assert.deepEqual(r.output(0).crops?.map(({ version }) => version), [undefined, "2"]);
  assert.deepEqual(seen, ["1 at 0", "2 at 20", "1 at 20"]);
  assert.deepEqual(figures, { compared: 1, scored: 1, agreement: 1, skipped: 0, failed: 0 });
  assert.equal(cache.figures.entries, 1);
  r.subscription.unsubscribe();
  assert.equal(r.held(), 0);
});

Deno.test("frames that come at once learn from each other as they would one by one", async () => {
  const { step, ran } = cachedHead(() => [1, 0]);
  const r = rig([first(() => []), step]);
  for (let n = 0; n < 3; n++) r.arrive();
  await settle();
  await r.grantAll();
  assert.deepEqual(ran, [1]);
  assert.equal(r.results.length, 3);
  r.subscription.unsubscribe();
});

Deno.test("a hit that is checked is run, answers for itself, and tells whether the cache was right", async () => {
  const { step, ran, cache } = cachedHead(() => [1, 0], 1);
  const r = rig([first(() => []), step]);
  for (let n = 0; n < 2; n++) {
    r.arrive();
    await settle();
    await r.grantAll();
  }
  assert.deepEqual(ran, [1, 2]);
  const { cached, heads } = r.output(1).crops![0];
  assert.deepEqual([cached, heads!.mood.label], [undefined, "as of 2"]);
  const { hits, checked, agreed } = cache.figures;
  assert.deepEqual({ hits, checked, agreed }, { hits: 1, checked: 1, agreed: 0 });
  r.subscription.unsubscribe();
});

Deno.test("a new epoch begins with every track not seen yet", async () => {
  let resets = 0;
  const cascade: Cascade = {
    most: 1,
    numbers: 0,
    next: () => ({ pieces: [], skipped: 0 }),
    reset: () => void resets++,
  };
  const r = rig([first(() => []), step("second", "embed", cascade)]);
  r.arrive();
  r.arrive();
  await settle();
  assert.equal(resets, 1);
  r.intake.startEpoch();
  r.arrive();
  await settle();
  assert.equal(resets, 2);
  r.subscription.unsubscribe();
});
