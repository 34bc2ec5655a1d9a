import assert from "node:assert/strict";
import { join } from "node:path";
import { type Config, configSchema } from "../../config/load.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { WeirServer } from "../../src/service/server.ts";
import { jpegImage } from "../support/images.ts";
import { saidLog } from "../support/said_log.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

const COUNTER = { kind: "scene", scene: "counter", fps: 10, width: 320, height: 240 };

/** A server with a small model in a file; everything goes with it. */
async function served(configured: (dir: string) => object) {
  const dir = await Deno.makeTempDir({ prefix: "weir-models-service-" });
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  const configOf = (said: object): Config => configSchema.parse({ ...said, server: { port: 0 } });
  const { log, said } = saidLog({ level: "error" });
  const dataDir = join(dir, "data");
  const server = await WeirServer.start({ config: configOf(configured(dir)), dataDir, version: "0.0.0", log });
  await server.restored;
  const get = async (path: string): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return {
    server,
    dir,
    said,
    get,
    reload: (said: object) => server.reload(configOf(said)),
    /** An image through what is called so; answers the status, and what answered. */
    async predict(model?: string): Promise<[number, string | undefined]> {
      const query = model === undefined ? "" : `?model=${model}`;
      const headers = { "content-type": "image/jpeg" };
      const body = jpegImage(64, 64) as Uint8Array<ArrayBuffer>;
      const response = await fetch(`${server.url}/predict${query}`, { method: "POST", headers, body });
      return [response.status, (await response.json()).model];
    },
    models: async (): Promise<Record<string, Answer>> =>
      Object.fromEntries((await get("/api/v1/models")).body.models.map((model: Answer) => [model.name, model])),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("declared models are warm when the server is ready, and it tells what they are and who uses them", async () => {
  await using s = await served((dir) => ({
    models: [{ model: join(dir, "tiny.onnx"), name: "cells", replicas: 2, threads: 1, maxBatch: 4, maxDelayMs: 1 }],
    inference: { defaultModel: "cells" },
    streams: [{ id: "count", source: COUNTER, pipeline: [{ model: "cells" }] }],
  }));
  assert.deepEqual((await s.get("/ready")).body, { ready: true, reasons: [] });
  await until(async () => (await s.models()).cells.runs > 3, "runs of the model");
  const { status, body: cells } = await s.get("/api/v1/models/cells");
  assert.equal(status, 200);
  const { state, declared, default: isDefault, builtIn, users, task, adapter, replicas } = cells;
  assert.deepEqual({ state, declared, isDefault, builtIn, users, task, adapter, replicas }, {
    state: "ready",
    declared: true,
    isDefault: true,
    builtIn: false,
    users: ["count"],
    task: "detect",
    adapter: "yolo",
    replicas: { running: 2 },
  });
  assert.ok(cells.why.length > 0);
  assert.deepEqual([cells.inputs.length, cells.input.width, cells.outputs[0].type], [1, 64, "float32"]);
  assert.deepEqual(cells.labels, { count: 3, first: ["red", "green", "blue"] });
  assert.deepEqual([cells.provider, cells.threads, cells.maxBatch, cells.maxDelayMs], ["cpu", 1, 4, 1]);
  assert.deepEqual([cells.file, cells.bytes], ["tiny.onnx", (await Deno.stat(join(s.dir, "tiny.onnx"))).size]);
  assert.match(cells.sha256, /^[0-9a-f]{64}$/);
  assert.ok(cells.frames >= cells.runs && cells.failures === 0 && cells.meanBatch >= 1, JSON.stringify(cells));
  const { inferMs } = cells;
  assert.ok(inferMs.count > 3 && 0 < inferMs.min && inferMs.p50 <= inferMs.p95 && inferMs.p95 <= inferMs.max);
  assert.equal(typeof cells.queueDepth, "number");

  const { "weir-pitch": pitch } = await s.models();
  assert.deepEqual([pitch.state, pitch.builtIn, pitch.default, pitch.task], ["unloaded", true, false, "detect"]);
  const missing = await s.get("/api/v1/models/nobody");
  assert.deepEqual([missing.status, missing.body.code], [404, "not_found"]);
  assert.match(missing.body.detail, /cells, weir-pitch/);
  const metrics = await (await fetch(`${s.server.url}/metrics`)).text();
  assert.match(metrics, /^weir_model_queue_depth\{model="cells"\} \d+$/m);
});

Deno.test("what cannot be loaded is told by /ready, the server runs on, and a better word is taken over while it does", async () => {
  const streams = [{ id: "count", source: COUNTER, pipeline: [{ model: "cells" }] }];
  const cells = (dir: string, more = {}) => ({ model: join(dir, "tiny.onnx"), name: "cells", replicas: 1, ...more });
  const faces = (dir: string) => ({ model: join(dir, "faces.onnx"), name: "faces" });
  await using s = await served((dir) => ({ models: [cells(dir), faces(dir)], streams }));
  const ready = await s.get("/ready");
  assert.equal(ready.status, 503);
  assert.match(ready.body.reasons.join(), /faces cannot be loaded: .*faces\.onnx/);
  await until(() => /faces cannot be loaded: .*faces\.onnx/.test(s.said.join("")), "a line in the log");
  const { faces: broken } = await s.models();
  assert.deepEqual([broken.state, broken.declared], ["failed", true]);
  assert.match(broken.cause, /faces\.onnx/);
  const status = async () => (await s.get("/api/v1/streams/count")).body.status;
  await until(async () => (await status())?.frames.completed > 2, "results of the stream");
  const { sinceMs } = await status();

  await Deno.writeFile(join(s.dir, "faces.onnx"), tinyDetector({ size: 96 }));
  await s.reload({ models: [cells(s.dir, { replicas: 2 }), faces(s.dir)], streams });
  assert.deepEqual((await s.get("/ready")).body, { ready: true, reasons: [] });
  const models = await s.models();
  assert.deepEqual([models.faces.state, models.faces.input.width], ["ready", 96]);
  assert.deepEqual([models.cells.replicas, models.cells.users], [{ running: 2 }, ["count"]]);
  const before = (await status()).frames.completed;
  await until(async () => (await status()).frames.completed > before + 2, "results of the model in its new form");
  assert.deepEqual([(await status()).epoch, (await status()).sinceMs], [1, sinceMs]);

  await s.reload({ models: [cells(s.dir, { replicas: 2 })], streams });
  assert.deepEqual([(await s.models()).cells.declared, (await s.models()).faces?.declared ?? false], [true, false]);
  assert.equal((await s.get("/ready")).body.ready, true);
});

Deno.test("a changed model that cannot be loaded leaves the one that runs, and the server ready", async () => {
  const models = (dir: string) => ({ models: [{ model: join(dir, "tiny.onnx"), name: "cells", replicas: 1 }] });
  await using s = await served(models);
  const before = (await s.models()).cells;
  await Deno.writeTextFile(join(s.dir, "tiny.onnx"), "no model");
  await s.reload(models(s.dir));
  const after = (await s.models()).cells;
  assert.deepEqual([after.state, after.sha256, after.declared], ["ready", before.sha256, true]);
  assert.match(after.cause, /stays as it was: .*tiny\.onnx/);
  assert.equal((await s.get("/ready")).status, 200);
  await until(
    () => /cells cannot be loaded: .*what was loaded before stays/.test(s.said.join("")),
    "a line in the log",
  );
});

Deno.test("pipelines of /predict and what is kept of it change while the server runs, and what cannot change is told", async () => {
  const models = (dir: string) => ({
    models: [{ model: join(dir, "tiny.onnx"), name: "cells", replicas: 1, threads: 1 }],
    limits: { predictMs: 120_000 },
  });
  await using s = await served(models);
  const twice = [{ model: "cells" }, { model: "cells", name: "again", on: "detect", max: 2 }];
  assert.deepEqual(await s.predict("twice"), [404, undefined]);
  const offered = { pipelines: { once: [{ model: "cells" }], twice }, default: "twice" };
  const capture = { predict: { everyNth: 1 } };
  assert.deepEqual(await s.reload({ ...models(s.dir), predict: offered, capture }), []);
  assert.deepEqual([await s.predict("twice"), await s.predict()], [[200, "twice"], [200, "twice"]]);
  const kept = async () => (await s.get("/api/v1/captures?stream=~predict")).body.captures.length;
  await until(async () => await kept() === 2, "both are kept");
  const later = {
    ...models(s.dir),
    predict: { pipelines: { once: [{ model: "cells" }] } },
    limits: { predictMs: 90_000 },
  };
  assert.deepEqual(await s.reload(later), ["limits.predictMs"]);
  assert.deepEqual((await s.get("/api/v1/system")).body.restartNeeded, ["limits.predictMs"]);
  const answers = [await s.predict("twice"), await s.predict("once"), await s.predict()];
  assert.deepEqual(answers, [[404, undefined], [200, "once"], [200, "cells"]]);
  await s.reload({ ...models(s.dir), capture });
  await s.predict();
  await until(async () => await kept() === 3, "what came while nothing was asked for is not among them");
  assert.deepEqual((await s.get("/api/v1/system")).body.restartNeeded, []);
});

Deno.test("the default model is kept loaded although no section says so", async () => {
  await using s = await served(() => ({ inference: { defaultModel: "weir-pitch", replicas: 1, threads: 1 } }));
  const { "weir-pitch": pitch } = await s.models();
  assert.deepEqual([pitch.state, pitch.declared, pitch.default, pitch.builtIn], ["ready", true, true, true]);
});
