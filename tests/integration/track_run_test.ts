import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrackOutput } from "../../src/analyzers/track.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import { weir } from "../support/command_line.ts";

Deno.test("players of the scene keep their identities through the command line, every run alike, as its own judge confirms", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir-track-" });
  try {
    const [first, second, truth] = ["first.jsonl", "second.jsonl", "truth.jsonl"].map((name) => join(folder, name));
    for (const out of [first, second]) {
      const words = ["run", "scene:pitch?seconds=1.2&seed=7", "--analyze", "track", "--deterministic", "--out", out];
      const { code, stderr } = await weir(...words, "--quiet");
      assert.equal(code, 0, stderr);
    }
    const text = await Deno.readTextFile(first);
    assert.equal(await Deno.readTextFile(second), text);
    const results = text.trim().split("\n").map((line) => JSON.parse(line) as ResultEnvelope);
    assert.equal(results.length, 30);
    for (const { outputs } of results) {
      const { active, total } = outputs.track as TrackOutput;
      const tracks = (outputs.detect as ModelOutput).detections!.flatMap(({ track }) => track ?? []);
      assert.equal(new Set(tracks).size, active);
      assert.ok(active >= 8 && Math.max(...tracks) <= total, `${active} of ${total}`);
    }
    const rendered = await weir("scene", "pitch", "--seconds", "1.2", "--seed", "7", "--truth", truth, "--quiet");
    assert.equal(rendered.code, 0, rendered.stderr);
    const people = "player,goalkeeper,referee";
    const judged = await weir(
      ...["eval", "track", "--tracks", first, "--gt", truth, "--classes", people, "--labels", people, "--json"],
    );
    assert.equal(judged.code, 0, judged.stderr);
    const { combined } = JSON.parse(judged.stdout);
    assert.ok(combined.idf1 > 75 && combined.idsw <= 2, judged.stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
