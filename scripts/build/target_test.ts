import assert from "node:assert/strict";
import { hostTarget, targetNamed } from "./target.ts";

Deno.test("a platform has one name, and the packages of that platform", () => {
  assert.deepEqual(targetNamed("linux-arm64"), {
    name: "linux-arm64",
    platform: "linux",
    arch: "arm64",
    ffmpegPackage: "@seydx/node-av-linux-arm64",
  });
  assert.deepEqual(targetNamed(hostTarget().name), hostTarget());
  assert.throws(() => targetNamed("beos-ppc"), /Cannot build for beos-ppc: it is no platform such as linux-arm64/);
});
