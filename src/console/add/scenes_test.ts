import assert from "node:assert/strict";
import { z } from "zod";
import { sceneSchema } from "../../../streams/sources/scene.ts";
import { sceneModel, scenesIn } from "./scenes.ts";

const SOURCES = [
  { kind: "camera", schema: {} },
  { kind: "scene", schema: z.toJSONSchema(sceneSchema, { io: "input" }) },
];

Deno.test("every scene of the server can be chosen, and says what there is to see", () => {
  const scenes = scenesIn({ sources: SOURCES as Parameters<typeof scenesIn>[0]["sources"] });
  assert.deepEqual(scenes.map(({ name }) => name), sceneSchema.shape.scene.unwrap().options);
  for (const { name, about } of scenes) assert.ok(about, `${name} says nothing`);
  assert.deepEqual(scenesIn({ sources: [] }), []);
});

Deno.test("a scene is looked at by what finds something in it", () => {
  const choices = [
    { name: "weir-pitch", task: "detect", state: "ready", default: true },
    { name: "yunet", task: "detect", state: "ready", default: false },
  ] as Parameters<typeof sceneModel>[1];
  assert.deepEqual(["pitch", "counter", "portrait", "other"].map((scene) => sceneModel(scene, choices)), [
    "weir-pitch",
    "",
    "yunet",
    "",
  ]);
});
