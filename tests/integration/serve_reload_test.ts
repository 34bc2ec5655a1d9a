import assert from "node:assert/strict";
import { configSchema } from "../../config/load.ts";
import { WeirServer } from "../../src/service/server.ts";
import { Log } from "../../src/telemetry/log.ts";
import { inDirectory } from "../support/in_directory.ts";
import { until } from "../support/until.ts";

const JSON_TYPE = { "content-type": "application/json" };
const source = (width: number) => ({ kind: "scene", scene: "counter", fps: 10, width, height: 240 });
const COUNTER = [{ analyzer: "counter" }];
const MISSING = [{ model: "/nowhere/at/all.onnx" }];

/** A server with the streams that its file declares, which is read anew at will. */
async function rig(dataDir: string, ...streams: unknown[]) {
  const said: string[] = [];
  const output = {
    isTerminal: () => false,
    write: (bytes: Uint8Array) => {
      said.push(new TextDecoder().decode(bytes));
      return Promise.resolve(bytes.length);
    },
  };
  const log = new Log({ level: "error", format: "json", output });
  const config = (streams: unknown[]) => configSchema.parse({ server: { port: 0 }, streams });
  const server = await WeirServer.start({ config: config(streams), dataDir, version: "0.0.0", log });
  await server.restored;
  const ask = async (path: string, method = "GET", body?: unknown) => {
    const init = body === undefined ? { method } : { method, headers: JSON_TYPE, body: JSON.stringify(body) };
    return await (await fetch(`${server.url}/api/v1/streams${path}`, init)).json();
  };
  return {
    said,
    ask,
    say: (...streams: unknown[]) => server.reload(config(streams)),
    /** Waits until a stream is in a state, and answers it. */
    async is(id: string, state: string) {
      // deno-lint-ignore no-explicit-any -- a test looks into answers of every shape
      let view: any;
      await until(async () => (view = await ask(`/${id}`)).status?.state === state, `${id} is ${state}`);
      return view;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    },
  };
}

for (const [what, width] of [["pipeline", 320], ["pipeline and source", 160]] as const) {
  Deno.test(`a stream whose file gives it a ${what} that cannot run goes on as it was, and takes the next change`, () =>
    inDirectory(async (directory) => {
      await using server = await rig(directory, { id: "gate", source: source(320), pipeline: COUNTER });
      await server.is("gate", "running");
      await server.say({ id: "gate", source: source(width), pipeline: MISSING, labels: { tried: "yes" } });
      const kept = await server.is("gate", "running");
      assert.deepEqual([kept.registration.source.width, kept.registration.labels], [320, {}]);
      await until(() => server.said.join("").includes("Stream gate goes on as it was: "), "the log tells");
      await server.say({ id: "gate", source: source(width), pipeline: COUNTER, labels: { tried: "again" } });
      const changed = await server.is("gate", "running");
      assert.deepEqual([changed.registration.source.width, changed.registration.labels.tried], [width, "again"]);
      await server.say();
      assert.equal((await server.ask("/gate")).status, 404);
      assert.equal((await server.ask("", "POST", { id: "gate", source: source(320), pipeline: COUNTER })).id, "gate");
    }));
}

Deno.test("a stream that never could run says why, and runs once its file lets it", () =>
  inDirectory(async (directory) => {
    await using server = await rig(directory, { id: "gate", source: source(320), pipeline: MISSING });
    const failed = await server.is("gate", "failed");
    assert.equal(failed.status.cause.code, "registration");
    assert.match(failed.status.cause.message, /nowhere\/at\/all\.onnx/);
    await server.say({ id: "gate", source: source(320), pipeline: COUNTER });
    await server.is("gate", "running");
  }));

Deno.test("a stream that is paused stays so with another source, be that good or not", () =>
  inDirectory(async (directory) => {
    await using server = await rig(directory);
    await server.ask("", "POST", { id: "gate", source: source(320), pipeline: COUNTER });
    await server.ask("/gate/pause", "POST");
    const refused = await server.ask("/gate", "PATCH", { source: source(160), pipeline: MISSING });
    assert.equal(refused.code, "invalid");
    assert.equal((await server.is("gate", "paused")).registration.source.width, 320);
    await server.ask("/gate", "PATCH", { source: source(160) });
    assert.equal((await server.is("gate", "paused")).registration.source.width, 160);
    await server.ask("/gate/resume", "POST");
    await server.is("gate", "running");
  }));

Deno.test("what is refused of a stream that the file declares is in the document", () =>
  inDirectory(async (directory) => {
    await using server = await rig(directory, { id: "gate", source: source(320), pipeline: COUNTER });
    const { paths } = await server.ask("/../../../openapi.json");
    for (const [method, body] of [["PATCH", { labels: {} }], ["DELETE", undefined]] as const) {
      const { status, code, detail } = await server.ask("/gate", method, body);
      assert.deepEqual([status, code], [409, "conflict"]);
      assert.match(detail, /declared in the configuration file/);
      assert.ok(paths["/api/v1/streams/{id}"][method.toLowerCase()].responses[status], method);
    }
  }));
