import assert from "node:assert/strict";
import { firstModel, type ModelChoice, modelOptions } from "./model_list.ts";

const model = (name: string, rest: Partial<ModelChoice> = {}): ModelChoice => ({
  name,
  task: "detect",
  state: "ready",
  default: false,
  ...rest,
});

Deno.test("to begin with it is the server's own choice, else the first model that works, else none", () => {
  assert.equal(firstModel([model("a"), model("b", { default: true })]), "b");
  assert.equal(firstModel([model("a", { state: "failed" }), model("b"), model("c")]), "b");
  assert.equal(firstModel([model("a", { state: "failed" })]), "");
  assert.equal(firstModel(undefined), "");
});

Deno.test("what cannot be loaded cannot be chosen, and what is chosen stays to be seen", () => {
  const choices = [model("a"), { ...model("b", { state: "failed" }), task: undefined }];
  assert.deepEqual(modelOptions(choices, { none: "None", chosen: "gone" }), [
    { value: "", text: "None" },
    { value: "a", text: "a (detect)" },
    { value: "b", text: "b", disabled: true },
    { value: "gone", text: "gone" },
  ]);
  assert.deepEqual(modelOptions(undefined, { chosen: "a" }), [{
    value: "a",
    text: "a",
  }]);
});

Deno.test("what takes no pictures is not offered for them, nor begun with", () => {
  const choices = [model("pulse", { task: "signal", state: "unloaded" }), model("head", { task: "head" }), model("a")];
  assert.equal(firstModel(choices), "a");
  assert.deepEqual(modelOptions(choices, {}).map(({ value }) => value), ["a"]);
});
