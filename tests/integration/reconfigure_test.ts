import assert from "node:assert/strict";
import { join } from "node:path";
import { slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir } from "../../src/app.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StreamPolicy, StreamRegistration } from "../../src/core/stream.ts";
import { balanced } from "../support/balanced.ts";
import { heard } from "../support/heard.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(30_000);

const COUNTER = { kind: "scene", scene: "counter", seed: 7, width: 320, height: 180, fps: 50, pace: "realtime" };

/** A Weir with two models of its own; everything goes with it. */
async function rig() {
  const dir = await Deno.makeTempDir({ prefix: "weir-reconfigure-" });
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  await Deno.writeFile(join(dir, "slow.onnx"), slowDetector({ ms: 30 }));
  const weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 });
  const { results, states } = heard(weir);
  return {
    weir,
    results,
    states,
    tiny: { model: join(dir, "tiny.onnx"), name: "detect" },
    slow: { model: join(dir, "slow.onnx"), name: "slow" },
    missing: { model: join(dir, "missing.onnx") },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function registered(
  pipeline: StreamRegistration["pipeline"],
  policy: Partial<StreamPolicy> = {},
  source: StreamRegistration["source"] = COUNTER,
): StreamRegistration {
  return { id: "cam", source, pipeline, policy: { mode: "latest", weight: 1, capacity: 4, ...policy }, labels: {} };
}

const counterOf = ({ outputs }: ResultEnvelope) => (outputs.counter as { value: number }).value;
const rising = (seqs: number[]) => seqs.every((seq, n) => n === 0 || seq > seqs[n - 1]);

Deno.test("under load a stream takes on 20 other pipelines and policies, connected once, with every frame accounted for", async () => {
  await using r = await rig();
  const { tiny, slow } = r;
  const counter = { analyzer: "counter" };
  const shapes: [StreamRegistration["pipeline"], Partial<StreamPolicy>][] = [
    [[slow, counter], {}],
    [[counter], { fps: 20 }],
    [[tiny, counter, slow], { mode: "drop-oldest" }],
    [[counter, tiny], { mode: "block" }],
    [[tiny, slow, counter], { maxAgeMs: 2000, weight: 3 }],
    [[], { every: 2 }],
    [[slow, counter], { mode: "block", stallMs: 60_000 }],
  ];
  await r.weir.add(registered([tiny, counter]));
  await until(() => r.results.length > 5, "the first results");
  for (let n = 0; n < 20; n++) {
    const [pipeline, policy] = shapes[n % shapes.length];
    const reconfigured = r.weir.reconfigure("cam", registered(pipeline, policy));
    balanced(await r.weir.status("cam"));
    await reconfigured;
    balanced(await r.weir.status("cam"));
    const before = r.results.length;
    await until(() => r.results.length > before + 2, `results of pipeline ${n}`);
    const names = pipeline.map((step) => step.name ?? "counter");
    assert.deepEqual(Object.keys(r.results.at(-1)!.outputs).toSorted(), names.toSorted());
    balanced(await r.weir.status("cam"));
  }
  assert.ok(rising(r.results.map(({ seq }) => seq)), "numbers rise");
  assert.deepEqual(r.states.map(({ state }) => state), ["running"]);
  assert.deepEqual([...new Set(r.results.map(({ epoch }) => epoch))], [1]);
  const withCounter = r.results.filter(({ outputs }) => outputs.counter);
  assert.ok(rising(withCounter.map(counterOf)), "pictures come in their order");
  await r.weir.stop("cam");
  // A run that had begun for a pipeline that is gone ends in its own time; no frame is forgotten.
  await until(async () => {
    const status = await r.weir.status("cam");
    balanced(status);
    return status.frames.inFlight === 0;
  }, "all frames to be closed");
});

Deno.test("a change that cannot be made is refused, and the stream goes on as it was", async () => {
  await using r = await rig();
  await r.weir.add(registered([r.tiny]));
  await until(() => r.results.length > 2, "results");
  await assert.rejects(r.weir.reconfigure("cam", registered([r.missing])), /missing\.onnx/);
  await assert.rejects(r.weir.reconfigure("cam", registered([{ analyzer: "counter", nonsense: 1 }])), /counter/);
  await assert.rejects(
    r.weir.reconfigure("cam", registered([r.tiny], {}, { ...COUNTER, seed: 8 })),
    /another name or source/,
  );
  await assert.rejects(r.weir.reconfigure("nobody", { ...registered([]), id: "nobody" }), /no stream called nobody/);
  const before = r.results.length;
  await until(() => r.results.length > before + 3, "results after the refusals");
  assert.deepEqual(Object.keys(r.results.at(-1)!.outputs), ["detect"]);
  balanced(await r.weir.status("cam"));
  assert.deepEqual(r.states.map(({ state }) => state), ["running"]);
});

for (const [where, ahead] of [["first", []], ["behind an analyzer", [{ analyzer: "motion", gate: false }]]] as const) {
  Deno.test(`a file that is held back loses no frame to a change of its model, which comes ${where}`, async () => {
    await using r = await rig();
    const file = { ...COUNTER, pace: "fast", seconds: 4 };
    const shape = (model: { model: string; name: string }) =>
      registered([...ahead, model, { analyzer: "counter" }], { mode: "block" }, file);
    await r.weir.add(shape(r.slow));
    await until(() => r.results.length > 10, "the first results");
    await r.weir.reconfigure("cam", shape(r.tiny));
    const status = await r.weir.done("cam");
    balanced(status);
    assert.deepEqual([status.frames.received, status.frames.completed], [200, 200]);
    assert.deepEqual(r.results.map(counterOf), Array.from({ length: 200 }, (_, n) => n));
    const { outputs } = r.results.at(-1)!;
    assert.ok(outputs.detect && !outputs.slow, Object.keys(outputs).join());
  });
}

Deno.test("what is changed while a stream is paused or stopped holds when it runs again", async () => {
  await using r = await rig();
  await r.weir.add(registered([r.tiny]));
  await until(() => r.results.length > 2, "results");
  await r.weir.control("cam", "pause");
  await until(() => r.states.at(-1)?.state === "paused", "the pause");
  await r.weir.reconfigure("cam", registered([{ analyzer: "counter" }]));
  await r.weir.control("cam", "resume");
  await until(() => r.results.at(-1)!.outputs.counter !== undefined, "the counter");
  balanced(await r.weir.status("cam"));
  await r.weir.remove("cam");
  // Not before: until then there are more.
  const last = r.results.at(-1)!;
  await r.weir.add(registered([r.tiny]), {}, { epoch: last.epoch, seq: last.seq });
  await until(() => r.results.at(-1)!.outputs.detect !== undefined, "the stream again");
  assert.ok(r.results.at(-1)!.seq > last.seq && r.results.at(-1)!.epoch === last.epoch + 1);
  assert.ok(rising(r.results.map(({ seq }) => seq)));
});
