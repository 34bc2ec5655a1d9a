import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { configSchema, loadConfig } from "./load.ts";
import { modelSchema } from "./model_schema.ts";

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "weir-config-" });
  try {
    const path = join(folder, "weir.yaml");
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("without a file everything has its default", async () => {
  const { server, limits, auth, sources, streams } = await loadConfig(undefined);
  assert.deepEqual([server.host, server.port], ["127.0.0.1", 8080]);
  assert.equal(limits.bodyBytes, 2 ** 20);
  assert.deepEqual(auth.tokens, []);
  assert.equal(sources.mediaRoot, undefined);
  assert.deepEqual(streams, []);
});

Deno.test("an unknown key is refused with its line", async () => {
  await withFile("server:\n  port: 9000\n  prot: 9001\n", async (path) => {
    await assert.rejects(loadConfig(path), /server: .*prot.*\(line 3\)/);
  });
  await withFile("server:\n  port: high\n", async (path) => {
    await assert.rejects(loadConfig(path), /server\.port: .*\(line 2\)/);
  });
  await withFile("sever: {}\n", async (path) => await assert.rejects(loadConfig(path), /sever.*\(line 1\)/));
});

Deno.test("the environment counts more than the file, and flags count most", async () => {
  await withFile("server: { port: 9000, host: 10.0.0.1 }\nlimits: { streams: 7 }\n", async (path) => {
    const env = { WEIR_PORT: "9001", WEIR_LIMITS__BODY_BYTES: "65536", WEIR_SERVER__NAMES: "[cam.lan]", PATH: "/bin" };
    const { server, limits } = await loadConfig(path, { env, overrides: { server: { port: 9002 } } });
    assert.deepEqual([server.port, server.host, server.names], [9002, "10.0.0.1", ["cam.lan"]]);
    assert.deepEqual([limits.bodyBytes, limits.streams], [65536, 7]);
  });
});

Deno.test("a token of the environment is an admin's, and one that is too short is refused", async () => {
  const { auth } = await loadConfig(undefined, { env: { WEIR_TOKEN: "0123456789abcdef" } });
  assert.deepEqual(auth.tokens, [{ name: "environment", token: "0123456789abcdef", role: "admin" }]);
  await assert.rejects(loadConfig(undefined, { env: { WEIR_TOKEN: "short" } }), /auth\.tokens\[0\]\.token/);
});

Deno.test("a variable of ours that cannot be read or is unknown is told of", async () => {
  await assert.rejects(loadConfig(undefined, { env: { WEIR_LIMITS__STREAMS: "[" } }), /WEIR_LIMITS__STREAMS/);
  await assert.rejects(loadConfig(undefined, { env: { WEIR_LIMITS__STREAM: "3" } }), /limits: .*stream/);
});

Deno.test("weir.yaml, as it comes, is valid and names every key of every section", async () => {
  const path = fileURLToPath(new URL("./weir.yaml", import.meta.url));
  assert.deepEqual(await loadConfig(path), await loadConfig(undefined));
  const text = await Deno.readTextFile(path);
  const sections = configSchema.shape;
  for (
    const section of [
      "server",
      "auth",
      "limits",
      "sources",
      "inference",
      "predict",
      "zoo",
      "events",
      "capture",
      "telemetry",
    ] as const
  ) {
    const from = text.indexOf(`\n${section}:`);
    assert.ok(from >= 0, section);
    const body = text.slice(from + 1).split(/\n(?=[a-z])/)[0];
    for (const key of Object.keys(sections[section].unwrap().shape)) {
      assert.match(body, new RegExp(`^  # (- \\{ )?${key}:`, "m"), `${section}.${key}`);
    }
  }
  const models = text.slice(text.indexOf("\nmodels:")).split(/\n\n/)[0];
  for (const key of Object.keys(modelSchema.shape)) {
    assert.match(models, new RegExp(`^#  (- |  )${key}:`, "m"), `models.${key}`);
  }
});

Deno.test("a model is declared with settings of its own, and no two are called alike", async () => {
  await withFile("models: [{ model: a.onnx, name: people, replicas: 2 }, { model: b.onnx }]\n", async (path) => {
    const { models } = await loadConfig(path);
    assert.deepEqual(models, [{ model: "a.onnx", name: "people", replicas: 2 }, { model: "b.onnx" }]);
  });
  const wrong =
    "models:\n  - { model: a.onnx }\n  - { model: b.onnx, name: a.onnx }\n  - { model: c.onnx, replica: 2 }\n";
  await withFile(wrong, async (path) => {
    await assert.rejects(loadConfig(path), (error: Error) => {
      assert.match(error.message, /models\[2\].*replica.*\(line 4\)/);
      return true;
    });
  });
  await withFile("models:\n  - { model: a.onnx }\n  - { model: b.onnx, name: a.onnx }\n", async (path) => {
    await assert.rejects(loadConfig(path), /models\[1\]\.name: models\[0\] is called a\.onnx already \(line 3\)/);
  });
});

Deno.test("with every comment of a default taken away, weir.yaml is still valid", async () => {
  const text = await Deno.readTextFile(new URL("./weir.yaml", import.meta.url));
  const KEYS = /^ {2}# (?=[a-zA-Z]+: )/gm;
  const words = text.split("\n").filter((line) => !line.startsWith("#")).join("\n").replace(KEYS, "  ");
  // What shows an example rather than the default needs files that are not there: it parses all the same.
  await withFile(words, async (path) => {
    const { limits, events } = await loadConfig(path);
    assert.equal(limits.frameBytes, 4 * 2 ** 20);
    assert.equal(events.queue, 1024);
  });
});
