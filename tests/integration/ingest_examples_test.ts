import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Listener } from "../../src/api/http/listener.ts";
import { ingestRoutes } from "../../src/api/ingest_routes.ts";
import { createApi } from "../../src/api/server.ts";
import { Weir } from "../../src/app.ts";
import type { StreamService, StreamView } from "../../src/core/services.ts";
import { Hub } from "../../src/hub/hub.ts";
import { Ingest } from "../../src/service/ingest.ts";
import { jpegImage } from "../support/images.ts";
import { linesOf } from "../support/lines_of.ts";
import { succeeds } from "../support/python_env.ts";
import { skip } from "../support/skip.ts";

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const RED = new Uint8Array(64 * 64 * 3).map((_, index) => index % 3 === 0 ? 255 : 0);

/** A Python that has `websockets`, in an environment of its own if need be; undefined when there is none to be had. */
async function pythonWithWebsockets(dir: string): Promise<string | undefined> {
  if (await succeeds("python3", "-c", "import websockets")) return "python3";
  const python = join(dir, "bin", "python");
  const made = await succeeds("python3", "-m", "venv", dir) &&
    await succeeds(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "websockets");
  return made ? python : undefined;
}

/** A Weir with one webcam stream on a detector of colours, and a folder with one red JPEG. */
async function rig() {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "weir-examples-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  await Deno.mkdir(join(dir, "pictures"));
  await Deno.writeFile(join(dir, "pictures", "red.jpg"), jpegImage(64, 64, { rgb: RED }));
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  let position = 1;
  const hub = stack.use(new Hub({ positions: { reserve: (count) => (position += count) - count } }));
  const weir = stack.use(await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 }));
  weir.results$.subscribe((event) => void hub.publish(event));
  const registration = {
    id: "me",
    source: { kind: "webcam" },
    pipeline: [{ model: join(dir, "tiny.onnx") }],
    policy: { mode: "latest" as const, weight: 1, capacity: 8, maxAgeMs: 30_000 },
    labels: {},
  };
  await weir.add(registration);
  const streams = { get: (id: string) => Promise.resolve({ id, registration } as StreamView) } as StreamService;
  const stop = new AbortController();
  const routes = ingestRoutes({ ingest: new Ingest(weir), streams, hub, signal: stop.signal });
  const guard = {
    admit: () => Promise.resolve({ caller: { id: "test", role: "operator" as const, address: "127.0.0.1" } }),
    preflight: () => undefined,
  };
  const api = createApi({ routes, guard, signal: stop.signal });
  const server = await Listener.start({ api, hostname: "127.0.0.1", port: 0 });
  stack.defer(async () => {
    stop.abort();
    await server.close(20_000);
  });
  const owned = stack.move();
  return {
    weir,
    dir,
    pictures: join(dir, "pictures"),
    url: `ws://127.0.0.1:${server.port}/api/v1/ingest/me`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const venv = await Deno.makeTempDir({ prefix: "weir-venv-" });
const python = await pythonWithWebsockets(venv);
globalThis.addEventListener("unload", () => Deno.removeSync(venv, { recursive: true }));
const node = await succeeds("node", "-e", "process.exit(typeof WebSocket === 'undefined' ? 1 : 0)");

Deno.test("webcam.js sends pictures from Deno and prints what is found", async () => {
  await using r = await rig();
  const args = ["run", "-A", "--no-config", example("webcam.js"), r.url, join(r.pictures, "red.jpg")];
  const results = await linesOf(Deno.execPath(), args, /"type":"result"/, 5);
  for (const line of results) assert.match(line, /"capturedAt":.*"label":"red"/);
  const { frames } = await r.weir.status("me");
  assert.deepEqual([frames.dropped.overflow, frames.dropped.undecodable], [0, 0]);
});

const inNode = "webcam.js sends pictures from Node";
Deno.test({
  name: inNode,
  ignore: skip(inNode, node, "Node 22 or newer"),
  async fn() {
    await using r = await rig();
    const results = await linesOf("node", [example("webcam.js"), r.url, join(r.pictures, "red.jpg")], /"result"/, 5);
    for (const line of results) assert.match(line, /"label":"red"/);
  },
});

for (const folder of [true, false]) {
  const name = `webcam.py sends ${folder ? "the JPEG files of a folder" : "a test picture"} and prints what is found`;
  Deno.test({
    name,
    ignore: skip(name, python !== undefined, "Python 3 with venv, and websockets from PyPI"),
    async fn() {
      await using r = await rig();
      const args = [example("webcam.py"), r.url, ...(folder ? [r.pictures] : [])];
      const results = await linesOf(python!, args, /^\d+ [\d.]+ ms /, 5);
      if (folder) { for (const line of results) assert.match(line, /'label': 'red'/); }
      const { frames, properties } = await r.weir.status("me");
      assert.deepEqual([frames.dropped.overflow, frames.dropped.undecodable], [0, 0]);
      assert.equal(properties?.codec, folder ? "mjpeg" : "png");
    },
  });
}
