import assert from "node:assert/strict";
import { join } from "node:path";
import { parseFlags } from "./flags.ts";
import { runHelp } from "./run_flags.ts";
import { planRun } from "./run_plan.ts";
import { UsageError } from "./usage_error.ts";

function plan(...args: string[]) {
  const { positionals, flags } = parseFlags(runHelp, args);
  return planRun(positionals, flags);
}

async function refuses(args: string[], message: RegExp): Promise<void> {
  const fits = (error: unknown) => error instanceof UsageError && message.test(error.message);
  await assert.rejects(plan(...args), fits, args.join(" "));
}

Deno.test("a source gets a name that a person would give it, and two of a name are told apart", async () => {
  const ids = async (...sources: string[]) =>
    (await plan(...sources, "--model", "m")).streams.map(({ registration }) => registration.id);
  assert.deepEqual(await ids("/videos/my match.mp4", "/other/my match.mp4"), ["my-match", "my-match-2"]);
  assert.deepEqual(await ids("rtsp://user:secret@cam.local/main"), ["cam.local-main"]);
  assert.deepEqual(await ids("camera:0"), ["camera-0"]);
});

Deno.test("credentials of a source are nowhere in what is shown of it", async () => {
  const { streams } = await plan("rtsp://user:secret@cam.local/main", "--model", "m");
  assert.ok(!streams[0].source.includes("secret"), streams[0].source);
  assert.equal(streams[0].registration.source.url, "rtsp://user:secret@cam.local/main");
});

Deno.test("options become the registration", async () => {
  const { streams, options, durationMs } = await plan(
    ...["a.mp4", "--model", "m.onnx", "--min-score", "0.4", "--fps", "5", "--mode", "drop-oldest", "--max-age", "300"],
    ...[
      "--id",
      "gate",
      "--threads",
      "2",
      "--replicas",
      "3",
      "--device",
      "cpu",
      "--duration",
      "1.5",
      "--realtime",
      "--loop",
    ],
  );
  const [{ registration }] = streams;
  assert.equal(registration.id, "gate");
  assert.deepEqual(registration.source, { kind: "file", path: "a.mp4", pace: "realtime", loop: true });
  assert.deepEqual(registration.pipeline, [{ model: "m.onnx", minScore: 0.4 }]);
  assert.deepEqual(registration.policy, { mode: "drop-oldest", fps: 5, maxAgeMs: 300, weight: 1, capacity: 8 });
  assert.deepEqual(options, { streamWorkers: 1, replicas: 3, threads: 2, device: "cpu" });
  assert.equal(durationMs, 1500);
});

Deno.test("several models get a name each, since two detectors would share their task's", async () => {
  const { pipeline } =
    (await plan("a.mp4", "--model", "x/yolo.onnx", "--model", "y/yolo.onnx")).streams[0].registration;
  assert.deepEqual(pipeline, [{ model: "x/yolo.onnx", name: "yolo" }, { model: "y/yolo.onnx", name: "yolo-2" }]);
});

Deno.test("the built-in model is used for the pitch, and said", async () => {
  const { streams, notices } = await plan("scene:pitch");
  assert.deepEqual(streams[0].registration.pipeline, [{ model: "weir-pitch" }]);
  assert.match(notices[0], /weir-pitch/);
  assert.match((await plan("a.mp4")).notices[0], /no --model/);
});

Deno.test("a deterministic run makes every frame count and refuses what goes by the clock", async () => {
  const { streams, keeps, options } = await plan("a.mp4", "--model", "m", "--deterministic");
  assert.equal(streams[0].registration.policy.mode, "block");
  assert.deepEqual([...keeps], ["a"]);
  assert.equal(options.deterministic, true);
  const scene = await plan("scene:pitch?seconds=2", "--deterministic");
  assert.equal(scene.streams[0].registration.source.pace, "fast", "a scene is not held to its own pace");
  for (
    const option of [["--mode", "latest"], ["--max-age", "5"], ["--realtime"], ["--duration", "1"], ["--threads", "2"]]
  ) {
    await refuses(["a.mp4", "--deterministic", ...option], /--deterministic/);
  }
  await refuses(["a.mp4", "b.mp4", "--deterministic"], /one source/);
  await refuses(["rtsp://cam/1", "--deterministic"], /rtsp:\/\/cam\/1/);
});

Deno.test("what cannot be carried out is refused before anything starts", async () => {
  await refuses([], /wants a source/);
  await refuses(["gopher://x/y"], /gopher/);
  await refuses(["a.mp4", "b.mp4", "--id", "x"], /--id/);
  await refuses(["a.mp4", "b.mp4", "--video", "v.mp4"], /--video/);
  await refuses(["rtsp://cam/1", "--loop"], /--loop is for files/);
  await refuses(["a.mp4", "--id", "not a name"], /^Cannot run a\.mp4: .*id: /);
  await refuses(["a.mp4", "--analyze", "fortune"], /pipeline\[0\]\.analyzer: /);
  await refuses(["a.mp4", "--analyze", "track?method=guess"], /method/);
  await refuses(["a.mp4", "--analyze", "zones:{"], /wants a JSON object after zones:/);
  await refuses(["a.mp4", "--analyze", "zones:[1]"], /wants a JSON object after zones:/);
});

Deno.test("an analyzer's options come as an address carries them", async () => {
  const { streams: [{ registration }] } = await plan(
    "a.mp4",
    "--analyze",
    "track?method=ocsort&keepMs=2000&acrossClasses=true",
  );
  const step = { analyzer: "track", method: "ocsort", keepMs: 2000, acrossClasses: true };
  assert.deepEqual({ ...registration.pipeline[0], ...step }, registration.pipeline[0]);
});

Deno.test("an analyzer's options come as JSON where they are more than words", async () => {
  const zones = { gate: { points: [[0, 0], [1, 0], [1, 1]] } };
  const { streams: [{ registration }] } = await plan("a.mp4", "--analyze", `zones:${JSON.stringify({ zones })}`);
  assert.deepEqual(registration.pipeline.at(-1), { analyzer: "zones", zones });
});

Deno.test("a file that exists is not overwritten unless that is wanted, and the folder must be there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "r.jsonl");
    assert.equal((await plan("a.mp4", "--out", out)).out?.partialPath, join(folder, "r.partial.jsonl"));
    await Deno.writeTextFile(out, "precious");
    await refuses(["a.mp4", "--out", out], /exists already; --force/);
    assert.equal((await plan("a.mp4", "--out", out, "--force")).out?.path, out);
    await refuses(["a.mp4", "--out", folder, "--force"], /not a file/);
    await refuses(["a.mp4", "--video", join(folder, "none", "v.mp4")], /no folder/);
    assert.equal((await plan("a.mp4", "--out", "-")).out, undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the streams of a configuration run beside those of the command line, under names of their own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const config = join(folder, "weir.yaml");
    await Deno.writeTextFile(
      config,
      "streams:\n  - { id: a, source: { kind: file, path: x.mp4 }, pipeline: [{ model: m }] }\n",
    );
    const { streams } = await plan("a.mp4", "--model", "m", "--config", config);
    assert.deepEqual(streams.map(({ registration: { id, source } }) => [id, source.path]), [["a", "x.mp4"], [
      "a-2",
      "a.mp4",
    ]]);
    await Deno.writeTextFile(config, "streams:\n  - { id: a, source: { kind: file } }\n");
    await refuses(["--config", config], /streams\[0\]\.source\.path: /);
    await Deno.writeTextFile(config, "");
    await refuses(["--config", config], /There is no stream in/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("of the models that a configuration declares, those that a stream uses are taken along", async () => {
  const folder = await Deno.makeTempDir({ prefix: "weir-plan-" });
  try {
    const path = join(folder, "weir.yaml");
    const source = { kind: "file", path: "a.mp4" };
    const models = [{ model: "a.onnx", name: "people", replicas: 2 }, { model: "b.onnx" }, { model: "c.onnx" }];
    const pipeline = [{ model: "people", name: "one" }, { model: "b.onnx", name: "two" }];
    await Deno.writeTextFile(path, JSON.stringify({ models, streams: [{ id: "gate", source, pipeline }] }));
    assert.deepEqual((await plan("--config", path)).models, models.slice(0, 2));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
