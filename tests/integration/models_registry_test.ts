import assert from "node:assert/strict";
import { join } from "node:path";
import { admitModel } from "../../models/admission.ts";
import type { Manifest } from "../../models/manifest_schema.ts";
import type { RegisteredModel } from "../../models/registered_model.ts";
import { activated, RegistryStore } from "../../models/registry_store.ts";
import { slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import type { StreamRegistration } from "../../src/core/stream.ts";
import { balanced } from "../support/balanced.ts";
import { heard } from "../support/heard.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(60_000);
const COUNTER = { kind: "scene", scene: "counter", seed: 7, width: 320, height: 180, fps: 50, pace: "realtime" };

/** Puts a model into a registry as the command line does. */
async function addModel(
  registry: RegistryStore,
  name: string,
  bytes: Uint8Array,
  said: Manifest = {},
): Promise<string> {
  await using file = await registry.receive(`${name}.onnx`);
  await file.write(bytes);
  await file.finish();
  const { manifest } = await admitModel(file.path, said);
  const { version } = await registry.add(file, { name, from: "test", manifest });
  return version.version;
}

/** A Weir over a registry of three versions of a small model; everything goes with it. */
async function rig(options: WeirOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-registry-" });
  const registry = new RegistryStore(join(dir, "models"));
  for (const size of [64, 96, 128]) await addModel(registry, "cells", tinyDetector({ size }));
  const weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1, lingerMs: 0, registry, ...options });
  const { results, states } = heard(weir);
  const warnings: string[] = [];
  weir.warnings$.subscribe((message) => warnings.push(message));
  return {
    weir,
    registry,
    results,
    states,
    warnings,
    /** Makes another version the one that the bare name means, as the API does. */
    use: (version: string) =>
      weir.renewModel("cells", async () => {
        const before = (await registry.get("cells"))!;
        await registry.update("cells", (model) => activated(model, version));
        return () => registry.update("cells", () => before);
      }),
    /** Tries versions beside the active one. */
    change: (change: Partial<Pick<RegisteredModel, "canary" | "shadow">>) =>
      weir.renewModel("cells", async () => {
        const before = (await registry.get("cells"))!;
        await registry.update("cells", (model) => ({ ...model, ...change }));
        return () => registry.update("cells", () => before);
      }),
    /** What came of trying a version, over all threads. */
    async trial(version: string) {
      const all = (await weir.trials()).filter((trial) => trial.version === version);
      const sum = (key: "compared" | "scored" | "agreement" | "skipped" | "failed") =>
        all.reduce((total, trial) => total + trial[key], 0);
      return {
        compared: sum("compared"),
        skipped: sum("skipped"),
        failed: sum("failed"),
        agreement: sum("agreement") / sum("scored"),
      };
    },
    async more(id: string, count = 3) {
      const of = () => results.filter(({ stream }) => stream === id);
      const before = of().length;
      await until(() => of().length >= before + count, `results of ${id}`);
      return of().at(-1)!;
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function registered(
  id: string,
  model: string,
  more: Partial<Pick<StreamRegistration, "source">> & { mode?: "latest" | "block" } = {},
): StreamRegistration {
  const policy = { mode: more.mode ?? "latest", weight: 1, capacity: 4 } as const;
  const pipeline = [{ model, name: "detect" }, { analyzer: "counter" }];
  return { id, source: more.source ?? COUNTER, pipeline, policy, labels: {} };
}

const versionOf = ({ outputs }: ResultEnvelope) => (outputs.detect as ModelOutput).version!;
const rising = (seqs: number[]) => seqs.every((seq, n) => n === 0 || seq > seqs[n - 1]);

Deno.test("another version takes over under running streams: versions change in order, nothing fails, all is accounted for", async () => {
  await using r = await rig();
  await r.weir.add(registered("cam", "cells"));
  await r.weir.add(registered("pinned", "cells@1"));
  const order = ["1"];
  assert.deepEqual((await r.more("cam")).outputs.detect.model, "cells");
  assert.equal(versionOf(await r.more("cam")), "1");
  for (const version of ["2", "3", "1", "2"]) {
    await r.use(version);
    order.push(version);
    await until(
      () => versionOf(r.results.findLast(({ stream }) => stream === "cam")!) === version,
      `answers of ${version}`,
    );
    balanced(await r.weir.status("cam"));
  }
  const pinned = await r.more("pinned");
  assert.deepEqual([pinned.outputs.detect.model, versionOf(pinned)], ["cells", "1"]);
  const cam = r.results.filter(({ stream }) => stream === "cam");
  const seen = cam.map(versionOf).filter((version, n, all) => version !== all[n - 1]);
  assert.deepEqual(seen, order);
  assert.ok(rising(cam.map(({ seq }) => seq)), "numbers rise");
  assert.ok(r.results.filter(({ stream }) => stream === "pinned").every((result) => versionOf(result) === "1"));
  for (const id of ["cam", "pinned"]) {
    const status = await r.weir.status(id);
    balanced(status);
    assert.equal(status.frames.dropped.failed, 0, JSON.stringify(status.fault));
    assert.equal(status.epoch, 1);
  }
  assert.deepEqual(r.states.map(({ state }) => state), ["running", "running"]);
  assert.deepEqual(r.warnings, []);
  // What nobody uses any more is gone; the pinned stream and the one that moves have one each.
  await until(() => r.weir.models().length === 2, () => r.weir.models().map(({ setup }) => setup.spec.name).join());
});

Deno.test("twenty changes of version under a live camera cost no frame: each is answered, in order", async () => {
  await using r = await rig();
  // What a machine that is busy just then cannot run at once waits here; it is not what this is about.
  const policy = { mode: "drop-oldest", weight: 1, capacity: 256 } as const;
  await r.weir.add({ ...registered("cam", "cells", { source: { ...COUNTER, fps: 10 } }), policy });
  await r.more("cam");
  const order = ["1"];
  for (let n = 0; n < 20; n++) {
    const version = n % 2 === 0 ? "2" : "1";
    await r.use(version);
    order.push(version);
    await until(() => versionOf(r.results.at(-1)!) === version, `answers of ${version}`);
  }
  // A stop would give up after a while what still waits.
  await r.weir.control("cam", "pause");
  await until(async () => (await r.weir.status("cam")).frames.inFlight === 0, "the last frames to be answered");
  const { frames } = await r.weir.status("cam");
  assert.deepEqual(Object.entries(frames.dropped).filter(([, count]) => count > 0), [], "nothing is dropped");
  assert.equal(frames.completed, frames.received);
  assert.deepEqual(r.results.map(({ seq }) => seq), r.results.map((_, n) => n + 1));
  const seen = r.results.map(versionOf);
  assert.deepEqual(seen.filter((version, n) => version !== seen[n - 1]), order);
});

Deno.test("a file that waits for its model loses no frame to another version of it", async () => {
  await using r = await rig();
  const file = { ...COUNTER, pace: "fast", seconds: 6 };
  await r.weir.add(registered("match", "cells", { source: file, mode: "block" }));
  await r.more("match", 5);
  await r.use("2");
  const status = await r.weir.done("match");
  balanced(status);
  assert.deepEqual([status.frames.received, status.frames.completed], [300, 300]);
  const versions = r.results.map(versionOf);
  assert.deepEqual(versions, versions.toSorted());
  assert.deepEqual(
    r.results.map(({ outputs }) => (outputs.counter as { value: number }).value),
    versions.map((_, n) => n),
  );
});

Deno.test("a version that cannot be loaded changes nothing: what runs goes on, and the registry says so", async () => {
  await using r = await rig();
  await r.weir.add(registered("cam", "cells"));
  await r.more("cam");
  const { versions: [, second] } = (await r.registry.get("cells"))!;
  await Deno.writeTextFile(r.registry.fileOf(second), "damaged");
  await assert.rejects(r.use("2"), /registry/);
  assert.equal((await r.registry.get("cells"))!.active, "1");
  assert.equal(versionOf(await r.more("cam")), "1");
  await r.use("3");
  await until(() => versionOf(r.results.at(-1)!) === "3", "answers of 3");
});

Deno.test("a change that another process made is met by whoever comes next, and taken over by all when it is noticed", async () => {
  await using r = await rig();
  await r.weir.add(registered("first", "cells"));
  await r.more("first");
  await r.registry.update("cells", (model) => activated(model, "2"));
  await r.weir.add(registered("second", "cells"));
  assert.equal(versionOf(await r.more("second")), "2");
  assert.equal(versionOf(await r.more("first")), "1");
  await r.weir.renewModel("cells");
  await until(() => versionOf(r.results.findLast(({ stream }) => stream === "first")!) === "2", "the first to follow");
  await until(() => r.weir.models().length === 1, "one model");
  assert.deepEqual(r.weir.pool.usersOf("cells").users.toSorted(), ["first", "second"]);
});

Deno.test("a declared model follows its name in the registry, under the name that it was given", async () => {
  await using r = await rig();
  await r.weir.declareModels([{ model: "cells", name: "people" }]);
  await r.weir.add(registered("cam", "people"));
  const before = await r.more("cam");
  assert.deepEqual([before.outputs.detect.model, versionOf(before)], ["people", "1"]);
  await r.use("2");
  await until(() => versionOf(r.results.at(-1)!) === "2", "the new version");
  assert.deepEqual(r.weir.declarations.map(({ name, fault }) => [name, fault]), [["people", undefined]]);
  assert.deepEqual(r.weir.models().map(({ declared, setup }) => [setup.spec.name, declared]), [["people", true]]);
  assert.equal((await r.more("cam")).outputs.detect.model, "people");
});

const PITCH = { kind: "scene", scene: "pitch", seed: 7, width: 320, height: 180, fps: 20, pace: "realtime" };

Deno.test("a canary answers its share of the frames, in their order, and none is lost to it", async () => {
  await using r = await rig();
  await r.change({ canary: { version: "2", share: 0.25 } });
  const file = { ...COUNTER, pace: "fast", seconds: 4 };
  await r.weir.add(registered("match", "cells", { source: file, mode: "block" }));
  const status = await r.weir.done("match");
  balanced(status);
  assert.deepEqual([status.frames.received, status.frames.completed], [200, 200]);
  assert.deepEqual(
    r.results.map(({ outputs }) => (outputs.counter as { value: number }).value),
    r.results.map((_, n) => n),
  );
  const tried = r.results.map(versionOf);
  assert.deepEqual([
    tried.filter((version) => version === "1").length,
    tried.filter((version) => version === "2").length,
  ], [
    150,
    50,
  ]);
  assert.ok(r.results.every(({ outputs }) => (outputs.detect as ModelOutput).model === "cells"));
  await until(async () => {
    const { compared, skipped, failed } = await r.trial("2");
    return compared + skipped === 50 && failed === 0;
  }, "each of its frames to be compared or counted as skipped");
});

Deno.test("in one pipeline a model's canary answers for its bare name, and never for a version that is named", async () => {
  await using r = await rig();
  await r.change({ canary: { version: "2", share: 0.5 } });
  // Whoever names the version may come first.
  await r.weir.add(registered("pinned", "cells@1"));
  const pipeline = [{ model: "cells", name: "bare" }, { model: "cells@1", name: "first" }];
  await r.weir.add({ ...registered("cam", "cells"), pipeline });
  await r.more("cam", 10);
  const answers = (step: string) =>
    r.results.filter(({ stream }) => stream === "cam").map(({ outputs }) => outputs[step] as ModelOutput);
  const versions = (step: string) => [...new Set(answers(step).map(({ version }) => version))];
  await until(() => versions("bare").length === 2, "answers of the canary");
  assert.deepEqual(versions("first"), ["1"]);
  assert.ok([...answers("bare"), ...answers("first")].every(({ model }) => model === "cells"));
});

Deno.test("a shadow is compared and never published: one that says the same agrees, one of other words does not", async () => {
  await using r = await rig();
  await addModel(r.registry, "cells", tinyDetector(), { labels: ["a", "b", "c"] });
  await addModel(r.registry, "cells", tinyDetector(), { labels: ["red", "green", "blue"], maxDetections: 299 });
  await r.weir.add(registered("cam", "cells", { source: PITCH }));
  const { outputs } = await r.more("cam");
  assert.ok((outputs.detect as ModelOutput).detections!.length > 0, "there is something to agree on");
  const before = (await r.weir.status("cam")).memoryBoundBytes;
  await r.change({ shadow: { version: "5" } });
  await until(async () => (await r.trial("5")).compared >= 5, "comparisons with its like");
  assert.equal((await r.trial("5")).agreement, 1);
  assert.ok((await r.weir.status("cam")).memoryBoundBytes > before, "the picture that it may hold counts");
  await r.change({ shadow: { version: "4" } });
  await until(async () => (await r.trial("4")).compared >= 5, "comparisons with the other");
  assert.equal((await r.trial("4")).agreement, 0);
  assert.equal((await r.trial("4")).failed, 0);
  assert.ok(r.results.every((result) => versionOf(result) === "1"));
  const users = r.weir.pool.usersOf("cells", "4").users;
  assert.deepEqual(users, ["cam"], "it is in use");
  const onTrial = () => r.weir.models().filter((model) => model.onTrial).map(({ setup }) => setup.spec.name);
  assert.deepEqual(onTrial(), ["cells@4"]);
  await r.weir.add(registered("pinned", "cells@4"));
  assert.deepEqual(onTrial(), [], "somebody would miss it now");
  await r.weir.remove("pinned");
  assert.deepEqual(onTrial(), ["cells@4"]);
  await r.change({ shadow: undefined });
  await until(() => r.weir.models().length === 1, "the shadow to be unloaded");
  const status = await r.weir.status("cam");
  balanced(status);
  assert.deepEqual([status.frames.dropped.failed, status.epoch], [0, 1]);
  await r.weir.remove("cam");
});

Deno.test("a shadow that takes long, or dies, costs no frame: what it had no time for is counted", async () => {
  await using r = await rig();
  const slow = await addModel(r.registry, "cells", slowDetector({ ms: 150 }));
  await r.weir.add(registered("cam", "cells"));
  await r.change({ shadow: { version: slow } });
  await until(async () => (await r.trial(slow)).compared >= 2, "comparisons");
  assert.ok((await r.trial(slow)).skipped > 0);
  const shadow = r.weir.models().find(({ setup }) => setup.spec.name === `cells@${slow}`)!;
  for (const replica of shadow.actor.replicas().keys()) shadow.actor.replace(replica);
  const before = (await r.trial(slow)).compared;
  await until(async () => (await r.trial(slow)).compared > before, "comparisons by the copy that took its place");
  await r.more("cam", 10);
  await r.weir.stop("cam");
  const status = await r.weir.status("cam");
  balanced(status);
  assert.equal(status.frames.dropped.failed, 0, JSON.stringify(status.fault));
  assert.ok(r.results.every((result) => versionOf(result) === "1"));
  assert.ok(rising(r.results.map(({ seq }) => seq)));
});

Deno.test("a version to be tried that cannot be loaded is told, and the stream runs without it", async () => {
  await using r = await rig();
  const { versions: [, second] } = (await r.registry.get("cells"))!;
  await Deno.writeTextFile(r.registry.fileOf(second), "damaged");
  await r.change({ canary: { version: "2", share: 0.5 } });
  await r.weir.add(registered("cam", "cells"));
  await r.more("cam", 10);
  assert.ok(r.results.every((result) => versionOf(result) === "1"));
  assert.match(r.warnings.join("\n"), /The canary cells@2 cannot be loaded: .*it is not an ONNX file/);
});
