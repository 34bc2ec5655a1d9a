import assert from "node:assert/strict";
import { join } from "node:path";
import { configSchema } from "../../config/load.ts";
import { feedsOf } from "../../models/feeds.ts";
import { resolveModel } from "../../models/manifest.ts";
import { openModel } from "../../models/onnx.ts";
import { adapterNamed } from "../../models/registry.ts";
import { buildModel } from "../../scripts/bench/onnx_builder.ts";
import { brightClassifier, slowDetector, tinyDetector } from "../../scripts/bench/sample_models.ts";
import { tidyOutput } from "../../src/core/tidy.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { readImageHeader } from "../../streams/av/image_header.ts";
import { encodeJpeg } from "../../streams/av/jpeg.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { Preparer } from "../../streams/av/preparer.ts";
import { StillDecoder } from "../../streams/av/still_decoder.ts";
import { createPitchScene } from "../../streams/scenes/pitch_scene.ts";
import { MODEL_FILES } from "../golden/model_files.ts";
import { assetTest } from "../support/assets.ts";
import {
  bmpImage,
  damagedPng,
  gifImage,
  jpegImage,
  pngChunk,
  pngHeaderChunk,
  pngImage,
  pngOf,
  webpImage,
} from "../support/images.ts";
import { until } from "../support/until.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

const SIZE = 64;
/** However busy the machine is. */
const PATIENCE_MS = 120_000;

/** Black but for one red cell. */
function redCell(x: number, y: number): Uint8Array {
  const rgb = new Uint8Array(SIZE * SIZE * 3);
  for (let row = y; row < y + 16; row++) {
    for (let column = x; column < x + 16; column++) rgb[(row * SIZE + column) * 3] = 255;
  }
  return rgb;
}

const image = (x = 16, y = 32) => jpegImage(SIZE, SIZE, { rgb: redCell(x, y) }) as Uint8Array<ArrayBuffer>;

/** A server with a few models in files; everything goes with it. */
async function served(configured: (dir: string) => { limits?: object; [section: string]: unknown }) {
  const dir = await Deno.makeTempDir({ prefix: "weir-predict-" });
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  await Deno.writeFile(join(dir, "slow.onnx"), slowDetector({ ms: 300 }));
  const { limits, ...sections } = configured(dir);
  const config = configSchema.parse({
    ...sections,
    limits: { predictMs: PATIENCE_MS, ...limits },
    server: { port: 0 },
  });
  const log = new Log({ level: "error" });
  const server = await WeirServer.start({ config, dataDir: join(dir, "data"), version: "0.0.0", log });
  await server.restored;
  const post = async (path: string, body: BodyInit, type?: string): Promise<{ status: number; body: Answer }> => {
    const headers = type === undefined ? undefined : { "content-type": type };
    const response = await fetch(`${server.url}${path}`, { method: "POST", body, headers });
    return { status: response.status, body: await response.json() };
  };
  return {
    server,
    post,
    /** As an image by itself. */
    send: (bytes: Uint8Array, query = "", type = "image/jpeg") =>
      post(`/predict${query}`, bytes as Uint8Array<ArrayBuffer>, type),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

const tiny = (dir: string) => ({ model: join(dir, "tiny.onnx"), name: "cells", replicas: 1, threads: 1 });
const slow = (dir: string) => ({ model: join(dir, "slow.onnx"), name: "slow", replicas: 1, threads: 1 });

function form(...images: (Uint8Array | string)[]): FormData {
  const form = new FormData();
  for (const [n, image] of images.entries()) {
    if (typeof image === "string") form.append("file", image);
    else form.append("file", new Blob([image as Uint8Array<ArrayBuffer>]), `${n}.jpg`);
  }
  return form;
}

Deno.test("an image of any kind, by itself or in a form, is answered as a stream's frame would be", async () => {
  await using s = await served((dir) => ({ models: [tiny(dir)] }));
  const answered = await s.send(image());
  assert.equal(answered.status, 200, JSON.stringify(answered.body));
  const { model, frame, outputs, timings } = answered.body;
  assert.deepEqual([model, frame, Object.keys(outputs)], ["cells", { width: SIZE, height: SIZE }, ["detect"]]);
  assert.equal(outputs.detect.model, "cells");
  const [found, ...others] = outputs.detect.detections;
  assert.deepEqual([found.label, others.length], ["red", 0]);
  assert.ok(Math.abs(found.box[0] - 16) < 1 && Math.abs(found.box[1] - 32) < 1, `${found.box}`);
  assert.deepEqual(Object.keys(timings), ["decodeMs", "queueMs", "prepareMs", "inferMs", "postMs"]);
  assert.ok(timings.decodeMs > 0 && timings.inferMs > 0, JSON.stringify(timings));

  const png = await s.send(pngImage(40, 20), "", "image/png");
  assert.deepEqual(png.body.frame, { width: 40, height: 20 });
  assert.equal((await s.send(webpImage(64, 48), "?model=cells", "image/webp")).status, 200);
  assert.deepEqual((await s.send(bmpImage(30, 20), "", "image/bmp")).body.frame, { width: 30, height: 20 });
  assert.deepEqual((await s.send(gifImage(30, 20, { frames: 2 }), "", "image/gif")).body.frame.width, 30);
  const turned = await s.send(jpegImage(64, 32, { exif: 6 }));
  assert.deepEqual(turned.body.frame, { width: 32, height: 64 });
  const inForm = await s.post("/predict", form(image()));
  assert.deepEqual(inForm.body.outputs, outputs);
  const named = form(image());
  for (const [name, value] of Object.entries({ model: "cells", session_id: "s", min_score: "0.5", top_k: "1" })) {
    named.append(name, value);
  }
  const fromForm = await s.post("/predict", named);
  assert.deepEqual([fromForm.body.session_id, fromForm.body.predictions], ["s", outputs.detect.detections]);
  const strict = await s.send(image(), "?minScore=1");
  assert.deepEqual(strict.body.outputs.detect.detections.filter(({ score }: { score: number }) => score < 1), []);
});

Deno.test("a small image takes no thread of streams, and a large one is answered there just as well", async () => {
  await using s = await served((dir) => ({ models: [tiny(dir)] }));
  const threads = async () => {
    const system: Answer = await (await fetch(`${s.server.url}/api/v1/system`)).json();
    return system.threads.streams.workers.length;
  };
  const small = await s.send(image());
  assert.deepEqual([small.status, await threads()], [200, 0], JSON.stringify(small.body));
  // The same picture, sixteen times as wide and high.
  const side = 16 * SIZE;
  const rgb = redCell(16, 32);
  const wide = new Uint8Array((side + 16) * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      wide[(y * (side + 16) + x) * 3] = rgb[((y >> 4) * SIZE + (x >> 4)) * 3];
    }
  }
  const large = await s.send(jpegImage(side + 16, side, { rgb: wide }));
  assert.equal(large.status, 200, JSON.stringify(large.body));
  assert.ok(await threads() > 0);
  assert.deepEqual(large.body.frame, { width: side + 16, height: side });
  const [[found], [foundLarge]] = [small, large].map(({ body }) => body.predictions);
  assert.deepEqual([foundLarge.label, foundLarge.box.map((n: number) => Math.round(n / 256))], [
    found.label,
    found.box.map((n: number) => Math.round(n / 16)),
  ]);
  // A picture that is none by its bits is found out in either.
  const damaged = await s.send(damagedPng(40, 40), "", "image/png");
  assert.deepEqual([damaged.status, damaged.body.code], [422, "undecodable"]);
});

const base64 = (bytes: Uint8Array) => bytes.toBase64();
const JSON_TYPE = "application/json";

Deno.test("an image in JSON is answered like any other, with its session and in its task's own shape", async () => {
  await using s = await served((dir) => ({ models: [tiny(dir), { ...tiny(dir), name: "others" }] }));
  const ask = (body: object) => s.post("/predict?model=others", JSON.stringify(body), JSON_TYPE);
  const plain = await ask({ image: base64(image()), session_id: "desk-7", model: "cells" });
  assert.equal(plain.status, 200, JSON.stringify(plain.body));
  const { model, session_id, predictions, processing_time_ms, cached, outputs } = plain.body;
  assert.deepEqual([model, session_id, cached], ["cells", "desk-7", false]);
  assert.deepEqual(predictions, outputs.detect.detections);
  assert.equal(predictions[0].label, "red");
  assert.ok(processing_time_ms > 0);
  const url = `data:image/jpeg;base64,${base64(image())}`;
  const again = await ask({ image: url, top_k: 1, min_score: 0.5 });
  assert.deepEqual([again.body.model, again.body.predictions.length, "session_id" in again.body], ["others", 1, false]);
  const urlSafe = image().toBase64({ alphabet: "base64url" });
  assert.equal((await ask({ image: urlSafe })).status, 200);
  const codeOf = async (body: object) => {
    const { status, body: problem } = await ask(body);
    return [status, problem.code, problem.errors?.[0]?.path];
  };
  assert.deepEqual(await codeOf({ image: "no base64!" }), [422, "undecodable", undefined]);
  assert.deepEqual(await codeOf({ image: "data:image/jpeg,plain" }), [422, "undecodable", undefined]);
  assert.deepEqual(await codeOf({ image: base64(new Uint8Array(100)) }), [422, "undecodable", undefined]);
  assert.deepEqual(await codeOf({}), [422, "invalid", "image"]);
  assert.deepEqual(await codeOf({ image: base64(image()), top_k: 0 }), [422, "invalid", "top_k"]);
  assert.deepEqual(await codeOf({ image: base64(image()), surprise: 1 }), [422, "invalid", "surprise"]);
  assert.deepEqual(await codeOf({ image: base64(image()), model: "gone" }), [404, "not_found", undefined]);
  const batch = [image(0), new Uint8Array(9), image(32)].map(base64);
  batch.splice(1, 0, "no base64!");
  const { body } = await s.post(
    "/predict/batch",
    JSON.stringify({ images: batch, session_id: "b", model: "cells" }),
    JSON_TYPE,
  );
  assert.equal(body.session_id, "b");
  assert.deepEqual(body.results.map(({ error }: Answer) => error?.code), [
    undefined,
    "undecodable",
    "undecodable",
    undefined,
  ]);
  assert.equal(Math.round(body.results[3].predictions[0].box[0]), 32);
});

Deno.test("a classifier answers its likeliest classes, and of people whether there is one", async () => {
  await using s = await served((dir) => {
    Deno.writeFileSync(
      join(dir, "people.onnx"),
      brightClassifier({ names: JSON.stringify(["nobody", "person", "dog"]) }),
    );
    return { models: [{ model: join(dir, "people.onnx"), name: "people", replicas: 1, threads: 1 }] };
  });
  const white = await s.send(jpegImage(64, 64, { rgb: new Uint8Array(64 * 64 * 3).fill(255) }));
  assert.deepEqual(white.body.predictions.map(({ label }: Answer) => label), ["person", "dog", "nobody"]);
  assert.equal(white.body.has_person, true);
  const black = await s.send(jpegImage(64, 64, { rgb: new Uint8Array(64 * 64 * 3) }), "?topK=1");
  assert.deepEqual([black.body.predictions.length, black.body.predictions[0].label], [1, "nobody"]);
  assert.equal(black.body.has_person, false);
});

Deno.test("several models answer as one, heads in levels, and like images of a session are not run again", async () => {
  const head = buildModel({
    inputs: [{ name: "v", type: "float32", dims: ["n", 16] }],
    outputs: ["Boredom", "Engagement"].map((name) => ({ name, type: "float32", dims: ["n", 4] })),
    nodes: [
      { op: "MatMul", inputs: ["v", "w"], outputs: ["Boredom"] },
      { op: "Neg", inputs: ["Boredom"], outputs: ["Engagement"] },
    ],
    initializers: { w: { type: "float32", dims: [16, 4], data: Array.from({ length: 64 }, (_, i) => Math.sin(i)) } },
  });
  await using s = await served((dir) => {
    Deno.writeFileSync(join(dir, "features.onnx"), MODEL_FILES.embedding());
    Deno.writeFileSync(join(dir, "head.onnx"), head);
    const mood = [
      { model: "cells", name: "face" },
      { model: join(dir, "features.onnx"), name: "features", on: "face.red", max: 1 },
      { model: join(dir, "head.onnx"), on: "features", cache: { sample: 0 } },
    ];
    return { models: [tiny(dir), { ...tiny(dir), name: "others" }], predict: { pipelines: { mood }, default: "mood" } };
  });
  const ask = (body: object) => s.post("/predict", JSON.stringify({ image: base64(image()), ...body }), JSON_TYPE);
  const first = await ask({ session_id: "desk" });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  const { model, predictions, cached, session_id, processing_time_ms, outputs } = first.body;
  assert.deepEqual([model, cached, session_id], ["mood", false, "desk"]);
  assert.deepEqual(Object.keys(predictions), ["Boredom", "Engagement"]);
  const { category, level, confidence, probabilities } = predictions.Boredom;
  assert.deepEqual([category, probabilities.length], [["very low", "low", "high", "very high"][level], 4]);
  assert.equal(confidence, Math.max(...probabilities));
  assert.ok(processing_time_ms > 0);
  assert.deepEqual(Object.keys(outputs), ["face", "features", "head"]);
  const again = await ask({ session_id: "desk" });
  assert.deepEqual([again.body.cached, again.body.predictions], [true, predictions]);
  for (const other of [{ session_id: "other" }, {}]) assert.equal((await ask(other)).body.cached, false);
  const nobody = await ask({ image: base64(pngImage(64, 64)), model: "mood" });
  assert.equal(nobody.status, 200, JSON.stringify(nobody.body));
  assert.equal((await ask({ model: "cells" })).body.model, "cells");
  const strict = await ask({ min_score: 0.5 });
  assert.deepEqual([strict.status, strict.body.code], [422, "invalid"]);
  const broken = await ask({ image: base64(damagedPng(40, 40)) });
  assert.deepEqual([broken.status, broken.body.code], [422, "undecodable"]);
  const known = await ask({ model: "none" });
  assert.match(known.body.detail, /mood/);
  const many = await s.post("/predict/batch?model=mood", form(image(), image(0)));
  assert.deepEqual(many.body.results.map(({ model }: Answer) => model), ["mood", "mood"]);
});

Deno.test("a model that takes no images says what it takes", async () => {
  await using s = await served((dir) => {
    const ports = (name: string, size: number) => [{ name, type: "float32" as const, dims: ["n", size] }];
    const weights = { type: "float32" as const, dims: [2, 2], data: [1, 0, 0, 1] };
    const nodes = [{ op: "MatMul", inputs: ["v", "w"], outputs: ["mood"] }];
    const spec = { inputs: ports("v", 2), outputs: ports("mood", 2), nodes, initializers: { w: weights } };
    Deno.writeFileSync(join(dir, "head.onnx"), buildModel(spec));
    return { models: [{ model: join(dir, "head.onnx"), name: "mood", replicas: 1, threads: 1 }] };
  });
  const { status, body } = await s.send(image());
  assert.deepEqual([status, body.code], [409, "conflict"]);
  assert.match(body.detail, /mood judges feature vectors of another model/);
});

Deno.test("a batch is answered in its order, and an image that cannot be used fails alone", async () => {
  await using s = await served((dir) => ({ models: [tiny(dir)] }));
  const places = [0, 16, 32, 48, 0, 16];
  const images = places.map((x) => image(x));
  images.splice(2, 0, new TextEncoder().encode("no image"));
  const { status, body: { results } } = await s.post("/predict/batch", form(...images));
  assert.equal(status, 200);
  assert.equal(results[2].error.code, "undecodable");
  results.splice(2, 1);
  const found = results.map(({ outputs }: Answer) => Math.round(outputs.detect.detections[0].box[0]));
  assert.deepEqual(found, places);
});

Deno.test("what is no image, too large or not understood is refused for what it is", async () => {
  await using s = await served((dir) => ({ models: [tiny(dir)], limits: { imageBytes: 20_000, pixels: 100_000 } }));
  const codeOf = async (answer: Promise<{ status: number; body: Answer }>) => {
    const { status, body } = await answer;
    return [status, body.code];
  };
  const bomb = pngOf(
    pngHeaderChunk(50_000, 50_000),
    pngChunk("IDAT", new Uint8Array(64)),
    pngChunk("IEND", new Uint8Array()),
  );
  assert.deepEqual(await codeOf(s.send(new TextEncoder().encode("<html>"))), [422, "undecodable"]);
  assert.deepEqual(await codeOf(s.send(new Uint8Array())), [422, "undecodable"]);
  assert.deepEqual(await codeOf(s.send(image().subarray(0, 200))), [422, "undecodable"]);
  assert.deepEqual(await codeOf(s.send(damagedPng(40, 40))), [422, "undecodable"]);
  assert.deepEqual(await codeOf(s.send(bomb, "", "image/png")), [413, "too_large"]);
  assert.deepEqual(await codeOf(s.send(new Uint8Array(30_000))), [413, "too_large"]);
  assert.deepEqual(await codeOf(s.send(new Uint8Array(200_000))), [413, "too_large"]);
  assert.deepEqual(await codeOf(s.send(image(), "", "text/plain")), [415, "unsupported_media_type"]);
  assert.deepEqual(await codeOf(s.send(image(), "?minScore=2")), [422, "invalid"]);
  assert.deepEqual(await codeOf(s.post("/predict", form(image(), image()))), [422, "invalid"]);
  assert.deepEqual(await codeOf(s.post("/predict", form("text"))), [422, "invalid"]);
  assert.deepEqual(await codeOf(s.post("/predict/batch", form())), [422, "invalid"]);
  assert.deepEqual(await codeOf(s.post("/predict", "--x", "multipart/form-data; boundary=y")), [400, "malformed"]);
  assert.equal((await s.send(image())).status, 200, "and the next good one is answered");
  const metrics = await (await fetch(`${s.server.url}/metrics`)).text();
  assert.match(metrics, /weir_predict_images_total\{outcome="answered"\} 1\n/);
  assert.match(metrics, /weir_predict_images_total\{outcome="undecodable"\} 4\n/);
});

Deno.test("the model is the one that is named, the default or the only one; else the question is which", async () => {
  await using s = await served((dir) => ({
    models: [tiny(dir), { ...tiny(dir), name: "others" }, { model: join(dir, "gone.onnx"), name: "gone" }],
  }));
  const which = await s.send(image());
  assert.deepEqual([which.status, which.body.code, which.body.errors[0].path], [409, "conflict", "model"]);
  assert.match(which.body.detail, /cells, others, gone, weir-pitch/);
  assert.equal((await s.send(image(), "?model=others")).body.model, "others");
  assert.equal((await s.send(image(), "?model=weir-pitch")).body.model, "weir-pitch");
  const unknown = await s.send(image(), "?model=/etc/passwd");
  assert.deepEqual([unknown.status, unknown.body.code], [404, "not_found"]);
  const gone = await s.send(image(), "?model=gone");
  assert.deepEqual([gone.status, gone.body.code], [503, "unavailable"]);
  assert.match(gone.body.detail, /gone\.onnx/);
});

Deno.test("beyond its places the server says when to try again, and who gives up makes room", async () => {
  await using s = await served((dir) => ({ models: [slow(dir)], limits: { predictions: 2 } }));
  const answers = await Promise.all(Array.from({ length: 8 }, async () => {
    const response = await fetch(`${s.server.url}/predict`, {
      method: "POST",
      body: image(),
      headers: { "content-type": "image/jpeg" },
    });
    return { status: response.status, retry: response.headers.get("retry-after"), body: await response.json() };
  }));
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(answers.filter(({ status }) => status === 200).length + refused.length, 8);
  assert.ok(refused.length > 0 && refused.length < 8, JSON.stringify(answers.map(({ status }) => status)));
  assert.deepEqual([refused[0].retry, refused[0].body.code], ["1", "overloaded"]);
  const leaving = new AbortController();
  const left = Array.from({ length: 2 }, () =>
    fetch(`${s.server.url}/predict`, {
      method: "POST",
      body: image(),
      headers: { "content-type": "image/jpeg" },
      signal: leaving.signal,
    }).then((response) => response.body?.cancel(), () => {}));
  leaving.abort();
  await Promise.all(left);
  await until(async () => (await s.send(image())).status === 200, "a free place");
});

Deno.test("more than can be done in time is refused with when to try again, and all that is taken is answered", async () => {
  await using s = await served((dir) => ({ models: [slow(dir)], limits: { predictMs: 6000 } }));
  assert.equal((await s.send(image())).status, 200);
  const answers = await Promise.all(Array.from({ length: 60 }, async () => {
    const headers = { "content-type": "image/jpeg" };
    const response = await fetch(`${s.server.url}/predict`, { method: "POST", body: image(), headers });
    return { status: response.status, retry: response.headers.get("retry-after"), body: await response.json() };
  }));
  const statuses = [...new Set(answers.map(({ status }) => status))].sort();
  assert.deepEqual(statuses, [200, 429], JSON.stringify(answers.map(({ status }) => status)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.every(({ body, retry }) => body.code === "overloaded" && Number(retry) >= 1));
  assert.match(refused[0].body.detail, /in time|under way/);
  assert.equal((await s.send(image())).status, 200, "and the next one is answered");
});

Deno.test("who sends one image does not wait until another's many are done", async () => {
  const tokens = ["heavy", "light"].map((name) => ({ name, role: "viewer", token: `${name}-0123456789abcdef` }));
  await using s = await served((dir) => ({ models: [slow(dir)], auth: { tokens } }));
  const as = (name: string) => {
    const headers = { "content-type": "image/jpeg", authorization: `Bearer ${name}-0123456789abcdef` };
    return fetch(`${s.server.url}/predict`, { method: "POST", body: image(), headers })
      .then(async (response) => [response.status, await response.text()]);
  };
  let done = 0;
  const heavy = Array.from({ length: 16 }, () => as("heavy").finally(() => done++));
  await until(() => done > 0, "the first answer to the one with many");
  const [status, text] = await as("light");
  assert.equal(status, 200, `${text}`);
  assert.ok(done < heavy.length / 2, `${done} of ${heavy.length} went before it`);
  await Promise.all(heavy);
});

Deno.test("an image whose model has no time for it is answered when its time is up", async () => {
  await using s = await served((dir) => ({ models: [slow(dir)], limits: { predictMs: 100 } }));
  // What its run takes is known for certain after the first.
  await until(async () => {
    const { status, body } = await s.send(image());
    assert.ok(["timeout", "overloaded"].includes(body.code), body.code);
    return status === 504;
  }, "an image that takes too long by itself");
});

Deno.test("images and cameras share a model, and neither waits for ever", async () => {
  const source = { kind: "scene", scene: "counter", fps: 25, width: 320, height: 240 };
  await using s = await served((dir) => ({
    models: [tiny(dir)],
    streams: [{ id: "cam", source, pipeline: [{ model: "cells" }] }],
  }));
  const completed = async () => {
    const { status } = await (await fetch(`${s.server.url}/api/v1/streams/cam`)).json();
    return status?.frames.completed ?? 0;
  };
  await until(async () => await completed() > 0, "the camera's results");
  const before = await completed();
  const answers = await Promise.all(Array.from({ length: 40 }, () => s.send(image())));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  await until(async () => await completed() > before + 5, "more results of the camera");
  const models = await (await fetch(`${s.server.url}/api/v1/models/cells`)).json();
  assert.deepEqual([models.users, models.failures], [["cam"], 0]);
});

Deno.test("images under way are answered by the model that they came to, while another one takes its place", async () => {
  let folder = "";
  await using s = await served((dir) => ({ models: [slow(folder = dir)] }));
  // So many that some still wait when a slow machine looks.
  const answers = Array.from({ length: 12 }, () => s.send(image()));
  await until(async () => {
    const { queueDepth } = await (await fetch(`${s.server.url}/api/v1/models/slow`)).json();
    return queueDepth > 0;
  }, "an image that waits");
  await s.server.reload(configSchema.parse({ models: [{ ...slow(folder), maxDelayMs: 1 }], server: { port: 0 } }));
  assert.deepEqual([...new Set((await Promise.all(answers)).map(({ status }) => status))], [200]);
  assert.equal((await s.send(image())).status, 200);
});

Deno.test("a server that stops lets nobody with an image wait, and leaves nothing behind", async () => {
  const s = await served((dir) => ({ models: [slow(dir)] }));
  const answers = Array.from({ length: 12 }, () => s.send(image()).then(({ status }) => status, () => "cut off"));
  await until(async () => {
    const { queueDepth } = await (await fetch(`${s.server.url}/api/v1/models/slow`)).json();
    return queueDepth > 0;
  }, "an image that waits");
  await s[Symbol.asyncDispose]();
  for (const answer of await Promise.all(answers)) assert.ok([200, 503, "cut off"].includes(answer), `${answer}`);
});

/** What a model sees in an image, straight through the product's parts: no threads, no queue. */
async function straight(model: string, bytes: Uint8Array) {
  const spec = await resolveModel(model);
  const onnx = await openModel(spec.file, { device: "cpu", threads: 1 });
  try {
    const header = readImageHeader(bytes, { maxPixels: 1e8, maxWidth: 1e4, maxHeight: 1e4 });
    using decoder = new StillDecoder(1e8);
    using preparer = new Preparer(spec.input);
    using picture = decoder.picture({ bytes, header, orientation: header.orientation, released() {} });
    const buffer = new ArrayBuffer(preparer.byteLength);
    const placement = preparer.prepare(picture, buffer);
    const outputs = await onnx.run(feedsOf(spec, { data: new Float32Array(buffer), count: 1 }), spec.outputs);
    return tidyOutput({ model: spec.name, ...adapterNamed(spec.adapter).read(outputs, 0, spec, placement) });
  } finally {
    await onnx.close();
  }
}

Deno.test("a picture of a match gives, number for number, what the bare model gives, and what is there", async () => {
  const [width, height] = [1280, 720];
  const scene = createPitchScene({ seed: 30_001, width, height, fps: 25 });
  const { pixels: data, truth } = scene.next();
  using picture = pictureFromPixels({ width, height, format: "rgba", data });
  const jpeg = encodeJpeg(picture, { quality: 95 });
  await using s = await served(() => ({ inference: { defaultModel: "weir-pitch", replicas: 1, threads: 1 } }));
  const { body: { outputs, frame } } = await s.send(jpeg);
  assert.deepEqual(frame, { width, height });
  assert.deepEqual(outputs.detect, JSON.parse(JSON.stringify(await straight("weir-pitch", jpeg))));
  const seen = truth.objects.filter(({ visible, class: label }) => visible > 0.9 && label === "player");
  const found = outputs.detect.detections.filter(({ label }: Answer) => label === "player");
  assert.ok(
    seen.length > 3 && Math.abs(found.length - seen.length) <= seen.length / 2,
    `${found.length}, ${seen.length}`,
  );
});

assetTest("a dog is where it is", ["data/models/yolox_nano_416.onnx", "data/images/dog.jpg"], async (model, dog) => {
  const bytes = await Deno.readFile(dog);
  await using s = await served(() => ({ models: [{ model, replicas: 1, threads: 1 }] }));
  const { body: { outputs } } = await s.send(bytes);
  assert.deepEqual(outputs.detect, JSON.parse(JSON.stringify(await straight(model, bytes))));
  assert.ok(outputs.detect.detections.some(({ label }: Answer) => label === "dog"));
});
