import assert from "node:assert/strict";
import { settingsIn } from "./settings.ts";

Deno.test("of what was remembered only settings are taken over", () => {
  const good = { deviceId: "a", facing: "environment", width: 640, fps: 5, model: "", name: "me", mirror: false };
  assert.deepEqual(settingsIn({ ...good, more: 1 }), good);
  assert.deepEqual(settingsIn({ facing: "up", width: 641, fps: "5", name: "", mirror: 1, model: null }), {});
  assert.deepEqual(settingsIn(null), {});
  assert.deepEqual(settingsIn([]), {});
});
