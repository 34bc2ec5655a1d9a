import assert from "node:assert/strict";
import { Weir } from "../../src/app.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import { assetTest } from "../support/assets.ts";
import { balanced } from "../support/balanced.ts";

const cosine = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, n) => sum + value * b[n], 0);

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

assetTest(
  "people who are detected and followed are told apart by how they look, each by vectors of its own crops",
  [
    "data/clips/one-by-one-person-detection.mp4",
    "data/models/yolox_nano_416.onnx",
    "data/models/person_reid_retail_0248.onnx",
  ],
  async (clip, detector, looks) => {
    await using weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 });
    const results: ResultEnvelope[] = [];
    weir.results$.subscribe((result) => results.push(result));
    await weir.add({
      id: "people",
      source: { kind: "file", path: clip, pace: "fast", loop: false },
      pipeline: [
        { model: detector, minScore: 0.1 },
        { analyzer: "track", classes: ["person"], keepMs: 4000 },
        { model: looks, name: "looks", on: "detect.person", minSize: 40, max: 4 },
      ],
      policy: { mode: "block", weight: 1, capacity: 4, every: 20 },
      labels: {},
    });
    const status = await weir.done("people");
    balanced(status);
    assert.equal(status.frames.dropped.failed, 0, JSON.stringify(status.fault));
    assert.ok(status.cascades!.looks.runs > 10, JSON.stringify(status.cascades));
    assert.equal(status.cascades!.looks.failed, 0);
    const before = new Map<number, number[]>();
    const same: number[] = [];
    for (const { outputs, frame } of results) {
      const { detections = [] } = outputs.detect as ModelOutput;
      for (const { of, track, box, label, embedding } of (outputs.looks as ModelOutput).crops!) {
        assert.equal(label, "person");
        assert.equal(track, detections[of].track);
        assert.ok(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= frame.width && box[1] + box[3] <= frame.height);
        assert.equal(embedding!.length, 256);
        assert.ok(Math.abs(cosine(embedding!, embedding!) - 1) < 1e-6);
        if (track === undefined) continue;
        if (before.has(track)) same.push(cosine(before.get(track)!, embedding!));
        before.set(track, embedding!);
      }
    }
    const people = [...before.values()];
    const others = people.flatMap((one, n) => people.slice(n + 1).map((other) => cosine(one, other)));
    assert.ok(same.length > 5 && others.length > 0);
    assert.ok(mean(same) > 0.9, `${mean(same)}`);
    assert.ok(mean(others) < mean(same), `${mean(others)} of others, ${mean(same)} of the same`);
  },
);
