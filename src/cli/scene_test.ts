import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RecordingSink } from "../../tests/support/recording_sink.ts";
import { parseSourceConfig, sourceNamed } from "../../streams/sources/registry.ts";
import { Counter } from "../analyzers/counter.ts";
import { sceneCommand } from "./scene.ts";
import { UsageError } from "./usage_error.ts";

const folder = Deno.makeTempDirSync({ prefix: "weir-scene-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

Deno.test("a clip and its truth are written together, frame by frame", async () => {
  const out = join(folder, "p.mp4"), truth = join(folder, "p.jsonl");
  const size = ["--size", "320x180", "--fps", "10", "--seconds", "2", "--quiet"];
  assert.equal(await sceneCommand(["pitch", "--seed", "3", "--out", out, "--truth", truth, ...size]), 0);
  const lines = readFileSync(truth, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ frame }) => frame), Array.from({ length: 20 }, (_, n) => n));
  const sink = new RecordingSink({ blind: true });
  const config = parseSourceConfig({ kind: "file", path: out });
  const end = await sourceNamed("file").open(config, { stream: "test" }).run(sink, new AbortController().signal);
  assert.equal(end, "ended");
  assert.deepEqual(sink.frames.map(({ info }) => info.ptsUs), lines.map(({ ptsUs }) => ptsUs));
  assert.deepEqual([sink.opens[0].width, sink.opens[0].height, sink.opens[0].fps], [320, 180, 10]);

  const again = join(folder, "again.jsonl");
  assert.equal(await sceneCommand(["pitch", "--seed", "3", "--truth", again, ...size]), 0);
  assert.equal(readFileSync(again, "utf8"), readFileSync(truth, "utf8"));
});

for (const [size, fps] of [["640x360", 25], ["320x180", 10]] as const) {
  Deno.test(`the counter of a ${size} clip survives H.264 at a low bitrate`, async () => {
    const out = join(folder, `counter-${size}.mp4`);
    const options = ["--size", size, "--fps", String(fps), "--seconds", "3", "--crf", "35", "--quiet"];
    assert.equal(await sceneCommand(["counter", "--out", out, ...options]), 0);
    const values: (number | undefined)[] = [];
    const counter = new Counter();
    const sink = new RecordingSink({
      blind: true,
      onDecoded(info, picture) {
        const { width, height } = picture;
        values.push(counter.push({ info, width, height, outputs: {}, picture })?.value);
      },
    });
    const config = parseSourceConfig({ kind: "file", path: out });
    await sourceNamed("file").open(config, { stream: "test" }).run(sink, new AbortController().signal);
    assert.deepEqual(values, Array.from({ length: 3 * fps }, (_, n) => n));
  });
}

Deno.test("what cannot be rendered as typed is refused with what to type, and nothing is written", async () => {
  const out = join(folder, "never.mp4");
  const cases: [string[], RegExp][] = [
    [[], /wants a scene; there are: pitch, counter/],
    [["pich", "--out", out], /no scene pich; did you mean pitch\?/],
    [["moonlight", "--out", out], /no scene moonlight; there are: pitch, counter/],
    [["pitch", "counter", "--out", out], /what is "counter"/],
    [["pitch"], /--out, --truth or both/],
    [["pitch", "--out", out, "--size", "huge"], /--size.*1280x720.*"huge"/],
    [["pitch", "--out", out, "--size", "321x181"], /even/],
    [["pitch", "--out", out, "--seconds", "0"], /--seconds/],
    [["pitch", "--out", out, "--seed", "1.5"], /--seed.*whole/],
    [["pitch", "--out", out, "--sead", "1"], /--sead.*--seed/],
    [["pitch", "--out", out, "--truth", out], /same file/],
    [["pitch", "--out", join(folder, "absent", "p.mp4")], /no folder/],
  ];
  for (const [args, words] of cases) {
    await assert.rejects(sceneCommand(args), (error: Error) => {
      assert.ok(error instanceof UsageError, `${args}: ${error}`);
      assert.match(error.message, words);
      return true;
    });
  }
  await assert.rejects(sceneCommand(["pitch", "--out", join(folder, "p.xyz")]), /\.xyz|extension/);
  assert.ok(!existsSync(out));
});

Deno.test("a file that exists is kept unless it is to be overwritten", async () => {
  const truth = join(folder, "kept.jsonl");
  Deno.writeTextFileSync(truth, "mine");
  const args = ["counter", "--truth", truth, "--seconds", "0.2", "--size", "64x64", "--quiet"];
  await assert.rejects(sceneCommand(args), /exists already; --force/);
  assert.equal(readFileSync(truth, "utf8"), "mine");
  assert.equal(await sceneCommand([...args, "--force"]), 0);
  assert.equal(readFileSync(truth, "utf8").trimEnd().split("\n").length, 5);
});
