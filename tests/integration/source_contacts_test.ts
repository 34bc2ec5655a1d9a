import assert from "node:assert/strict";
import { join } from "node:path";
import { sourceRulesSchema } from "../../config/server_schema.ts";
import { parseSourceConfig, sourceNamed } from "../../streams/sources/registry.ts";
import { SourceRules } from "../../streams/sources/source_rules.ts";
import { makeClip } from "../support/clips.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import { assertFailed, assertNoPictures, rtspCamera } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";
import { file, redirect, text, Web } from "../support/web.ts";

// The rules were asked when the stream was registered. Here they are asked by the source, on its way.

const rulesWith = (options: Record<string, unknown>) => new SourceRules(sourceRulesSchema.parse(options));

const run = (source: Record<string, unknown>, rules: SourceRules) => {
  const config = parseSourceConfig(source);
  return new RtspRecorder({ pictures: 3 }).run(sourceNamed(config.kind).open(config, { stream: "test", rules }));
};

const open = (url: string, rules: SourceRules) => run({ kind: "url", url, openTimeoutMs: 3000, pace: "fast" }, rules);

/** Lets a server in by its address, and nothing else that is private. */
const hereOnly = (more: Record<string, unknown> = {}) =>
  rulesWith({ privateNetworks: false, allow: ["127.0.0.1"], ...more });

Deno.test("a camera whose name now stands for a private address is not contacted", async () => {
  await using server = await RtspRemote.start({ tracks: { t: makeTrack({}) }, cameras: { cam: { track: "t" } } });
  const url = server.url("cam").replace("127.0.0.1", "localhost");
  const strict = rulesWith({ privateNetworks: false });
  assertFailed(await new RtspRecorder().run(rtspCamera(url, {}, strict)), "denied", /localhost is .*privateNetworks/);
  const denied = rulesWith({ deny: ["localhost"] });
  assertFailed(await new RtspRecorder().run(rtspCamera(url, {}, denied)), "denied", /in sources\.deny/);
  assert.equal((await server.stats()).connections, 0);
  const named = rulesWith({ privateNetworks: false, allow: ["localhost"] });
  assert.equal(await new RtspRecorder({ pictures: 3 }).run(rtspCamera(url, {}, named)), "aborted");
  assertNoPictures();
});

Deno.test("a camera is opened at the address that was checked, not by a name that is looked up again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const asked: string[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      const bytes = new Uint8Array(2048);
      const length = await connection.read(bytes) ?? 0;
      const request = new TextDecoder().decode(bytes.subarray(0, length));
      asked.push(request.split("\r\n")[0]);
      const reply = `RTSP/1.0 ${asked.length === 1 ? "200 OK" : "404 Not Found"}\r\nCSeq: 1\r\n\r\n`;
      await connection.write(new TextEncoder().encode(reply)).catch(() => {});
      connection.close();
    }
  })();
  const url = `rtsp://localhost:${port}/cam`;
  const end = await new RtspRecorder().run(rtspCamera(url, {}, rulesWith({})));
  assert.ok(end instanceof Error);
  assert.match(end.message, /localhost/, "what people read keeps the name");
  assert.match(asked[0], new RegExp(`^OPTIONS rtsp://localhost:${port}/cam `));
  assert.match(asked[1], new RegExp(`^\\w+ rtsp://127\\.0\\.0\\.1:${port}/cam `));
  listener.close();
  await serving.catch(() => {});
});

Deno.test("redirects and playlists lead only where the server's rules let them", async (t) => {
  const clip = makeClip({ container: "ts", frames: 25, gop: 25, bframes: 0 });
  const playlist = (entry: string) =>
    text(["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1.0,", entry, "#EXT-X-ENDLIST", ""].join("\n"));
  let inside = 0;
  // Another address of this machine, which stands for a server of the house.
  const stop = new AbortController();
  const house = Deno.serve(
    { hostname: "127.0.0.2", port: 0, signal: stop.signal, onListen() {} },
    () => {
      inside++;
      return new Response("secret");
    },
  );
  const secret = `http://127.0.0.2:${house.addr.port}/secret.ts`;
  await using web = new Web({
    "clip.ts": file(clip),
    "good.m3u8": playlist("clip.ts"),
    "jump.ts": redirect(secret),
    "bad.m3u8": playlist(secret),
    "named.ts": redirect(secret.replace("127.0.0.2", "localhost")),
  });
  const refused = /sources\.privateNetworks/;
  for (const path of ["clip.ts", "good.m3u8"]) {
    await t.step(`${path} plays`, async () => {
      assert.equal(await open(web.url(path), hereOnly()), "aborted");
    });
  }
  for (const path of ["jump.ts", "bad.m3u8"]) {
    await t.step(`${path} is refused`, async () => {
      assertFailed(await open(web.url(path), hereOnly()), "denied", refused);
    });
  }
  await t.step("a name that is denied is refused even where its address is allowed", async () => {
    assertFailed(await open(web.url("named.ts"), hereOnly({ deny: ["localhost"] })), "denied", /in sources\.deny/);
  });
  await t.step("a scheme that is not listed is refused", async () => {
    assertFailed(await open(web.url("clip.ts"), hereOnly({ schemes: ["https"] })), "denied", /http is not allowed/);
  });
  assert.equal(inside, 0, "nobody asked the house");
  stop.abort();
  await house.finished;
  assertNoPictures();
});

Deno.test("what is contacted without a connection is judged by its address as well", async () => {
  for (const url of ["srt://localhost:9", "tcp://localhost:9", "rtmp://localhost:9/live"]) {
    const rules = rulesWith({ privateNetworks: false, schemes: ["srt", "tcp", "rtmp"] });
    assertFailed(await open(url, rules), "denied", /localhost is .*privateNetworks/);
  }
});

Deno.test("a link that leads out of the media root by now is not followed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const root = join(folder, "media");
    await Deno.mkdir(root);
    const clip = makeClip({ faststart: true });
    const source = { kind: "file", path: join(root, "clip.mp4") };
    const rules = rulesWith({ mediaRoot: root });
    await Deno.copyFile(clip, source.path);
    assert.equal(await run(source, rules), "aborted");
    await Deno.remove(source.path);
    assertFailed(await run(source, rules), "not_found", /there is no such file/);
    await Deno.symlink(clip, source.path);
    assertFailed(await run(source, rules), "denied", /not below the media root/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
