import assert from "node:assert/strict";
import { configSchema } from "./load.ts";
import { restartNeeded } from "./restart_needed.ts";

const config = (said: object) => configSchema.parse(said);

Deno.test("what is taken over at once needs no restart", () => {
  const said = config({
    models: [{ model: "a.onnx" }],
    streams: [{ id: "gate", source: { kind: "scene" }, pipeline: [] }],
    predict: { pipelines: { faces: [{ model: "a.onnx" }] }, default: "faces" },
    inference: { defaultModel: "a.onnx" },
    capture: { predict: { everyNth: 2 } },
    telemetry: { level: "debug" },
  });
  assert.deepEqual(restartNeeded(config({}), said), []);
  assert.deepEqual(restartNeeded(said, config({})), []);
});

Deno.test("everything else is named by section and key, whether it comes, goes or changes", () => {
  const [one, other] = [
    config({ server: { port: 1 }, limits: { streams: 3 }, zoo: { list: "zoo.json" }, telemetry: { level: "warn" } }),
    config({ server: { port: 2, names: ["cam.example.org"] }, limits: { streams: 3 }, inference: { threads: 2 } }),
  ];
  const keys = ["inference.threads", "server.names", "server.port", "zoo.list"];
  assert.deepEqual(restartNeeded(one, other), keys);
  assert.deepEqual(restartNeeded(other, one), keys);
  assert.deepEqual(restartNeeded(one, structuredClone(one)), []);
});
