import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { configSchema } from "../../config/load.ts";
import { admitModel } from "../../models/admission.ts";
import { givenLabels } from "../../models/labels.ts";
import { isRestrictive, readZoo } from "../../models/zoo.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { WeirServer } from "../../src/service/server.ts";
import { assetTest } from "../support/assets.ts";
import { saidLog } from "../support/said_log.ts";
import { until } from "../support/until.ts";
import { type Manners, waywardFiles } from "../support/wayward_files.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape are looked into
type Answer = any;

const MODEL = tinyDetector();
const SHA256 = createHash("sha256").update(MODEL).digest("hex");

/** A server whose zoo is a list of our own, and a server of files that behaves as it is told. */
async function served(manners: Manners = {}, config: (files: string) => object = () => ({})) {
  const dir = await Deno.makeTempDir({ prefix: "weir-zoo-" });
  const files = await waywardFiles(MODEL, manners);
  const list = join(dir, "zoo.json");
  const entry = (more: object = {}) => ({
    describe: "cells of three colours",
    task: "detect",
    adapter: "yolo",
    licence: "MIT",
    url: `${files.url}/files/cells.onnx`,
    bytes: MODEL.length,
    sha256: SHA256,
    ...more,
  });
  const models = {
    cells: entry(),
    named: entry({ manifest: { labels: ["a", "b", "c"] } }),
    bound: entry({ licence: "AGPL-3.0-only", home: "https://example.org/licence" }),
    other: entry({ adapter: "yunet" }),
  };
  await Deno.writeTextFile(list, JSON.stringify({ v: 1, models }));
  const { log } = saidLog({ level: "error" });
  const server = await WeirServer.start({
    config: configSchema.parse({
      zoo: { list },
      inference: { replicas: 1, threads: 1 },
      ...config(files.url),
      server: { port: 0 },
    }),
    dataDir: join(dir, "data"),
    version: "0.0.0",
    log,
  });
  await server.restored;
  const call = async (method: string, path: string, body?: object): Promise<{ status: number; body: Answer }> => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    files,
    call,
    get: async (name: string): Promise<Answer> => (await call("GET", `/api/v1/models/${name}`)).body,
    pull: (request: object) => call("POST", "/api/v1/models", request),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("a model of the zoo is fetched in the background, seen as it comes, and used by its name", async () => {
  await using s = await served({ hangAfter: 1000 });
  const zoo = (await s.call("GET", "/api/v1/zoo")).body.models;
  assert.deepEqual(zoo.map(({ name, restrictive }: Answer) => [name, restrictive]), [
    ["cells", false],
    ["named", false],
    ["bound", true],
    ["other", false],
  ]);
  const begun = await s.pull({ zoo: "named", name: "mine" });
  assert.deepEqual([begun.status, begun.body.name, begun.body.state], [202, "mine", "loading"]);
  await until(async () => (await s.get("mine")).download?.bytes === 1000, "the first bytes");
  assert.equal((await s.get("mine")).download.of, MODEL.length);
  assert.equal((await s.pull({ zoo: "named", name: "mine" })).status, 409, "twice at once is once too often");

  assert.equal((await s.call("DELETE", "/api/v1/models/mine")).status, 204);
  assert.equal((await s.call("GET", "/api/v1/models/mine")).status, 404);

  s.files.manners = {};
  await s.pull({ zoo: "named", name: "mine" });
  await until(async () => (await s.get("mine")).state === "unloaded", "the model");
  const mine = await s.get("mine");
  assert.deepEqual([mine.labels.first, mine.licence, mine.registry.versions[0].from, mine.download], [
    ["a", "b", "c"],
    "MIT",
    "zoo: named",
    undefined,
  ]);
  assert.equal(s.files.asked.at(-1), "/files/cells.onnx 1000", "what was there is not fetched again");
  assert.equal((await s.call("GET", "/api/v1/zoo")).body.models[1].knownAs, "mine");
  const again = await s.pull({ zoo: "named", name: "mine" });
  assert.deepEqual([again.status, again.body.registry.versions.length], [200, 1]);
  const stream = { id: "cam", source: { kind: "scene", scene: "counter", fps: 10 }, pipeline: [{ model: "mine" }] };
  assert.equal((await s.call("POST", "/api/v1/streams", stream)).status, 201);
});

Deno.test("what cannot be fetched is told where it would have been, and can be tried again or forgotten", async () => {
  const wrong = MODEL.slice();
  wrong[wrong.length - 1] ^= 1;
  const cases: [Manners, RegExp][] = [
    [{ status: 404 }, /answered 404/],
    [{ instead: wrong }, /not what was published/],
    [{ redirect: "ftp://example.org/x" }, /ftp:, which is not followed/],
    [{ redirect: "http://169.254.169.254/latest/meta-data" }, /169\.254\.169\.254/],
  ];
  await using s = await served();
  for (const [manners, words] of cases) {
    s.files.manners = manners;
    await s.pull({ zoo: "cells" });
    await until(async () => (await s.get("cells")).state === "failed", "the failure");
    const failed = await s.get("cells");
    assert.match(failed.cause, words);
    assert.match(failed.download.cause, words);
  }
  s.files.manners = {};
  await s.pull({ zoo: "other" });
  await until(async () => (await s.get("other")).state === "failed", "the failure");
  assert.match((await s.get("other")).cause, /adapter yolo recognises it, and the zoo says yunet/);
  assert.equal((await s.call("DELETE", "/api/v1/models/other")).status, 204);
  await s.pull({ zoo: "cells" });
  await until(async () => (await s.get("cells")).state === "unloaded", "the model");
});

Deno.test("a restrictive licence is shown and wants to be accepted, and a wrong name is answered with the right one", async () => {
  await using s = await served();
  const refused = await s.pull({ zoo: "bound" });
  assert.deepEqual([refused.status, refused.body.errors[0].path], [422, "acceptLicence"]);
  assert.match(refused.body.detail, /AGPL-3\.0-only \(https:\/\/example\.org\/licence\)/);
  assert.deepEqual(s.files.asked, []);
  assert.equal((await s.pull({ zoo: "bound", acceptLicence: true })).status, 202);
  const unknown = await s.pull({ zoo: "cels" });
  assert.deepEqual([unknown.status, unknown.body.code], [404, "not_found"]);
  assert.match(unknown.body.detail, /did you mean cells\?/);
  for (const request of [{}, { zoo: 3 }, { zoo: "cells", nmae: "x" }, { zoo: "cells", name: "../x" }]) {
    assert.equal((await s.pull(request)).status, 422, JSON.stringify(request));
  }
  await until(async () => (await s.get("bound")).state === "unloaded", "the model");
});

Deno.test("a mirror is asked in the place of the address, and a server whose rules forbid it is not", async () => {
  await using s = await served({}, (files) => ({ zoo: { mirror: `${files}/mirror/` } }));
  const { status, body } = await s.pull({ zoo: "yunet" });
  assert.equal(status, 202, JSON.stringify(body));
  await until(async () => (await s.get("yunet")).state === "failed", "the failure: these are other bytes");
  assert.deepEqual(s.files.asked, ["/mirror/face_detection_yunet_2023mar.onnx"]);
  await using strict = await served({}, () => ({ sources: { privateNetworks: false } }));
  await strict.pull({ zoo: "cells" });
  await until(async () => (await strict.get("cells")).state === "failed", "the failure");
  assert.match((await strict.get("cells")).cause, /127\.0\.0\.1/);
  assert.deepEqual(strict.files.asked, []);
});

Deno.test("every model of the zoo has a licence, an adapter that there is, and an address of its own", async () => {
  const { ADAPTERS } = await import("../../models/registry.ts");
  const zoo = await readZoo();
  assert.ok(zoo.length >= 15);
  for (const { name, adapter, task, licence, url, sha256, manifest } of zoo) {
    const known = ADAPTERS.find((one) => one.name === adapter);
    assert.equal(known?.task, task, name);
    assert.ok(licence.length > 0 && new URL(url).protocol === "https:", name);
    assert.equal(zoo.filter((other) => other.sha256 === sha256).length, 1, name);
    // No classifier says of itself what its classes are.
    if (task === "classify") assert.ok((givenLabels(manifest ?? {})?.length ?? 0) > 1, `${name} names no labels`);
  }
  assert.deepEqual(["MIT", "Apache-2.0", "MIT OR Apache-2.0"].map(isRestrictive), [false, false, false]);
  assert.deepEqual(["AGPL-3.0-only", "CC-BY-NC-4.0", "unclear: ask", "MIT AND GPL-3.0-only"].map(isRestrictive), [
    true,
    true,
    true,
    true,
  ]);
});

assetTest(
  "every model of the zoo is the file that others know by its address",
  ["data/public_models.csv"],
  async (csv) => {
    const rows = (await Deno.readTextFile(csv)).split(/\r?\n/).map((line) => line.split(","));
    for (const { name, url, bytes, sha256, licence } of await readZoo()) {
      const row = rows.find(([, , , digest, address]) => digest === sha256 && address.split(" ")[0] === url);
      assert.ok(row, `nobody knows ${name} by ${url}`);
      const [, , size, , , said] = row;
      assert.equal(bytes, Number(size), name);
      // Where its makers leave the licence to a README, so does the zoo.
      assert.ok(licence === said || (licence.startsWith("unclear") && said.startsWith("see ")), `${name}: ${said}`);
    }
  },
);

for (const [name, file] of [["yunet", "face_detection_yunet_2023mar.onnx"], ["mnist", "mnist.onnx"]]) {
  assetTest(`${name} of the zoo is what the zoo says of it`, [`data/models/${file}`], async (path) => {
    const model = (await readZoo()).find((one) => one.name === name)!;
    const { spec } = await admitModel(path, { licence: model.licence, ...model.manifest });
    assert.deepEqual([spec.sha256, spec.adapter, spec.task], [model.sha256, model.adapter, model.task]);
    assert.equal((await Deno.stat(path)).size, model.bytes);
  });
}
