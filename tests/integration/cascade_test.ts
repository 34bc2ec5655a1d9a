import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyEmbedder, tinyHead } from "../../scripts/bench/cascade_models.ts";
import { throwingDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import type { EngagementOutput } from "../../src/analyzers/engagement.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import type { PipelineStep, StreamPolicy, StreamRegistration } from "../../src/core/stream.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { balanced } from "../support/balanced.ts";
import { untilWithin } from "../support/until.ts";

const until = untilWithin(60_000);
const SIZE = 128;
const CELL = 32;
const FRAMES = 24;
const DEMO = "engagement-demo";

/** Where the cells of a frame are: each moves on by one every frame, in a row of its own. */
const CELLS = [{ rgb: [255, 0, 0], row: 0 }, { rgb: [0, 0, 255], row: 2 }];

/** A Weir with a clip and models of its own. */
async function rig(options: WeirOptions = {}, cells = CELLS) {
  const dir = await Deno.makeTempDir({ prefix: "weir-cascade-" });
  const path = (name: string) => join(dir, name);
  const writer = VideoWriter.open(path("clip.mp4"), { width: SIZE, height: SIZE, fps: 25, crf: 4 });
  for (let n = 0; n < FRAMES; n++) {
    const rgb = new Uint8Array(SIZE * SIZE * 3).fill(40);
    for (const { rgb: colour, row } of cells) {
      const left = (n % 4) * CELL;
      for (let y = row * CELL; y < (row + 1) * CELL; y++) {
        for (let x = left; x < left + CELL; x++) rgb.set(colour, (y * SIZE + x) * 3);
      }
    }
    writer.write({ rgb }, (n * 1e6) / 25);
  }
  writer.close();
  await Deno.writeFile(path("cells.onnx"), tinyDetector({ size: SIZE, cell: CELL }));
  await Deno.writeFile(path("inner.onnx"), tinyDetector({ size: 64, cell: 32 }));
  await Deno.writeFile(path("embed.onnx"), tinyEmbedder());
  await Deno.writeFile(path("embed128.onnx"), tinyEmbedder({ numbers: 128 }));
  await Deno.writeFile(path("head.onnx"), tinyHead({ heads: ["colour", "again"] }));
  await Deno.writeFile(path("wide.onnx"), tinyHead({ size: 9 }));
  await Deno.writeFile(path("bright.onnx"), throwingDetector());
  const weir = await Weir.start({ streamWorkers: 2, replicas: 1, threads: 1, ...options });
  const results: ResultEnvelope[] = [];
  weir.results$.subscribe((result) => results.push(result));
  const registration = (
    id: string,
    steps: readonly PipelineStep[],
    policy: Partial<StreamPolicy> = {},
  ): StreamRegistration => ({
    id,
    source: { kind: "file", path: path("clip.mp4"), pace: "fast", loop: false },
    pipeline: steps.map((step) =>
      "model" in step && step.model !== DEMO ? { ...step, model: path(`${step.model}.onnx`) } : step
    ),
    policy: { mode: "block", weight: 1, capacity: 4, ...policy },
    labels: {},
  });
  return {
    weir,
    path,
    registration,
    of: (id: string) => results.filter(({ stream }) => stream === id),
    async run(id: string, steps: readonly PipelineStep[], policy: Partial<StreamPolicy> = {}) {
      await weir.add(registration(id, steps, policy));
      const status = await weir.done(id);
      balanced(status);
      return { status, results: results.filter(({ stream }) => stream === id) };
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

const output = (result: ResultEnvelope, name: string) => result.outputs[name] as ModelOutput;
const strongest = (vector: readonly number[] = []) => vector.indexOf(Math.max(...vector));

Deno.test("a detector's boxes are cut out, embedded and read by heads, in order, each about its own detection", async () => {
  await using r = await rig({ replicas: 2, maxBatch: 8 });
  const { status, results } = await r.run("cascade", [
    { model: "cells" },
    { model: "embed", on: "detect" },
    { model: "head", on: "embed" },
  ]);
  assert.deepEqual([status.frames.received, status.frames.completed], [FRAMES, FRAMES]);
  const figures = { runs: 2 * FRAMES, failed: 0, skipped: 0 };
  assert.deepEqual(status.cascades, { embed: figures, head: figures });
  assert.deepEqual(results.map(({ seq }) => seq), Array.from({ length: FRAMES }, (_, n) => n + 1));
  for (const [n, result] of results.entries()) {
    const { detections = [] } = output(result, "detect");
    assert.deepEqual(detections.map(({ label }) => label).sort(), ["blue", "red"]);
    const { crops = [], failed } = output(result, "embed");
    assert.equal(failed, undefined);
    assert.deepEqual(crops.map(({ of }) => of), [0, 1]);
    for (const { of, label, box, embedding } of crops) {
      assert.equal(label, detections[of].label);
      assert.equal(strongest(embedding), label === "red" ? 0 : 2, `frame ${n}: ${embedding}`);
      assert.ok(Math.abs(box[0] - (n % 4) * CELL) <= 2 && Math.abs(box[2] - CELL) <= 3, `frame ${n}: ${box}`);
    }
    const heads = output(result, "head").crops ?? [];
    assert.deepEqual(
      heads.map(({ of, label, box }) => ({ of, label, box })),
      crops.map(({ of, label, box }) => ({ of, label, box })),
    );
    for (const { label, heads: said } of heads) {
      assert.deepEqual(Object.keys(said!), ["colour", "again"]);
      assert.equal(said!.colour.classId, label === "red" ? 0 : 2);
      assert.equal(said!.colour.probabilities.length, 3);
    }
  }
});

Deno.test("crops of one frame, of several and of two streams share batches, and each gets its own answer", async () => {
  await using r = await rig({ maxBatch: 4, maxDelayMs: 100 });
  const steps: PipelineStep[] = [{ model: "cells" }, { model: "embed", on: "detect" }];
  const both = await Promise.all([r.run("one", steps), r.run("other", steps)]);
  for (const { results } of both) {
    for (const result of results) {
      for (const { label, embedding } of output(result, "embed").crops!) {
        assert.equal(strongest(embedding), label === "red" ? 0 : 2);
      }
    }
  }
  const [{ frames, runs }] = await r.weir.modelStats("embed");
  assert.equal(frames, 4 * FRAMES);
  assert.ok(runs < frames, `${runs} runs of ${frames} crops`);
});

Deno.test("a label, a margin and every nth frame are kept to, and a frame without crops has an empty list", async () => {
  await using r = await rig();
  const { results } = await r.run("nth", [
    { model: "cells" },
    { model: "embed", on: "detect.blue", margin: 0.5, everyNth: 3 },
  ]);
  for (const [n, result] of results.entries()) {
    const { crops = [] } = output(result, "embed");
    assert.deepEqual(crops.map(({ label }) => label), n % 3 === 0 ? ["blue"] : []);
    for (const { box: [x, , width] } of crops) {
      const left = Math.max(0, (n % 4) * CELL - CELL / 2);
      assert.ok(Math.abs(x - left) <= 3, `frame ${n}: ${x}`);
      assert.ok(Math.abs(x + width - Math.min(SIZE, (n % 4) * CELL + 1.5 * CELL)) <= 3, `frame ${n}: ${width}`);
    }
  }
});

Deno.test("a detector on crops answers boxes in the whole picture's pixels, inside the crop they were found in", async () => {
  await using r = await rig();
  const { results } = await r.run("inner", [{ model: "cells" }, { model: "inner", name: "inner", on: "detect.red" }]);
  for (const [n, result] of results.entries()) {
    const { crops = [], detections = [] } = output(result, "inner");
    assert.equal(crops.length, 1);
    assert.equal(detections.length, 4, `frame ${n}`);
    const [x, y, width, height] = crops[0].box;
    for (const { box, label, of } of detections) {
      assert.deepEqual([label, of], ["red", crops[0].of]);
      assert.ok(
        box[0] >= x && box[1] >= y && box[0] + box[2] <= x + width + 0.01 && box[1] + box[3] <= y + height + 0.01,
      );
      assert.ok(Math.abs(box[2] - CELL / 2) <= 2, `${box}`);
    }
  }
});

Deno.test("faces that look as they did are told of without a run, and engagement is averaged and says whose word it is", async () => {
  await using r = await rig();
  const { status, results } = await r.run("engaged", [
    { model: "cells", name: "face" },
    { analyzer: "track", acrossClasses: true, on: "face" },
    { model: "embed128", name: "embed", on: "face", publish: false },
    { model: DEMO, name: "heads", on: "embed", cache: { sample: 0.25 } },
    { analyzer: "engagement", on: "heads" },
  ]);
  const { runs, cache } = status.cascades!.heads;
  assert.equal(runs, 2 * FRAMES);
  assert.equal(cache!.hits + cache!.misses, runs);
  // The cells hardly change, so nearly all of them are known, and the heads say the same of them.
  assert.ok(cache!.hits >= FRAMES, JSON.stringify(cache));
  assert.equal(cache!.checked, Math.floor(cache!.hits / 4));
  assert.equal(cache!.agreed, cache!.checked);
  assert.deepEqual(Object.keys(results[0].outputs), ["face", "track", "heads", "engagement"]);
  const { crops = [], notice } = output(results.at(-1)!, "heads");
  assert.equal(crops.length, 2);
  assert.ok(results.some((result) => output(result, "heads").crops!.some(({ cached }) => cached)));
  assert.match(notice!, /^synthetic demonstration/);
  const said = results.at(-1)!.outputs.engagement as EngagementOutput;
  assert.match(said.notice!, /^synthetic demonstration/);
  assert.ok(said.faces.length >= 1);
  for (const { heads } of said.faces) {
    assert.deepEqual(Object.keys(heads).sort(), ["Boredom", "Confusion", "Engagement", "Frustration"]);
    for (const { category, level, confidence, probabilities } of Object.values(heads)) {
      assert.equal(category, ["very low", "low", "high", "very high"][level]);
      assert.equal(confidence, probabilities[level]);
    }
  }
});

Deno.test("crops that look as they did need no run of a picture model either", async () => {
  await using r = await rig();
  const { status, results } = await r.run("looks", [
    { model: "cells" },
    { analyzer: "track", acrossClasses: true },
    { model: "embed", on: "detect", margin: 0.4, cache: { similarity: 0.8, sample: 0 } },
  ]);
  const { cache } = status.cascades!.embed;
  assert.ok(cache!.hits > 0 && cache!.hits < 2 * FRAMES, JSON.stringify(cache));
  for (const result of results) {
    for (const { label, embedding } of output(result, "embed").crops!) {
      assert.equal(strongest(embedding), label === "red" ? 0 : 2);
    }
  }
});

Deno.test("the same file through the same cascade gives the same results, byte for byte", async () => {
  const text = async () => {
    await using r = await rig({ maxBatch: 1, deterministic: true });
    const { results } = await r.run("replay", [
      { model: "cells" },
      { analyzer: "track", acrossClasses: true },
      { model: "embed", on: "detect", max: 1, everyNth: 2 },
      { model: "head", on: "embed", cache: {} },
    ]);
    return results.map(({ seq, pts, outputs }) => JSON.stringify({ seq, pts, outputs })).join("\n");
  };
  const once = await text();
  assert.equal(await text(), once);
  assert.match(once, /"crops":\[\{/);
});

Deno.test("what cannot work together is refused by its place, and leaves no model in use", async () => {
  await using r = await rig();
  const add = (...steps: PipelineStep[]) => r.weir.add(r.registration("no", steps));
  await assert.rejects(
    add({ model: "cells" }, { model: "embed", on: "detect.green,blue" }),
    /pipeline\.1\.on: detect finds nothing called green,blue/,
  );
  await assert.rejects(
    add({ model: "embed" }, { model: "wide", on: "embed" }),
    /takes vectors of 9 numbers, and those of embed have 4/,
  );
  await assert.rejects(add({ model: "head" }), /takes feature vectors, not pictures/);
  assert.deepEqual(r.weir.models().flatMap(({ users }) => users), []);
});

Deno.test("a stream takes on a cascade while it runs and puts it off again, with every frame accounted for", async () => {
  await using r = await rig();
  const plain: PipelineStep[] = [{ model: "cells" }];
  const cascade: PipelineStep[] = [...plain, { model: "embed", on: "detect" }, { model: "head", on: "embed" }];
  const asked = r.registration("live", plain);
  const live = { ...asked, source: { ...asked.source, pace: "realtime", loop: true } };
  await r.weir.add(live);
  const has = (name: string) => r.of("live").some(({ outputs }) => name in outputs);
  await until(() => has("detect"), "results without a cascade");
  await r.weir.reconfigure("live", { ...live, pipeline: r.registration("live", cascade).pipeline });
  await until(() => has("head"), "results of the cascade");
  const seen = r.of("live").length;
  await r.weir.control("live", "pause");
  await r.weir.control("live", "resume");
  await until(() => r.of("live").slice(seen).some(({ outputs }) => "head" in outputs), "results after a pause");
  await r.weir.reconfigure("live", live);
  const after = r.of("live").length;
  await until(() => r.of("live").slice(after).some(({ outputs }) => !("embed" in outputs)), "results without it again");
  balanced(await r.weir.status("live"));
  await r.weir.stop("live");
  const status = await r.weir.status("live");
  balanced(status);
  assert.equal(status.frames.inFlight, 0);
  const numbers = r.of("live").map(({ seq }) => seq);
  assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
});

Deno.test("a model of a cascade is replaced under it: no crop fails, and nothing is told of by what the old one said", async () => {
  await using r = await rig();
  const file = r.path("embed.onnx");
  await r.weir.declareModels([{ model: file, name: "looks" }]);
  const asked = r.registration("hot", [
    { model: "cells" },
    { model: "looks", name: "embed", on: "detect.red" },
    { model: "head", on: "embed", cache: { sample: 0 } },
  ]);
  asked.pipeline[1].model = "looks";
  await r.weir.add({ ...asked, source: { ...asked.source, pace: "realtime", loop: true } });
  const said = () => r.of("hot").flatMap(({ outputs }) => (outputs.head as ModelOutput).crops!);
  await until(() => said().some(({ cached }) => cached), "an answer that is known");
  await Deno.writeFile(file, tinyEmbedder({ swapped: true }));
  await r.weir.declareModels([{ model: file, name: "looks" }]);
  const before = said().length;
  await until(() => said().slice(before).some(({ cached }) => cached), "an answer that is known of the new one");
  await r.weir.stop("hot");
  const status = await r.weir.status("hot");
  balanced(status);
  assert.equal(status.frames.dropped.failed, 0, JSON.stringify(status.fault));
  const colours = said().map(({ heads }) => heads!.colour.classId);
  // Red is red until the new one comes, and blue from then on.
  assert.deepEqual([colours[0], colours.at(-1)], [0, 2]);
  assert.deepEqual(colours, colours.toSorted((a, b) => a - b));
  for (const { outputs } of r.of("hot")) assert.equal((outputs.embed as ModelOutput).failed, undefined);
});

Deno.test("a model that breaks on some crops costs those crops, and no frame and no camera notices", async () => {
  // It throws inside ONNX Runtime where a picture is bright.
  const bright = { rgb: [255, 150, 150], row: 0 };
  await using r = await rig({}, [bright, CELLS[1]]);
  const asked = r.registration("breaks", [{ model: "cells" }, { model: "bright", name: "inner", on: "detect" }]);
  await r.weir.add({ ...asked, source: { ...asked.source, pace: "realtime", loop: true } });
  const outputs = () => r.of("breaks").map(({ outputs }) => outputs.inner as ModelOutput);
  await until(() => outputs().filter(({ failed }) => failed === 1).length > 5, "crops that failed");
  for (const { crops = [], failed } of outputs()) {
    assert.equal(failed, 1);
    for (const { label, error = "" } of crops) assert.equal(error.length > 5, label === "red", error);
  }
  await r.weir.stop("breaks");
  const status = await r.weir.status("breaks");
  balanced(status);
  assert.equal(status.frames.dropped.failed, 0);
  assert.ok(status.cascades!.inner.failed >= outputs().length);
  assert.equal(status.epoch, 1);
});

Deno.test("a camera never queues behind its crops: what a slow step cannot take is dropped before it costs", async () => {
  await using r = await rig({ maxBatch: 1 });
  const { status, results } = await r.run("latest", [
    { model: "cells" },
    { model: "embed", on: "detect" },
    { model: "head", on: "embed" },
  ], { mode: "latest" });
  assert.equal(status.frames.received, FRAMES);
  assert.equal(status.frames.completed, results.length);
  assert.ok(results.length > 0);
  assert.equal(status.frames.dropped.failed, 0);
  const numbers = results.map(({ seq }) => seq);
  assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
});
