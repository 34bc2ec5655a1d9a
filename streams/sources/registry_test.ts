import assert from "node:assert/strict";
import { parseSource, parseSourceConfig, sourceNamed, sources } from "./registry.ts";

Deno.test("every source has a name of its own, a line about itself, and finds itself by name", () => {
  assert.equal(new Set(sources.map(({ kind }) => kind)).size, sources.length);
  for (const plugin of sources) {
    assert.match(plugin.kind, /^[a-z]+$/);
    assert.ok(plugin.describe.length > 10 && !plugin.describe.includes("\n"));
    assert.equal(sourceNamed(plugin.kind), plugin);
  }
  assert.throws(() => sourceNamed("telepathy"), /no source called telepathy; there are: .*file/);
});

Deno.test("every source refuses options that it does not know", () => {
  for (const { kind, schema } of sources) {
    assert.ok(
      !schema.safeParse({ kind, path: "a", url: "rtsp://a/b", device: "0", scene: "pitch", nonsense: 1 }).success,
    );
  }
});

Deno.test("a word on the command line finds its source", () => {
  assert.deepEqual(parseSource("match.mp4"), { kind: "file", path: "match.mp4", pace: "fast", loop: false });
  assert.deepEqual(parseSource("./a dir/b:c.mkv").kind, "file");
  assert.deepEqual(parseSource("file:///videos/my%20match.mp4").path, "/videos/my match.mp4");
  assert.deepEqual(parseSource("C:\\videos\\a.mp4").kind, "file");
  assert.equal(parseSource("camera:1").device, "1");
  assert.throws(() => parseSource("gopher://host/1"), /Nothing here opens "gopher:\/\/host\/1"; there are: camera/);
});

Deno.test("a configuration is checked by its own source, and the complaint names the field", () => {
  assert.deepEqual(parseSourceConfig({ kind: "file", path: "a.mp4", loop: true }), {
    kind: "file",
    path: "a.mp4",
    pace: "fast",
    loop: true,
  });
  assert.throws(() => parseSourceConfig({ kind: "file" }), /Cannot use the source file: [\s\S]*path/);
  assert.throws(() => parseSourceConfig({ kind: "file", path: "a", pace: "slow" }), /pace/);
  assert.throws(() => parseSourceConfig({ path: "a" }), /needs a kind/);
  assert.throws(() => parseSourceConfig(null), /needs a kind/);
});

Deno.test("every frame of a file counts, and only the newest of a camera", () => {
  const file = sourceNamed("file");
  assert.equal(file.policy!(parseSource("a.mp4")), "block");
  assert.equal(file.policy!({ ...parseSource("a.mp4"), pace: "realtime" }), "latest");
  assert.equal(sourceNamed("camera").policy, undefined);
});

Deno.test("an address without its slashes is none: FFmpeg would find a host where nothing was checked", () => {
  for (const text of ["srt:169.254.169.254:80", "tcp:127.0.0.1:9", "udp:239.0.0.1:5000"]) {
    assert.throws(() => parseSource(text), /Nothing here opens/, text);
    assert.throws(() => parseSourceConfig({ kind: "url", url: text }), /must be an address/, text);
  }
});
