import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LineSplitter } from "../../src/cli/parent/line_splitter.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { spawnWeir } from "../support/command_line.ts";
import { inDirectory } from "../support/in_directory.ts";
import { skip } from "../support/skip.ts";

const SOURCE = fileURLToPath(new URL("../support/v4l2_camera.c", import.meta.url));

/** The library that stands in for a camera's driver; undefined where it cannot be made. FFmpeg's own reader talks to it. */
async function driver(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const folder = await Deno.makeTempDir({ prefix: "weir-camera-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const library = join(folder, "camera.so");
  const args = ["-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, SOURCE];
  const made = await new Deno.Command("cc", { args, stderr: "null" }).output().catch(() => undefined);
  return made?.success ? library : undefined;
}

const library = await driver();

/** A test with a camera whose manners are in its file. */
function cameraTest(name: string, body: (camera: string, config: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: skip(name, library !== undefined, "Linux, cc and linux/videodev2.h"),
    fn: () => inDirectory((folder) => body(join(folder, "video0"), join(folder, "weir.json"))),
  });
}

/** What a run has said so far. */
interface Said {
  results: ResultEnvelope[];
  complaints: string;
}

/** Runs sources until `enough` of what they say holds, or until they end by themselves. */
async function run(camera: string, args: string[], enough: (said: Said) => boolean | Promise<boolean>) {
  const child = spawnWeir(["run", ...args], { WEIR_TEST_CAMERA: camera, LD_PRELOAD: library! });
  // Whoever waits in vain shall see what was said.
  const patience = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const said: Said = { results: [], complaints: "" };
  let interrupted = false;
  const look = async () => {
    if (interrupted || !await enough(said) || interrupted) return;
    interrupted = true;
    child.kill("SIGINT");
  };
  const lines = new LineSplitter((line) => line !== "" && said.results.push(JSON.parse(line)));
  await Promise.all([
    hear(child.stdout, (bytes) => lines.push(bytes), look),
    hear(child.stderr, (bytes) => said.complaints += new TextDecoder().decode(bytes), look),
  ]);
  const { code } = await child.status;
  clearTimeout(patience);
  return { code, ...said };
}

async function hear(from: ReadableStream<Uint8Array>, push: (bytes: Uint8Array) => void, look: () => Promise<void>) {
  for await (const bytes of from) {
    push(bytes);
    await look();
  }
}

cameraTest("a USB camera gives pictures of the size and at the rate that it is asked for", async (camera, config) => {
  await Deno.writeTextFile(camera, "");
  const source = { kind: "camera", device: camera, width: 320, height: 240, fps: 15 };
  await Deno.writeTextFile(config, JSON.stringify({ streams: [{ id: "desk", source }] }));
  const { code, complaints, results } = await run(camera, ["--config", config], ({ results }) => results.length >= 20);
  assert.equal(code, 0, complaints);
  assert.match(complaints, /errors +none/);
  for (const { frame, pts } of results) {
    assert.deepEqual(frame, { width: 320, height: 240 });
    assert.ok(Math.abs(pts * 15 - Math.round(pts * 15)) < 0.01, `a frame at ${pts} s`);
  }
});

cameraTest("a USB camera that is pulled out is waited for, and goes on when it is back", async (camera) => {
  await Deno.writeTextFile(camera, "");
  let step: "there" | "gone" | "back" = "there";
  const { code, complaints } = await run(camera, [`camera:${camera}`], async ({ results, complaints }) => {
    if (step === "there" && results.length > 0) {
      step = "gone";
      await Deno.remove(camera);
    } else if (step === "gone" && /backoff: Cannot open camera/.test(complaints)) {
      step = "back";
      await Deno.writeTextFile(camera, "");
    }
    return results.at(-1)?.epoch === 2;
  });
  assert.equal(code, 0, complaints);
  assert.match(complaints, /backoff: Cannot read .*video0: No such device; next attempt in/);
  assert.match(complaints, /backoff: Cannot open camera .*video0: .*; next attempt in/);
});

cameraTest("a USB camera that others hold, or that one may not open, is told as that", async (camera) => {
  await Deno.writeTextFile(camera, "busy");
  const busy = await run(camera, [`camera:${camera}`], ({ complaints }) => /backoff/.test(complaints));
  assert.equal(busy.code, 1);
  assert.match(busy.complaints, /backoff: Cannot open .*video0: Device or resource busy; next attempt in/);
  await Deno.writeTextFile(camera, "denied");
  const denied = await run(camera, [`camera:${camera}`], () => false);
  assert.equal(denied.code, 1);
  assert.match(denied.complaints, /failed: Cannot open .*video0: Permission denied/);
});

for (const encoding of ["yuyv", "mjpeg"]) {
  cameraTest(`a USB camera that never shows anything of its ${encoding} ends in its time`, async (camera, config) => {
    await Deno.writeTextFile(camera, `silent ${encoding}`);
    const source = { kind: "camera", device: camera, openTimeoutMs: 1000, readTimeoutMs: 1000 };
    const other = { kind: "camera", format: "lavfi", device: "testsrc2=size=64x64:rate=25,realtime" };
    const streams = [{ id: "mute", source }, { id: "other", source: other }];
    await Deno.writeTextFile(config, JSON.stringify({ streams }));
    const { code, complaints, results } = await run(
      camera,
      ["--config", config],
      ({ complaints, results }) =>
        /mute: backoff: Cannot (open|read) .*video0: (no answer|nothing came) in time; next/.test(complaints) &&
        results.length > 10,
    );
    assert.equal(code, 1, complaints);
    assert.match(complaints, /^other .*\n +state +stopped after/m);
    assert.ok(results.every(({ stream, epoch }) => stream === "other" && epoch === 1), complaints);
  });
}
