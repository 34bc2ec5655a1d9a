import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BUILTIN, evalPitch } from "./eval_pitch.ts";

Deno.test("The built-in detector is the file that its manifest names", () => {
  const manifest = JSON.parse(readFileSync(new URL("../models/builtin/manifest.json", import.meta.url), "utf8"));
  const bytes = readFileSync(BUILTIN);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), manifest["weir-pitch"].sha256);
  assert.ok(bytes.length <= 2_000_000);
});

Deno.test("The built-in detector finds people and ball in matches that it was not trained on", async () => {
  const { classes } = await evalPitch({
    file: BUILTIN,
    seeds: [31000, 31001, 31002],
    frames: 4,
    every: 50,
    width: 1280,
    height: 720,
  });
  assert.deepEqual(Object.keys(classes), ["player", "goalkeeper", "referee", "ball"]);
  assert.ok(classes.player.objects > 50);
  assert.ok(classes.player.ap > 0.85, `players: ${classes.player.ap}`);
  assert.ok(classes.ball.ap > 0.6, `ball: ${classes.ball.ap}`);
});
