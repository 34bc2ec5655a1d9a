import assert from "node:assert/strict";
import { createConnection } from "node:net";
import { join } from "node:path";
import { type Config, configSchema } from "../../config/load.ts";
import { buildModel } from "../../scripts/bench/onnx_builder.ts";
import { tinyDetector, unnamedClassifier } from "../../scripts/bench/sample_models.ts";
import { WeirServer } from "../../src/service/server.ts";
import { activated, RegistryStore } from "../../models/registry_store.ts";
import { jpegImage } from "../support/images.ts";
import { saidLog } from "../support/said_log.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

const COUNTER = { kind: "scene", scene: "counter", fps: 20, width: 320, height: 240 };

/** A server with an empty registry; everything goes with it. */
async function served(configured: object = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-models-api-" });
  const { log, said } = saidLog({ level: "warn" });
  const inference = { replicas: 1, threads: 1 };
  const config: Config = configSchema.parse({ inference, ...configured, server: { port: 0 } });
  const server = await WeirServer.start({ config, dataDir: dir, version: "0.0.0", log });
  await server.restored;
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Answer }> => {
    const json = body !== undefined && !(body instanceof FormData);
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(body !== undefined && { body: json ? JSON.stringify(body) : body as FormData }),
      ...(json && { headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    server,
    dir,
    said,
    call,
    get: (path: string) => call("GET", path),
    add: (bytes: Uint8Array, fields: Record<string, string> = {}, file = "tiny.onnx") =>
      call("POST", "/api/v1/models", formOf(bytes, fields, file)),
    inspect: (bytes: Uint8Array, fields: Record<string, string> = {}, file = "tiny.onnx") =>
      call("POST", "/api/v1/models/inspect", formOf(bytes, fields, file)),
    /** Files of the registry, whatever they are. */
    files: () => filesBelow(join(dir, "models")),
    async results(id: string, more = 3) {
      const completed = async () => (await call("GET", `/api/v1/streams/${id}`)).body.status?.frames.completed ?? 0;
      const before = await completed();
      await until(async () => await completed() >= before + more, `results of ${id}`);
    },
    /** What the newest result of a stream says of the model. */
    async answers(id: string): Promise<Answer> {
      const response = await fetch(`${server.url}/api/v1/streams/${id}/events`);
      try {
        for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
          const data = /^event: result\ndata: (.*)$/m.exec(text)?.[1];
          if (data) return JSON.parse(data).outputs.detect;
        }
      } finally {
        await response.body?.cancel().catch(() => {});
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

function formOf(bytes: Uint8Array, fields: Record<string, string>, file: string): FormData {
  const form = new FormData();
  form.set("file", new File([bytes.slice()], file));
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

async function filesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory) names.push(name);
      else names.push(...(await filesBelow(join(folder, name))).map((below) => `${name}/${below}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.filter((name) => name !== "registry.lock").sort();
}

Deno.test("a model is added, used by a stream, given a second version, switched, rolled back and removed", async () => {
  await using s = await served();
  const first = await s.add(tinyDetector(), { name: "cells" });
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.deepEqual([first.body.name, first.body.state, first.body.version, first.body.adapter], [
    "cells",
    "unloaded",
    "1",
    "yolo",
  ]);
  assert.equal((await s.add(tinyDetector(), { name: "cells" })).status, 200, "the very same is there already");

  const stream = { id: "cam", source: COUNTER, pipeline: [{ model: "cells" }] };
  assert.equal((await s.call("POST", "/api/v1/streams", stream)).status, 201);
  await until(async () => (await s.answers("cam"))?.version === "1", "answers of the first version");

  const manifest = JSON.stringify({ labels: ["rot", "gruen", "blau"], licence: "MIT" });
  const second = await s.add(tinyDetector({ size: 96 }), { name: "cells", version: "wide", manifest });
  assert.equal(second.status, 201, JSON.stringify(second.body));
  const { registry } = second.body;
  assert.deepEqual([registry.active, registry.versions.map(({ version }: Answer) => version)], ["1", ["1", "wide"]]);
  assert.deepEqual(registry.versions.map(({ users }: Answer) => users), [["cam"], []]);
  assert.deepEqual([registry.versions[1].task, registry.versions[1].licence], ["detect", "MIT"]);

  const switched = await s.call("PATCH", "/api/v1/models/cells", { active: "wide" });
  assert.equal(switched.status, 200, JSON.stringify(switched.body));
  assert.deepEqual([switched.body.registry.active, switched.body.registry.previous], ["wide", "1"]);
  assert.deepEqual([switched.body.input.width, switched.body.users, switched.body.labels.first], [
    96,
    ["cam"],
    ["rot", "gruen", "blau"],
  ]);
  await until(async () => (await s.answers("cam"))?.version === "wide", "answers of the second version");
  assert.equal((await s.answers("cam")).model, "cells");

  const inUse = await s.call("DELETE", "/api/v1/models/cells");
  assert.deepEqual([inUse.status, inUse.body.code], [409, "conflict"]);
  assert.match(inUse.body.detail, /in use by cam/);
  const active = await s.call("DELETE", "/api/v1/models/cells@wide");
  assert.deepEqual([active.status, active.body.code], [409, "conflict"]);

  await s.call("PATCH", "/api/v1/models/cells", { active: "1" });
  await until(async () => (await s.answers("cam"))?.version === "1", "answers of the first version again");
  await until(
    async () => (await s.call("DELETE", "/api/v1/models/cells@wide")).status === 204,
    "the second version to go",
  );
  assert.deepEqual((await s.get("/api/v1/models/cells@wide")).status, 404);
  assert.equal((await s.get("/api/v1/models/cells@1")).body.version, "1");
  const { status } = (await s.get("/api/v1/streams/cam")).body;
  assert.deepEqual([status.epoch, status.frames.dropped.failed, status.frames.unaccounted], [1, 0, 0]);

  await s.call("DELETE", "/api/v1/streams/cam");
  assert.equal((await s.call("DELETE", "/api/v1/models/cells")).status, 204);
  assert.deepEqual(await s.files(), []);
  const gone = await s.get("/api/v1/models/cells");
  assert.deepEqual([gone.status, gone.body.code], [404, "not_found"]);
  const builtIn = await s.call("DELETE", "/api/v1/models/weir-pitch");
  assert.match(builtIn.body.detail, /comes with Weir/);
});

Deno.test("a file that cannot be used is refused with the reason before anything of it is kept", async () => {
  await using s = await served({ limits: { modelBytes: 100_000 } });
  const port = (name: string, dims: (number | string)[]) => ({ name, type: "float32" as const, dims });
  const odd = buildModel({
    inputs: [port("x", [1, 3, 64, 64])],
    outputs: [port("y", [1, 3, 64, 64])],
    nodes: [{ op: "Relu", inputs: ["x"], outputs: ["y"] }],
  });
  const future = buildModel({
    inputs: [port("images", [1, 3, 64, 64])],
    outputs: [port("output0", [1, 7, 84])],
    nodes: [{ op: "Frobnicate", inputs: ["images"], outputs: ["output0"] }],
  });
  const cases: [string, Uint8Array, number, RegExp, Record<string, string>?][] = [
    ["text", new TextEncoder().encode("hello"), 422, /photo\.onnx: it is not an ONNX file/],
    ["empty", new Uint8Array(), 422, /empty/],
    ["half", tinyDetector().subarray(0, 500), 422, /cut short/],
    ["page", new TextEncoder().encode("<!DOCTYPE html><p>not found"), 422, /a web page/],
    ["noise", crypto.getRandomValues(new Uint8Array(4000)), 422, /not an ONNX file|damaged|it holds/],
    ["nobody's", odd, 422, /no adapter knows its outputs/],
    ["unknown operation", future, 422, /Frobnicate/],
    ["too large", new Uint8Array(200_000).fill(8), 413, /100000 bytes/],
    ["a wrong manifest", tinyDetector(), 422, /manifest/, { manifest: '{"adaptr":"yolo"}' }],
    ["labels of a file", tinyDetector(), 422, /manifest/, { manifest: '{"labels":"/etc/passwd"}' }],
    ["no JSON", tinyDetector(), 400, /no JSON/, { manifest: "{" }],
    ["a wrong name", tinyDetector(), 422, /name/, { name: "../../up" }],
    ["a built-in's name", tinyDetector(), 409, /comes with Weir/, { name: "weir-pitch" }],
    ["an unknown field", tinyDetector(), 422, /form/, { nmae: "x" }],
  ];
  for (const [what, bytes, status, words, fields] of cases) {
    const refused = await s.add(bytes, fields, "photo.onnx");
    assert.equal(refused.status, status, `${what}: ${JSON.stringify(refused.body)}`);
    assert.match(JSON.stringify(refused.body), words, what);
    assert.doesNotMatch(JSON.stringify(refused.body), /partial|weir-models-api/, `${what} tells of a path here`);
    assert.deepEqual(await s.files(), [], what);
  }
  const form = new FormData();
  form.set("name", "x");
  const without = await s.call("POST", "/api/v1/models", form);
  assert.deepEqual([without.status, without.body.errors], [422, [{ path: "file", message: "is missing" }]]);
  assert.ok((await s.get("/api/v1/models")).body.models.every(({ builtIn }: Answer) => builtIn));
});

Deno.test("an upload that breaks off leaves nothing", async () => {
  await using s = await served();
  const { hostname, port } = new URL(s.server.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.on("error", () => {});
  const head = '--xx\r\ncontent-disposition: form-data; name="file"; filename="big.onnx"\r\n\r\n';
  socket.write(
    `POST /api/v1/models HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 900000\r\n` +
      `content-type: multipart/form-data; boundary=xx\r\n\r\n${head}`,
  );
  socket.write(new Uint8Array(300_000));
  await until(async () => (await s.files()).length === 1, "the half file to lie there");
  socket.destroy();
  await until(async () => (await s.files()).length === 0, "nothing to be left");
  assert.equal((await s.add(tinyDetector())).body.name, "tiny");
});

Deno.test("only so many uploads are taken at once, and their places are given back", async () => {
  await using s = await served();
  const { hostname, port } = new URL(s.server.url);
  const sockets = Array.from({ length: 4 }, () => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    socket.write(
      `POST /api/v1/models HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: 900000\r\n` +
        "content-type: multipart/form-data; boundary=xx\r\n\r\n" +
        '--xx\r\ncontent-disposition: form-data; name="file"; filename="a.onnx"\r\n\r\n' + "x".repeat(1000),
    );
    return socket;
  });
  await until(async () => (await s.files()).length === 4, "four files on their way");
  const refused = await s.add(tinyDetector());
  assert.deepEqual([refused.status, refused.body.code], [503, "unavailable"]);
  for (const socket of sockets) socket.destroy();
  await until(async () => (await s.add(tinyDetector())).status === 201, "a place to be free");
  await until(async () => (await s.files()).length === 2, "nothing but the model to be left");
});

Deno.test("an inspection tells what a file is, what is to be looked at, and keeps nothing", async () => {
  await using s = await served();
  const { body: good } = await s.inspect(tinyDetector(), {}, "My Model (1).onnx");
  assert.deepEqual([good.usable, good.name, good.task, good.adapter], [true, "My-Model-1-", "detect", "yolo"]);
  assert.deepEqual([good.labels.first, good.toCheck, good.knownAs], [["red", "green", "blue"], [], undefined]);
  const unnamed = unnamedClassifier();
  const { body: classes } = await s.inspect(unnamed);
  assert.deepEqual([classes.usable, classes.task], [true, "classify"], JSON.stringify(classes));
  assert.ok(classes.toCheck.some(({ field }: Answer) => field === "labels"), JSON.stringify(classes.toCheck));
  const { body: told } = await s.inspect(unnamed, { manifest: '{"labels":["a","b","c","d","e"]}' });
  assert.deepEqual([told.usable, told.labels.count], [true, 5]);
  assert.ok(!told.toCheck.some(({ field }: Answer) => field === "labels"));
  const { status, body: bad } = await s.inspect(new TextEncoder().encode("PK\x03\x04zip"));
  assert.deepEqual([status, bad.usable, bad.error.code], [200, false, "not_onnx"]);
  assert.deepEqual(await s.files(), []);
  await s.add(tinyDetector(), { name: "cells" });
  assert.equal((await s.inspect(tinyDetector())).body.knownAs, "cells@1");
});

Deno.test("thresholds and labels change under a running stream, and what does not fit changes nothing", async () => {
  await using s = await served();
  await s.add(tinyDetector(), { name: "cells" });
  await s.call("POST", "/api/v1/streams", { id: "cam", source: COUNTER, pipeline: [{ model: "cells" }] });
  await s.results("cam");
  const { body } = await s.call("PATCH", "/api/v1/models/cells", { minScore: 0.7, labels: ["a", "b", "c"] });
  assert.deepEqual(
    [body.minScore, body.labels.first, body.users],
    [0.7, ["a", "b", "c"], ["cam"]],
    JSON.stringify(body),
  );
  await s.results("cam");
  const cases: [object, number, RegExp][] = [
    [{ active: "9" }, 404, /no version 9 of cells; there are: 1/],
    [{ canary: { version: "1", share: 0.5 } }, 409, /is the active version/],
    [{ shadow: { version: "9" } }, 404, /no version 9/],
    [{ canary: { version: "1", share: 1.5 } }, 422, /share/],
    [{ labels: ["only"] }, 422, /cells@1: the manifest names 1 classes, but its outputs have 3/],
    [{ version: "1" }, 422, /nothing to change/],
    [{}, 422, /nothing to change/],
    [{ task: "embed" }, 422, /task/],
  ];
  for (const [change, status, words] of cases) {
    const refused = await s.call("PATCH", "/api/v1/models/cells", change);
    assert.equal(refused.status, status, JSON.stringify([change, refused.body]));
    assert.match(JSON.stringify(refused.body), words);
  }
  const after = (await s.get("/api/v1/models/cells")).body;
  assert.deepEqual([after.minScore, after.registry.active, after.registry.canary], [0.7, "1", undefined]);
  assert.equal((await s.call("PATCH", "/api/v1/models/nobody", { active: "1" })).status, 404);
  assert.equal((await s.call("PATCH", "/api/v1/models/weir-pitch", { minScore: 0.1 })).status, 409);
});

Deno.test("what the command line does to the registry is taken over by a server that runs", async () => {
  await using s = await served();
  await s.add(tinyDetector(), { name: "cells" });
  await s.add(tinyDetector({ size: 96 }), { name: "cells" });
  await s.call("POST", "/api/v1/streams", { id: "cam", source: COUNTER, pipeline: [{ model: "cells" }] });
  await until(async () => (await s.answers("cam"))?.version === "1", "answers of the first version");
  const elsewhere = new RegistryStore(join(s.dir, "models"));
  await elsewhere.update("cells", (model) => activated(model, "2"));
  await until(async () => (await s.answers("cam"))?.version === "2", "answers of the second version");
  assert.deepEqual((await s.get("/api/v1/models/cells")).body.users, ["cam"]);
  const { status } = (await s.get("/api/v1/streams/cam")).body;
  assert.deepEqual([status.epoch, status.frames.dropped.failed], [1, 0]);
});

Deno.test("/predict finds models and versions of the registry by name", async () => {
  await using s = await served();
  await s.add(tinyDetector(), { name: "cells" });
  await s.add(tinyDetector({ size: 96 }), { name: "cells" });
  const predict = (name: string) => {
    const form = new FormData();
    form.set("file", new File([jpegImage(64, 64).slice()], "a.jpg", { type: "image/jpeg" }));
    return s.call("POST", `/predict?model=${encodeURIComponent(name)}`, form);
  };
  for (const [name, version] of [["cells", "1"], ["cells@2", "2"], ["cells@1", "1"]]) {
    const { status, body } = await predict(name);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.outputs.detect.model, body.outputs.detect.version], ["cells", version]);
  }
  const missing = await predict("cells@7");
  assert.deepEqual([missing.status, missing.body.code], [404, "not_found"]);
});

Deno.test("a canary and a shadow are set over the API, told with figures of their own, and ended", async () => {
  await using s = await served();
  for (const maxDetections of [300, 299, 298]) {
    await s.add(tinyDetector(), { name: "cells", manifest: JSON.stringify({ maxDetections }) });
  }
  await s.call("POST", "/api/v1/streams", { id: "cam", source: COUNTER, pipeline: [{ model: "cells" }] });
  const set = await s.call("PATCH", "/api/v1/models/cells", {
    canary: { version: "2", share: 0.5 },
    shadow: { version: "3" },
  });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  assert.deepEqual([set.body.registry.canary, set.body.registry.shadow], [{ version: "2", share: 0.5 }, {
    version: "3",
  }]);
  const versions = async (): Promise<Answer[]> => (await s.get("/api/v1/models/cells")).body.registry.versions;
  await until(async () => {
    const [, canary, shadow] = await versions();
    return canary.comparison.compared > 1 && shadow.comparison.compared > 1 && canary.runs > 1;
  }, "comparisons of both");
  const [active, canary, shadow] = await versions();
  assert.equal(active.comparison, undefined);
  assert.deepEqual([canary.comparison.agreement, shadow.comparison.agreement], [1, 1]);
  assert.deepEqual([active.users, canary.users, shadow.users], [["cam"], ["cam"], ["cam"]]);
  assert.ok(active.inferMs.p50 > 0 && canary.inferMs.p50 > 0 && shadow.inferMs.p50 > 0);
  const seen = new Set<string>();
  await until(async () => seen.add((await s.answers("cam")).version).size === 2, "answers of both");
  assert.deepEqual([...seen].toSorted(), ["1", "2"]);
  const metrics = await (await fetch(`${s.server.url}/metrics`)).text();
  assert.match(metrics, /^weir_model_trial_compared_total\{model="cells",version="2",role="canary"\} [1-9]/m);
  assert.match(metrics, /^weir_model_trial_agreement\{model="cells",version="3",role="shadow"\} 1$/m);
  assert.match(metrics, /^weir_model_run_seconds\{model="cells@3",percentile="50"\} 0\.\d+/m);
  const inUse = await s.call("DELETE", "/api/v1/models/cells@3");
  assert.deepEqual([inUse.status, inUse.body.code], [409, "conflict"]);

  const { body } = await s.call("PATCH", "/api/v1/models/cells", { active: "2", shadow: null });
  assert.deepEqual([body.registry.active, body.registry.canary, body.registry.shadow], ["2", undefined, undefined]);
  await until(async () => (await s.answers("cam")).version === "2", "the canary to be all there is");
  await until(async () => (await s.call("DELETE", "/api/v1/models/cells@3")).status === 204, "the shadow to go");
  const { status } = (await s.get("/api/v1/streams/cam")).body;
  assert.deepEqual([status.epoch, status.frames.dropped.failed, status.frames.unaccounted], [1, 0, 0]);
});
