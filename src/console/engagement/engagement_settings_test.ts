import assert from "node:assert/strict";
import { parseRegistration } from "../../../config/schema.ts";
import type { ModelChoice } from "../models/model_list.ts";
import { candidates, engagementPipeline, modelsFor } from "./engagement_settings.ts";

const model = (name: string, task: string, state = "unloaded") => ({ name, task, state }) as ModelChoice;
const choices = [
  model("weir-pitch", "detect"),
  model("yunet", "detect"),
  model("broken-face", "detect", "failed"),
  model("net", "embed"),
  model("engagement-demo", "head"),
];

Deno.test("for each part the likeliest model is taken, and one that was chosen where it is still there", () => {
  assert.deepEqual(candidates("faces", choices), ["yunet", "weir-pitch"]);
  assert.deepEqual(modelsFor({ heads: "gone", faces: "weir-pitch" }, choices), {
    faces: "weir-pitch",
    embedding: "net",
    heads: "engagement-demo",
  });
  assert.deepEqual(modelsFor({}, choices.filter(({ task }) => task !== "embed")), {
    faces: "yunet",
    heads: "engagement-demo",
  });
  assert.deepEqual(modelsFor({}, undefined), {});
  const others = [model("weir-pitch", "detect")];
  assert.deepEqual(modelsFor({}, others), {}, "what finds players finds no faces");
  assert.deepEqual(modelsFor({ faces: "weir-pitch" }, others), { faces: "weir-pitch" }, "unless somebody says so");
});

Deno.test("the pipeline is one that the server takes, and there is none while a part is missing", () => {
  const pipeline = engagementPipeline({ ...modelsFor({}, choices), fps: 10, everyS: 0.5 });
  assert.deepEqual(pipeline.map(({ model, analyzer }) => model ?? analyzer), [
    "yunet",
    "track",
    "net",
    "engagement-demo",
    "engagement",
  ]);
  assert.equal(pipeline[2].everyNth, 5);
  parseRegistration({ id: "a", source: { kind: "webcam" }, pipeline });
  assert.deepEqual(engagementPipeline({ faces: "yunet", fps: 10, everyS: 1 }), []);
});
