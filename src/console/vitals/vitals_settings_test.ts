import assert from "node:assert/strict";
import { parseRegistration } from "../../../config/schema.ts";
import { pulseSchema } from "../../analyzers/pulse.ts";
import type { ModelChoice } from "../models/model_list.ts";
import { faceModel, faceModels, vitalsPipeline } from "./vitals_settings.ts";

const model = (name: string, task: string, state = "unloaded") => ({ name, task, state }) as ModelChoice;
const choices = [model("weir-pitch", "detect"), model("broken-face", "detect", "failed"), model("yunet", "detect")];

Deno.test("faces are found by what was chosen, else by what is known for it, else by nothing", () => {
  assert.deepEqual(faceModels(choices).map(({ name }) => name), ["yunet", "weir-pitch"]);
  assert.equal(faceModel({}, choices), "yunet");
  assert.equal(faceModel({ faces: "" }, choices), "", "which can be chosen as well");
  assert.equal(faceModel({ faces: "weir-pitch" }, choices), "weir-pitch");
  assert.equal(faceModel({ faces: "gone" }, choices), "yunet");
  assert.equal(faceModel({}, [model("weir-pitch", "detect")]), "", "what finds players finds no faces");
  assert.equal(faceModel({}), "");
});

Deno.test("the pipelines are such that the server takes", () => {
  for (const faces of ["", "yunet"]) {
    const pipeline = vitalsPipeline({ faces });
    parseRegistration({ id: "a", source: { kind: "webcam" }, pipeline });
    const { analyzer, ...options } = pipeline.at(-1)!;
    assert.equal(analyzer, "pulse");
    assert.equal(pulseSchema.parse(options).region === undefined, faces !== "");
  }
});
