import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { clipFolder, makeClip, writeBytes } from "../support/clips.ts";
import { spawnWeir, weir, weirCommand } from "../support/command_line.ts";

const FRAMES = 60;
const clip = () => makeClip({ frames: FRAMES });
const model = () => writeBytes(tinyDetector(), "tiny.onnx");
const fresh = (name: string) => join(Deno.makeTempDirSync({ dir: clipFolder() }), name);

function lines(text: string): ResultEnvelope[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

interface Report {
  streams: {
    state: string;
    frames: Record<string, number> & { dropped: Record<string, number> };
    inference: { count: number; min: number; max: number };
    errors: unknown[];
  }[];
}

function conserved({ frames }: Report["streams"][number]): boolean {
  const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
  return frames.received === frames.completed + dropped + frames.inFlight && frames.unaccounted === 0;
}

Deno.test("a file gives one line for every frame, and a report in which every frame is accounted for", async () => {
  const report = fresh("report.json");
  const { code, stdout, stderr } = await weir("run", clip(), "--model", model(), "--json-report", report);
  assert.equal(code, 0, stderr);
  const results = lines(stdout);
  assert.equal(results.length, FRAMES);
  for (const { v, type, ageMs, timings, frame, outputs } of results) {
    assert.deepEqual({ v, type }, { v: 1, type: "result" });
    assert.ok(ageMs! > 0 && timings!.inferMs > 0);
    assert.deepEqual(frame, { width: 320, height: 240 });
    assert.ok(Array.isArray((outputs.detect as { detections: unknown[] }).detections));
  }
  const [stream] = (JSON.parse(await Deno.readTextFile(report)) as Report).streams;
  assert.equal(stream.state, "stopped");
  assert.ok(conserved(stream));
  assert.equal(stream.frames.completed, FRAMES);
  assert.equal(stream.inference.count, FRAMES);
  assert.ok(stream.inference.min <= stream.inference.max);
  assert.deepEqual(stream.errors, []);
  assert.match(stderr, /60 received, 60 completed, 0 dropped/);
  assert.match(stderr, /fps overall, .* fps effective/);
});

Deno.test("a deterministic run gives the same bytes twice, and nothing in them depends on the clock", async () => {
  const args = ["run", clip(), "--model", model(), "--deterministic", "--quiet"];
  const first = await weir(...args);
  assert.deepEqual({ code: first.code, stderr: first.stderr }, { code: 0, stderr: "" });
  assert.equal(lines(first.stdout).length, FRAMES);
  const keys = new Set(lines(first.stdout).flatMap((result) => Object.keys(result)));
  assert.deepEqual([...keys].sort(), ["epoch", "frame", "outputs", "pts", "seq", "stream", "type", "v"]);
  assert.equal((await weir(...args)).stdout, first.stdout);
});

Deno.test("sampling takes every nth frame and counts the others", async () => {
  const { stdout, stderr } = await weir("run", clip(), "--model", model(), "--every", "5");
  assert.equal(lines(stdout).length, FRAMES / 5);
  assert.match(stderr, /48 sampled/);
});

Deno.test("results and an annotated video take their names when they are complete, and overwrite nothing", async () => {
  const [out, video] = [fresh("r.jsonl"), fresh("v.mp4")];
  const args = ["run", clip(), "--model", model(), "--out", out, "--video", video];
  const { code, stdout, stderr } = await weir(...args);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" }, stderr);
  const written = await Deno.readTextFile(out);
  assert.equal(lines(written).length, FRAMES);
  const again = await weir(...args);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists already; --force/);
  assert.equal(await Deno.readTextFile(out), written);
  // The video is one that Weir itself can play, with as many frames.
  const played = await weir("run", video);
  assert.equal(played.code, 0, played.stderr);
  assert.equal(lines(played.stdout).length, FRAMES);
  assert.equal((await weir(...args, "--force")).code, 0);
});

Deno.test("a file that is not there fails with its cause, and leaves nothing behind", async () => {
  const out = fresh("r.jsonl");
  const { code, stdout, stderr } = await weir("run", "/nowhere/none.mp4", "--model", model(), "--out", out);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /failed: Cannot open \/nowhere\/none\.mp4: /);
  assert.deepEqual([...Deno.readDirSync(join(out, ".."))], []);
});

Deno.test("a model that is not there, or is not one, is refused with the reason", async () => {
  const out = fresh("r.jsonl");
  const none = await weir("run", clip(), "--model", "/nowhere/none.onnx", "--out", out);
  assert.deepEqual([...Deno.readDirSync(join(out, ".."))], []);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^weir: Cannot find model \/nowhere\/none\.onnx/m);
  const text = writeBytes(new TextEncoder().encode("not a model"), "text.onnx");
  const wrong = await weir("run", clip(), "--model", text);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /text\.onnx/);
});

Deno.test("a camera that cannot be reached is retried, and its password is nowhere in what is said", async () => {
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr as Deno.NetAddr;
  closed.close();
  const url = `rtsp://user:geheim@127.0.0.1:${port}/x`;
  const { code, stdout, stderr } = await weir("run", url, "--model", model(), "--duration", "5");
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /backoff: Cannot open rtsp:\/\/\*\*\*@127\.0\.0\.1:\d+\/x: .*refused; next attempt in/);
  assert.ok(!stderr.includes("geheim"));
});

Deno.test("results that cannot be written fail the run", { ignore: Deno.build.os !== "linux" }, async () => {
  const [program, ...args] = weirCommand(["run", clip(), "--model", model()]);
  const line = [program, ...args].map((word) => `'${word}'`).join(" ");
  const { code, stderr } = await new Deno.Command("sh", { args: ["-c", `${line} > /dev/full`] }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /Cannot write results to standard output: No space left/);
});

Deno.test("a reader that has seen enough ends the run quietly", async () => {
  const child = spawnWeir(["run", clip(), "--model", model(), "--loop"]);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.equal(JSON.parse(new TextDecoder().decode(value).split("\n")[0]).type, "result");
  await reader.cancel();
  const complaint = new Response(child.stderr).text();
  assert.equal((await child.status).code, 0);
  assert.equal(await complaint, "");
});

Deno.test(
  "the first interrupt lets frames under way finish and reports",
  { ignore: Deno.build.os === "windows" },
  async () => {
    const report = fresh("report.json");
    const options = ["--realtime", "--loop", "--json-report", report];
    const child = spawnWeir(["run", clip(), "--model", model(), ...options]);
    const text = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await text.read();
    child.kill("SIGINT");
    let stdout = value!;
    for (let part = await text.read(); !part.done; part = await text.read()) stdout += part.value;
    const stderr = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 0, stderr);
    const [stream] = (JSON.parse(await Deno.readTextFile(report)) as Report).streams;
    assert.ok(conserved(stream));
    assert.equal(stream.frames.inFlight, 0);
    assert.equal(lines(stdout).length, stream.frames.completed);
    assert.match(stderr, /state +stopped after/);
  },
);

Deno.test("a second interrupt ends a run that cannot end", { ignore: Deno.build.os === "windows" }, async () => {
  const child = spawnWeir(["run", clip(), "--model", model(), "--loop", "--duration", "1"]);
  // Nobody reads: once the pipe is full, what is left can never be written.
  const complaint = new Response(child.stderr).text();
  const interrupts = setInterval(() => child.kill("SIGINT"), 3000);
  const { code } = await child.status;
  clearInterval(interrupts);
  await child.stdout.cancel();
  assert.equal(code, 130, await complaint);
});

/** `script`, which gives a program a terminal of its own; part of every Linux. */
const script = ["/usr/bin/script", "/bin/script"].find((path) => existsSync(path));
if (!script) Deno.stderr.writeSync(new TextEncoder().encode("skipped: the status line wants a Linux script(1)\n"));

Deno.test("somebody who watches sees the state, the progress and the figures, redrawn in place", {
  ignore: Deno.build.os !== "linux" || !script,
}, async () => {
  const words = weirCommand(["run", clip(), "--model", model(), "--realtime", "--out", fresh("r.jsonl")]);
  const line = `stty cols 160 rows 40; ${words.map((word) => `'${word}'`).join(" ")}`;
  const { code, stdout } = await new Deno.Command(script!, {
    args: ["-qec", line, "/dev/null"],
    stdin: "null",
    stdout: "piped",
  }).output();
  const seen = new TextDecoder().decode(stdout);
  assert.equal(code, 0, seen);
  assert.match(seen, /running {2}\[#*-*\] +\d+% {2}ETA [\d.]+s {2}\d+\.\d fps in, \d+\.\d out/);
  assert.ok(seen.split("\r\x1b[2K").length > 3, "redrawn in place");
  assert.match(seen, /60 received, \d+ completed/);
});

Deno.test("several sources run side by side, each under its name and with its report", async () => {
  const other = makeClip({ frames: 30, width: 160, height: 120 });
  const { code, stdout, stderr } = await weir("run", clip(), other, "--model", model());
  assert.equal(code, 0, stderr);
  const counts = Map.groupBy(lines(stdout), ({ stream }) => stream);
  assert.deepEqual([...counts.values()].map(({ length }) => length).sort(), [30, FRAMES].sort());
  for (const id of counts.keys()) assert.match(stderr, new RegExp(`^${id} \\(`, "m"));
});
