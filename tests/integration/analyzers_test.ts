import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { parseRegistration } from "../../config/schema.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import type { ZoneReading } from "../../src/analyzers/zones.ts";
import { Weir } from "../../src/app.ts";
import type { AlertEvent, LogEvent } from "../../src/core/events.ts";
import type { ModelOutput, ResultEnvelope } from "../../src/core/results.ts";
import { insidePolygon } from "../../src/vision/polygon.ts";
import { jpegSize } from "../../streams/av/jpeg_size.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { createPitchScene } from "../../streams/scenes/pitch_scene.ts";
import { balanced } from "../support/balanced.ts";
import { inDirectory } from "../support/in_directory.ts";

const PEOPLE = ["player", "goalkeeper", "referee"];
const GATE = [[0.2, 0.2], [0.8, 0.15], [0.7, 0.95], [0.25, 0.9]];
const SIZE = { width: 1280, height: 720 };

/** Runs one stream to its end; answers all that was told of it, in order. */
async function run(registration: Record<string, unknown>) {
  await using weir = await Weir.start({ streamWorkers: 1, deterministic: true });
  const events: LogEvent[] = [];
  weir.results$.subscribe((event) => events.push(event));
  weir.alerts$.subscribe((event) => events.push(event));
  const { id } = parseRegistration(registration);
  await weir.add(parseRegistration(registration));
  const status = await weir.done(id);
  balanced(status);
  const results = events.filter((event): event is ResultEnvelope => event.type === "result");
  const alerts = events.filter((event): event is AlertEvent => event.type === "alert");
  const models = await Promise.all(weir.models().map(({ setup }) => weir.modelStats(setup.spec.name)));
  return { status, events, results, alerts, runs: models.flat().reduce((sum, { frames }) => sum + frames, 0) };
}

Deno.test("a match goes through zones, lines, presence, a heat map and an alert, and the counts are those of the truth", async () => {
  const [seconds, fps] = [4, 10];
  const { results, alerts, events, status } = await run({
    id: "pitch",
    source: { kind: "scene", scene: "pitch", seed: 7, pace: "fast", fps, seconds, ...SIZE },
    pipeline: [
      { model: "weir-pitch" },
      { analyzer: "track" },
      { analyzer: "zones", of: PEOPLE, zones: { gate: { points: GATE } }, enterMs: 0 },
      { analyzer: "lines", of: PEOPLE, lines: { half: { from: [0.5, 0], to: [0.5, 1] } } },
      { analyzer: "presence", of: "detect.player" },
      { analyzer: "heatmap", of: PEOPLE, everyS: 1 },
      { analyzer: "alert", when: "zones.gate.count > 1 && presence.has_player", message: "{zones.gate.count} inside" },
    ],
  });
  assert.equal(status.frames.completed, seconds * fps);
  const scene = createPitchScene({ seed: 7, fps, ...SIZE });
  let [found, asked, wrong] = [0, 0, 0];
  for (const { outputs } of results) {
    const { gate } = outputs.zones as { gate: ZoneReading };
    const isInside = ([x, y, width, height]: readonly number[]) =>
      insidePolygon([x + width / 2, Math.min(y + height, SIZE.height - 0.01)], gate.points);
    const people = (outputs.detect as ModelOutput).detections!.filter(({ label }) => PEOPLE.includes(label));
    assert.equal(gate.count, people.filter(({ box }) => isInside(box)).length);
    assert.equal(gate.entered, gate.left + gate.inside);
    const truth = scene.next().truth.objects.filter((one) => PEOPLE.includes(one.class) && one.visible > 0.5);
    const inside = truth.filter(({ box }) => isInside(box)).length;
    found += gate.count;
    asked += inside;
    wrong += Math.abs(gate.count - inside);
  }
  assert.ok(asked > 100 && wrong < 0.2 * asked, `${found} counted, ${asked} were there, ${wrong} wrong`);
  const last = results.at(-1)!.outputs as Record<string, Record<string, unknown>>;
  assert.equal(last.presence.has_player, true);
  assert.ok(last.presence.appearances === 1);
  const maps = results.filter(({ outputs }) => "heatmap" in outputs);
  assert.equal(maps.length, seconds);
  assert.equal(alerts.length, 1);
  const [alert] = alerts;
  assert.match(alert.message, /^\d+ inside$/);
  const before = events[events.indexOf(alert) - 1] as ResultEnvelope;
  assert.deepEqual([before.type, before.seq, before.pts], ["result", alert.seq, alert.pts]);
  const { width, height, jpeg } = alert.picture!;
  assert.deepEqual([width, height], [640, 360]);
  assert.deepEqual(jpegSize(Buffer.from(jpeg, "base64")), { width, height });
});

Deno.test("a still picture costs inference at the idle rate only, and every frame held back is accounted for", () =>
  inDirectory(async (directory) => {
    const [model, clip] = [join(directory, "tiny.onnx"), join(directory, "clip.mp4")];
    await Deno.writeFile(model, tinyDetector());
    // Ten seconds of nothing but noise, two of a square that moves, ten of nothing again.
    const [fps, side] = [10, 96];
    const writer = VideoWriter.open(clip, { width: side, height: side, fps, crf: 16 });
    for (let n = 0; n < 220; n++) {
      const rgb = new Uint8Array(side * side * 3).map((_, index) => 90 + ((index * 31 + n * 17) % 5));
      if (n >= 100 && n < 120) {
        for (let y = 30; y < 60; y++) {
          rgb.fill(230, (y * side + 3 * (n - 100)) * 3, (y * side + 3 * (n - 100) + 30) * 3);
        }
      }
      writer.write({ rgb }, (n * 1e6) / fps);
    }
    writer.close();
    const { status, results, runs } = await run({
      id: "gate",
      source: { kind: "file", path: clip },
      pipeline: [{ analyzer: "motion", idleEveryMs: 2000, holdMs: 500 }, { model, name: "detect" }],
    });
    const times = results.map(({ pts }) => pts);
    const between = (from: number, to: number) => times.filter((pts) => pts >= from && pts < to).length;
    assert.equal(runs, results.length);
    assert.equal(between(0, 10), 5, `${times}`);
    assert.equal(between(10, 12), 20, `${times}`);
    assert.ok(between(12.7, 22) <= 6, `${times}`);
    assert.deepEqual([status.frames.completed, status.frames.dropped.sampled], [results.length, 220 - results.length]);
    const { moving, held } = results.at(-1)!.outputs.motion as { moving: boolean; held: number };
    assert.ok(!moving && held > 150, `${held}`);
  }));

Deno.test("the same frames give the same answers, motion, alerts and their pictures, byte for byte", async () => {
  const once = async () => {
    const { results, alerts } = await run({
      id: "counter",
      source: { kind: "scene", scene: "counter", seed: 5, pace: "fast", fps: 10, seconds: 3, width: 320, height: 180 },
      pipeline: [
        { analyzer: "motion", gate: false },
        { analyzer: "counter" },
        { analyzer: "alert", when: "counter.value % 10 == 0", cooldownS: 0, picture: { width: 200 } },
      ],
    });
    const told = alerts.map(({ at: _at, ...rest }) => rest);
    return { told, text: JSON.stringify([results.map(({ seq, pts, outputs }) => ({ seq, pts, outputs })), told]) };
  };
  const [first, second] = [await once(), await once()];
  assert.equal(first.text, second.text);
  assert.deepEqual(first.told.map(({ pts, seq }) => [pts, seq]), [[0, 1], [1, 11], [2, 21]]);
  assert.ok(first.told.every(({ picture }) => picture?.width === 200 && picture.jpeg.length > 1000));
});
