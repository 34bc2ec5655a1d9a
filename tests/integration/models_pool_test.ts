import assert from "node:assert/strict";
import { join } from "node:path";
import { slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { StreamRegistration } from "../../src/core/stream.ts";
import { balanced } from "../support/balanced.ts";
import { heard } from "../support/heard.ts";
import { jpegImage } from "../support/images.ts";
import { until } from "../support/until.ts";

const FOREVER_MS = 2 ** 31 - 1;
const COUNTER = { kind: "scene", scene: "counter", seed: 7, width: 320, height: 180, fps: 25, pace: "realtime" };

/** A Weir with a small model in a file of its own; everything goes with it. */
async function rig(options: WeirOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-pool-" });
  const tiny = join(dir, "tiny.onnx");
  await Deno.writeFile(tiny, tinyDetector());
  const weir = await Weir.start({ streamWorkers: 2, replicas: 1, threads: 1, lingerMs: 0, ...options });
  const { results, states } = heard(weir);
  return {
    weir,
    dir,
    tiny,
    states,
    add: (id: string, model = tiny) => weir.add(registered(id, model)),
    /** So many more results of a stream come. */
    async more(id: string, count = 3) {
      const of = () => results.filter(({ stream }) => stream === id);
      const before = of().length;
      await until(() => of().length >= before + count, `results of ${id}`);
      return of().at(-1)!;
    },
    /** The only model that there is. */
    model() {
      const [model, ...others] = weir.models();
      assert.equal(others.length, 0, others.map(({ setup }) => setup.spec.name).join());
      return model;
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function registered(id: string, model: string): StreamRegistration {
  const policy = { mode: "latest" as const, weight: 1, capacity: 4 };
  return { id, source: COUNTER, pipeline: [{ model, name: "detect" }], policy, labels: {} };
}

const running = ({ supervision }: { supervision: { children: { state: string }[] } }) =>
  supervision.children.filter(({ state }) => state === "running").length;

Deno.test("a model stays for a stream that comes back in time, and knows who uses it", async () => {
  await using r = await rig({ lingerMs: FOREVER_MS });
  await Promise.all([r.add("a"), r.add("b")]);
  const { setup: { key }, users } = r.model();
  assert.deepEqual(users.toSorted(), ["a", "b"]);
  await r.weir.remove("a");
  assert.deepEqual(r.model().users, ["b"]);
  await r.weir.reconfigure("b", { ...registered("b", r.tiny), pipeline: [] });
  assert.deepEqual(r.model().users, []);
  await r.add("a");
  assert.deepEqual([r.model().setup.key, r.model().users], [key, ["a"]]);
  await r.more("a");
});

Deno.test("a model that nobody uses any more is unloaded cleanly, and loaded anew for who comes later", async () => {
  await using r = await rig();
  await r.add("a");
  const { setup: { key } } = r.model();
  await r.more("a");
  await r.weir.remove("a");
  await until(() => r.weir.models().length === 0, "the model to go");
  await until(async () => Object.keys(await r.weir.queueDepths()).length === 0, "its queue to go");
  await r.add("b");
  assert.notEqual(r.model().setup.key, key);
  const { outputs } = await r.more("b");
  assert.equal(outputs.detect.model, "tiny");
  assert.equal(r.weir.leaks.kills, 0);
});

Deno.test("a model that goes while another stream comes is there for it", async () => {
  await using r = await rig();
  await r.add("0");
  for (let n = 1; n <= 8; n++) {
    await Promise.all([r.weir.remove(`${n - 1}`), r.add(`${n}`)]);
    assert.equal(running(r.model()), 1);
    if (n % 4 === 0) await r.more(`${n}`);
    assert.deepEqual(r.model().users, [`${n}`]);
  }
  await r.weir.remove("8");
  await until(() => r.weir.models().length === 0, "the model to go");
  assert.equal(r.weir.leaks.kills, 0);
});

Deno.test("a stream that cannot be added leaves no model behind", async () => {
  await using r = await rig();
  const other = join(r.dir, "other.onnx");
  await assert.rejects(
    r.weir.add({
      ...registered("a", r.tiny),
      pipeline: [{ model: r.tiny }, { model: other, name: "second" }],
    }),
    /other\.onnx/,
  );
  const nonsense = { analyzer: "track", method: "none" };
  await assert.rejects(r.weir.add({ ...registered("a", r.tiny), pipeline: [{ model: r.tiny }, nonsense] }));
  await until(() => r.weir.models().length === 0, "the model to go");
});

Deno.test("a declared model is loaded, kept, replaced when it is said differently, and let go", async () => {
  await using r = await rig();
  const people = { model: r.tiny, name: "people" };
  await r.weir.declareModels([{ ...people, replicas: 2 }]);
  const first = r.model();
  assert.deepEqual([first.setup.spec.name, first.declared, running(first)], ["people", true, 2]);
  await r.add("cam", "people");
  assert.equal((await r.more("cam")).outputs.detect.model, "people");
  assert.deepEqual(r.model().users, ["cam"]);

  await r.weir.declareModels([{ ...people, replicas: 2 }]);
  assert.equal(r.model().setup.key, first.setup.key, "what is said as before is not touched");

  await r.weir.declareModels([{ ...people, replicas: 1 }]);
  const second = r.model();
  assert.notEqual(second.setup.key, first.setup.key);
  assert.deepEqual([running(second), second.users], [1, ["cam"]]);
  assert.equal((await r.more("cam")).epoch, 1);
  const [{ frames }] = await r.weir.modelStats("people");
  assert.ok(frames > 0, "the stream has gone over");
  balanced(await r.weir.status("cam"));

  await r.weir.declareModels([]);
  assert.deepEqual([r.model().declared, r.model().users], [false, ["cam"]], "whoever uses it keeps it");
  await r.more("cam");
  assert.deepEqual(r.states.map(({ state }) => state), ["running"], "it was connected once");
  await r.weir.remove("cam");
  await until(() => r.weir.models().length === 0, "the model to go");
  assert.equal(r.weir.leaks.kills, 0);
});

Deno.test("a model that is declared while a stream uses it is kept as it is, or changed under the stream", async () => {
  await using r = await rig();
  await r.add("cam");
  const { setup: { key }, declared } = r.model();
  assert.equal(declared, false);
  await r.weir.declareModels([{ model: r.tiny }]);
  assert.deepEqual([r.model().setup.key, r.model().declared], [key, true]);
  await r.weir.declareModels([{ model: r.tiny, maxBatch: 4, maxDelayMs: 1 }]);
  assert.notEqual(r.model().setup.key, key);
  assert.deepEqual([r.model().setup.maxBatch, r.model().users], [4, ["cam"]]);
  assert.equal((await r.more("cam")).epoch, 1);
  assert.deepEqual(r.states.map(({ state }) => state), ["running"]);
});

Deno.test("a change of a stream and of its model at once ends in both", async () => {
  await using r = await rig();
  await r.weir.declareModels([{ model: r.tiny, name: "people" }]);
  await r.add("cam", "people");
  await r.more("cam");
  const renamed = { ...registered("cam", "people"), pipeline: [{ model: "people", name: "found" }] };
  await Promise.all([
    r.weir.declareModels([{ model: r.tiny, name: "people", maxDelayMs: 1 }]),
    r.weir.reconfigure("cam", renamed),
  ]);
  assert.equal((await r.more("cam")).outputs.found.model, "people");
  assert.deepEqual([r.model().setup.maxDelayMs, r.model().users], [1, ["cam"]]);
});

Deno.test("another file under the same words takes the old one's place, a broken one does not", async () => {
  await using r = await rig();
  await r.weir.declareModels([{ model: r.tiny }]);
  await r.add("cam");
  await r.more("cam");
  const before = r.model().setup.spec;
  await Deno.writeFile(r.tiny, tinyDetector({ size: 96 }));
  await r.weir.declareModels([{ model: r.tiny }]);
  const after = r.model().setup.spec;
  assert.deepEqual([before.input.width, after.input.width, after.name], [64, 96, "tiny"]);
  await r.more("cam");
  assert.deepEqual(r.model().users, ["cam"]);

  await Deno.writeTextFile(r.tiny, "no model");
  await r.weir.declareModels([{ model: r.tiny }]);
  assert.match(r.weir.declarations[0].fault!, /tiny\.onnx/);
  assert.deepEqual([r.model().setup.spec.sha256, r.weir.declarations[0].name], [after.sha256, "tiny"]);
  await r.more("cam");
  assert.equal((await r.weir.status("cam")).epoch, 1);
});

Deno.test("two declared models cannot be called alike, and a stream is told why its model is not there", async () => {
  await using r = await rig();
  await Deno.mkdir(join(r.dir, "more"));
  const twin = join(r.dir, "more", "tiny.onnx");
  await Deno.writeFile(twin, tinyDetector({ size: 96 }));
  const missing = { model: join(r.dir, "missing.onnx"), name: "faces" };
  await r.weir.declareModels([{ model: r.tiny }, { model: twin }, missing]);
  assert.deepEqual(r.weir.declarations.map(({ name }) => name), ["tiny", undefined, undefined]);
  assert.match(r.weir.declarations[1].fault!, /another declared model is called tiny/);
  await assert.rejects(r.add("cam", "faces"), /missing\.onnx/);
  await r.weir.declareModels([{ model: r.tiny }, { model: twin, name: "twin" }]);
  assert.deepEqual(r.weir.models().map(({ setup }) => setup.spec.name), ["tiny", "twin"]);
  await r.add("cam", "twin");
  assert.equal((await r.more("cam")).outputs.detect.model, "twin");
});

Deno.test("an image whose thread dies is told so, and the next one finds another", async () => {
  await using r = await rig({ streamWorkers: 1 });
  const slow = join(r.dir, "slow.onnx");
  await Deno.writeFile(slow, slowDetector({ ms: 300 }));
  await r.weir.declareModels([{ model: slow }]);
  await r.add("cam");
  await r.more("cam");
  using lease = await r.weir.useModel("~test", "slow");
  const [{ key, spec: { input }, replicas, maxBatch }] = lease.setups;
  const setup = { key, input, replicas, maxBatch };
  const still = () => {
    // Small ones take another way.
    const image = jpegImage(1040, 1040).slice();
    const limits = { maxPixels: 1e7, maxWidth: 2000, maxHeight: 2000 };
    const question = { image, limits, setup, caller: "test", receivedAtMs: nowMs(), deadlineMs: Infinity };
    return r.weir.still(question, { timeoutMs: 60_000, signal: new AbortController().signal });
  };
  const lost = Array.from({ length: 3 }, () => still().then(() => "answered", (error) => (error as Error).name));
  await until(async () => (await r.weir.queueDepths())[setup.key] > 0, "an image that waits");
  await r.weir.replaceWorker("cam", { deadlineMs: 5000 });
  assert.ok((await Promise.all(lost)).includes("ActorError"));
  assert.ok("output" in await still());
  // A scene that went down with its thread would begin anew: it waits to be told.
  await r.weir.control("cam", "restart");
  await r.more("cam");
});

Deno.test("a small image whose replica dies is told so, and the next one is answered by another", async () => {
  await using r = await rig();
  const slow = join(r.dir, "slow.onnx");
  await Deno.writeFile(slow, slowDetector({ ms: 300 }));
  await r.weir.declareModels([{ model: slow, replicas: 1, threads: 1 }]);
  using lease = await r.weir.useModel("~test", "slow");
  const [{ key, spec: { input }, replicas, maxBatch }] = lease.setups;
  const still = () => {
    const setup = { key, input, replicas, maxBatch };
    const limits = { maxPixels: 1e6, maxWidth: 1000, maxHeight: 1000 };
    const image = jpegImage(64, 64).slice();
    const question = { image, limits, setup, caller: "test", receivedAtMs: nowMs(), deadlineMs: Infinity };
    return r.weir.still(question, { timeoutMs: 60_000, signal: new AbortController().signal });
  };
  const lost = Array.from({ length: 3 }, () => still().then(() => "answered", () => "told"));
  await until(async () => (await r.weir.queueDepths())[key] > 0, "an image that waits");
  const [{ actor }] = r.weir.models().filter(({ setup }) => setup.key === key);
  for (const id of actor.replicas().keys()) actor.replace(id);
  const outcomes = await Promise.all(lost);
  assert.ok(outcomes.includes("told") && outcomes.at(-1) === "answered", outcomes.join());
  assert.ok("output" in await still());
  assert.equal(r.weir.threads().streams.workers.length, 0);
});
