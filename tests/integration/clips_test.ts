import assert from "node:assert/strict";
import { Weir } from "../../src/app.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import { parseSourceConfig } from "../../streams/sources/registry.ts";
import { assetTest } from "../support/assets.ts";

/** How many things of a label each frame shows, over time. */
async function countOver(clip: string, model: string, options: { label: string; every: number; minScore: number }) {
  const { label, every, minScore } = options;
  await using weir = await Weir.start();
  const results: ResultEnvelope[] = [];
  weir.results$.subscribe((result) => results.push(result));
  await weir.add({
    id: "clip",
    source: parseSourceConfig({ kind: "file", path: clip }),
    pipeline: [{ model, minScore }],
    policy: { mode: "block", every, weight: 1, capacity: 4 },
    labels: {},
  });
  const status = await weir.done("clip");
  assert.equal(status.frames.unaccounted, 0);
  assert.equal(status.state, "stopped");
  return results.map(({ pts, outputs }) => ({
    seconds: pts,
    count: ((outputs.detect as ModelOutput).detections ?? []).filter((found) => found.label === label).length,
  }));
}

const TRUTH = "data/truth/intel_clip_events.json";
const YOLOX = "data/models/yolox_nano_416.onnx";

assetTest(
  "YOLOX-nano counts the bottles of a real clip in every interval of its truth",
  ["data/clips/bottle-detection.mp4", YOLOX, TRUTH],
  async (clip, model, truthPath) => {
    const truth = JSON.parse(await Deno.readTextFile(truthPath))["bottle-detection.mp4"];
    const counts = await countOver(clip, model, { label: "bottle", every: 5, minScore: 0.3 });
    for (const [from, to, bottles] of truth.bottle_count_intervals_s as [number, number, number][]) {
      // Times were read by eye, to half a second.
      const inside = counts.filter(({ seconds }) => seconds >= from + 0.5 && seconds <= to - 0.5);
      const right = inside.filter(({ count }) => count === bottles).length;
      assert.ok(
        right / inside.length >= 0.9,
        `${from}–${to} s: ${bottles} bottles in ${right} of ${inside.length} frames`,
      );
    }
  },
);

assetTest(
  "YOLOX-nano sees the six visits of a surveillance clip, one person at a time",
  ["data/clips/one-by-one-person-detection.mp4", YOLOX, TRUTH],
  async (clip, model, truthPath) => {
    const truth = JSON.parse(await Deno.readTextFile(truthPath))["one-by-one-person-detection.mp4"];
    const counts = await countOver(clip, model, { label: "person", every: 4, minScore: 0.4 });
    const present = counts.filter(({ count }) => count > 0).map(({ seconds }) => seconds);
    // Presence with gaps of up to two seconds bridged, as somebody who stands behind a shelf has not left.
    const visits: [number, number][] = [];
    for (const seconds of present) {
      const last = visits.at(-1);
      if (last && seconds - last[1] <= 2) last[1] = seconds;
      else visits.push([seconds, seconds]);
    }
    const seen = visits.filter(([from, to]) => to - from >= 2);
    const expected = truth.visit_intervals_s as [number, number][];
    assert.equal(seen.length, truth.visits, JSON.stringify(seen));
    seen.forEach(([from, to], n) => {
      assert.ok(from >= expected[n][0] - 2.5 && to <= expected[n][1] + 2.5, `visit ${n + 1}: ${from}–${to} s`);
      assert.ok(to - from >= 0.6 * (expected[n][1] - expected[n][0]), `visit ${n + 1}: ${from}–${to} s`);
    });
  },
);
