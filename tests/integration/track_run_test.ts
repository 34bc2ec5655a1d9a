import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrackOutput } from "../../src/analyzers/track.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import { assetTest } from "../support/assets.ts";
import { weir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";

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

assetTest(
  "people of a rendered crossing keep their identities, and whom the network sees is where the truth has them",
  [
    "data/clips/guts_utocs_crossing.mp4",
    "data/models/yolox_nano_416.onnx",
    "data/truth/guts_utocs_crossing_gt_mot.txt",
  ],
  (clip, model, gt) =>
    inDirectory(async (folder) => {
      const out = join(folder, "crossing.jsonl");
      const words = ["--model", model, "--min-score", "0.1", "--analyze", "track", "--out", out, "--quiet"];
      const { code, stderr } = await weir("run", clip, ...words);
      assert.equal(code, 0, stderr);
      const judge = ["eval", "track", "--tracks", out, "--gt", gt, "--classes", "1", "--labels", "person", "--json"];
      const judged = await weir(...judge);
      assert.equal(judged.code, 0, judged.stderr);
      // The network is small, and sees those who are far away late or never: that is no fault of the tracker's.
      const { combined: { frames, tp, fp, idsw, assA } } = JSON.parse(judged.stdout);
      assert.equal(frames, 201);
      assert.ok(tp > 150 && fp < tp / 4 && idsw <= 2 && assA > 40, judged.stdout);
    }),
);
