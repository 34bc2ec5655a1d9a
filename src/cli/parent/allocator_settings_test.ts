import assert from "node:assert/strict";
import { allocatorSettings } from "./allocator_settings.ts";

const settings = allocatorSettings({});

Deno.test("what somebody has said of the allocator stays", () => {
  assert.deepEqual(Object.keys(settings), ["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"]);
  const { MALLOC_ARENA_MAX: _, ...others } = settings;
  assert.deepEqual(allocatorSettings({ MALLOC_ARENA_MAX: "8", HOME: "/" }), others);
});

Deno.test("the scripts that start a built program say the same", async () => {
  for (const name of ["head.sh", "launcher.sh"]) {
    const script = await Deno.readTextFile(new URL(`../../../scripts/build/${name}`, import.meta.url));
    for (const [key, value] of Object.entries(settings)) {
      assert.ok(script.includes(`${key}="\${${key}:-${value}}"`), `${name}: ${key}`);
    }
  }
});
