import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { basename } from "node:path";
import type { Source } from "../../src/core/source.ts";
import { parseSourceConfig, sourceNamed } from "../../streams/sources/registry.ts";
import { freeTcpPort } from "../support/gate.ts";
import { makeClip, makeSound, truncated } from "../support/clips.ts";
import { flatJpegTrack } from "../support/flat_jpeg.ts";
import { assertFailed, assertNoPictures, SECRET } from "../support/rtsp_camera.ts";
import { selfSignedCertificate } from "../support/rtsp_certificate.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";
import { file, redirect, type Reply, text, Web } from "../support/web.ts";

function open(address: string, options: Record<string, unknown> = {}): Source {
  // Only who waits for nothing needs an early end; the others must not meet it on a busy machine.
  const limits = { openTimeoutMs: 60_000, readTimeoutMs: 60_000, pace: "fast" };
  const config = parseSourceConfig({ kind: "url", url: address, ...limits, ...options });
  assert.ok(!sourceNamed("url").redacted(config).includes(SECRET));
  return sourceNamed("url").open(config, { stream: "test" });
}

const counted = (length: number) => Array.from({ length }, (_, index) => index);

/** A playlist of two transport streams of 25 frames each, and what it names. */
function hls(end = true): { playlist: string; segments: Record<string, Reply> } {
  const paths = [0, 1].map((part) => makeClip({ container: "ts", frames: 25, gop: 25, bframes: 0, crf: 20 + part }));
  const lines = paths.flatMap((path) => ["#EXT-X-DISCONTINUITY", "#EXTINF:1.0,", basename(path)]);
  const head = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"];
  return {
    playlist: [...head, ...lines, ...(end ? ["#EXT-X-ENDLIST"] : []), ""].join("\n"),
    segments: Object.fromEntries(paths.map((path) => [`vod/${basename(path)}`, file(path)])),
  };
}

Deno.test("a file over HTTP is played to its end, whether its index stands in front or behind", async (t) => {
  for (const faststart of [true, false]) {
    await t.step(faststart ? "in front" : "behind", async () => {
      await using web = new Web({ "clip.mp4": file(makeClip({ faststart })) });
      const recorder = new RtspRecorder({ indexes: true });
      assert.equal(await recorder.run(open(web.url("clip.mp4"))), "ended");
      assert.deepEqual(recorder.indexes, counted(50));
      const [properties] = recorder.opens;
      assert.equal(properties.live, false);
      assert.equal(properties.frames, 50);
      assert.ok(Math.abs(properties.durationMs! - 2000) < 100);
    });
  }
  assertNoPictures();
});

Deno.test("a file is played at the speed it was made unless it is to be fast", async () => {
  await using web = new Web({ "clip.mp4": file(makeClip({ faststart: true })) });
  const started = performance.now();
  const recorder = new RtspRecorder({ pictures: 26 });
  assert.equal(await recorder.run(open(web.url("clip.mp4"), { pace: "realtime" })), "aborted");
  assert.ok(performance.now() - started > 900, "a second of video takes a second");
});

Deno.test("a file that ends before its time is truncated, not at its end", async () => {
  await using web = new Web({ "cut.mp4": file(truncated(makeClip({ faststart: true }), 0.6)) });
  const recorder = new RtspRecorder();
  assertFailed(await recorder.run(open(web.url("cut.mp4", `u:${SECRET}`))), "truncated");
  assert.ok(recorder.pictures > 0);
});

Deno.test("HLS is played across its segments to its end", async () => {
  const { playlist, segments } = hls();
  const master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nvod/index.m3u8\n";
  await using web = new Web({ "master.m3u8": text(master), "vod/index.m3u8": text(playlist), ...segments });
  const recorder = new RtspRecorder({ indexes: true });
  assert.equal(await recorder.run(open(web.url("master.m3u8"))), "ended");
  assert.deepEqual(recorder.indexes, [...counted(25), ...counted(25)]);
  assert.equal(recorder.opens[0].live, false);
});

Deno.test("HLS without an end is live, and fails when nothing new comes", async () => {
  const { playlist, segments } = hls(false);
  await using web = new Web({ "vod/index.m3u8": text(playlist), ...segments });
  const recorder = new RtspRecorder();
  const end = await recorder.run(open(web.url("vod/index.m3u8"), { readTimeoutMs: 1500 }));
  assertFailed(end, "timeout");
  assert.equal(recorder.opens[0].live, true);
  // The last frame is whole only when another one begins.
  assert.ok(recorder.pictures >= 49, `${recorder.pictures} pictures`);
});

Deno.test("a playlist leads nowhere that the rules refuse", async (t) => {
  await using inside = new Web({ "secret.ts": file(makeClip({ container: "ts" })) });
  const entries = {
    "another scheme": "file:///etc/hostname",
    "a nested protocol": `concat:${inside.url("secret.ts")}`,
    "a metadata service": "http://169.254.169.254/latest/meta-data/",
    "a metadata service in another spelling": "http://2852039166/latest/meta-data/",
    "a redirect to one": "/jump.ts",
  };
  for (const [name, entry] of Object.entries(entries)) {
    await t.step(name, async () => {
      const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${entry}\n#EXT-X-ENDLIST\n`;
      await using web = new Web({ "index.m3u8": text(playlist), "jump.ts": redirect("http://169.254.1.1/") });
      assertFailed(await new RtspRecorder().run(open(web.url("index.m3u8", `u:${SECRET}`))), "denied");
    });
  }
  await t.step("a playlist in disguise", async () => {
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${inside.url("secret.ts")}\n#EXT-X-ENDLIST\n`;
    const packed = new Response(new Blob([playlist]).stream().pipeThrough(new CompressionStream("gzip")));
    const bytes = await packed.arrayBuffer();
    const headers = { "content-encoding": "gzip", "content-type": "video/mp2t" };
    await using web = new Web({ "video.ts": () => new Response(bytes, { headers }) });
    const end = await new RtspRecorder().run(open(web.url("video.ts")));
    assert.ok(end instanceof Error, `${end}`);
  });
  assert.deepEqual(inside.asked, []);
});

Deno.test("MJPEG over HTTP is live, and its end is a failure", async () => {
  const { units } = flatJpegTrack();
  const encoder = new TextEncoder();
  const multipart: Reply = () => {
    let index = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (index === units.length) return controller.close();
        const { data } = units[index++];
        await new Promise((resolve) => setTimeout(resolve, 10));
        controller.enqueue(
          encoder.encode(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${data.length}\r\n\r\n`),
        );
        controller.enqueue(data);
        controller.enqueue(encoder.encode("\r\n"));
      },
    });
    return new Response(body, { headers: { "content-type": "multipart/x-mixed-replace; boundary=frame" } });
  };
  await using web = new Web({ "video.mjpg": multipart });
  const recorder = new RtspRecorder({
    indexes: (picture) => Math.round((picture.pixels({ format: "gray" })[0] - 20) / 4),
  });
  assertFailed(await recorder.run(open(web.url("video.mjpg", `u:${SECRET}`))), "closed", /\*\*\*@127/);
  assert.deepEqual([recorder.opens[0].codec, recorder.opens[0].live], ["mjpeg", true]);
  assert.ok(recorder.pictures >= units.length - 1, `${recorder.pictures} pictures`);
  recorder.indexes.forEach((index, at) => assert.equal(index, at));
});

Deno.test("redirects are followed where the rules allow it, and nowhere else", async (t) => {
  const clip = file(makeClip({ faststart: true }));
  await using other = new Web({ "clip.mp4": clip });
  const rules: Record<string, Reply> = {
    near: redirect("/clip.mp4", 301),
    far: redirect(other.url("clip.mp4"), 307),
    metadata: redirect("http://169.254.169.254/latest/meta-data/"),
    disguised: redirect("http://[::ffff:a9fe:a9fe]/"),
    scheme: redirect("file:///etc/passwd"),
    circle: redirect("/circle"),
    nowhere: redirect("http://"),
  };
  await using web = new Web({ "clip.mp4": clip, ...rules });
  for (const path of ["near", "far"]) {
    await t.step(`${path} is followed`, async () => {
      const recorder = new RtspRecorder();
      assert.equal(await recorder.run(open(web.url(path))), "ended");
      assert.equal(recorder.pictures, 50);
    });
  }
  for (const path of ["metadata", "disguised", "scheme"]) {
    await t.step(`${path} is refused`, async () => {
      assertFailed(await new RtspRecorder().run(open(web.url(path, `u:${SECRET}`))), "denied", /redirects to/);
    });
  }
  await t.step("a circle ends", async () => {
    assertFailed(await new RtspRecorder().run(open(web.url("circle"))), "invalid", /again and again/);
  });
  await t.step("link-local addresses are refused at once, and may be allowed", async () => {
    const started = performance.now();
    assertFailed(await new RtspRecorder().run(open("http://169.254.1.1:9/x.mp4")), "denied", /link-local/);
    assert.ok(performance.now() - started < 30_000);
    const allowed = open("http://169.254.1.1:9/x.mp4", { allowLinkLocal: true, openTimeoutMs: 300 });
    const end = await new RtspRecorder().run(allowed);
    assert.ok(end instanceof Error && (end as { code?: string }).code !== "denied", `${end}`);
  });
});

Deno.test("credentials go to the host they were given for, and to no other", async (t) => {
  const clip = file(makeClip({ faststart: true }));
  const seen: (string | null)[] = [];
  const wants = (scheme: string): Reply => (request) => {
    const given = request.headers.get("authorization");
    seen.push(given);
    const good = scheme === "Basic" ? given === `Basic ${btoa(`u:${SECRET}`)}` : given?.startsWith("Digest ");
    return good
      ? clip(request)
      : new Response(null, { status: 401, headers: { "www-authenticate": `${scheme} realm="r", nonce="n"` } });
  };
  await using other = new Web({ stolen: wants("Basic") });
  await using web = new Web({ basic: wants("Basic"), digest: wants("Digest"), away: redirect(other.url("stolen")) });
  for (const path of ["basic", "digest"]) {
    await t.step(path, async () => {
      assert.equal(await new RtspRecorder().run(open(web.url(path, `u:${SECRET}`))), "ended");
      assertFailed(await new RtspRecorder().run(open(web.url(path))), "unauthorized", /401/);
    });
  }
  await t.step("not to where it redirects", async () => {
    seen.length = 0;
    assertFailed(await new RtspRecorder().run(open(web.url("away", `u:${SECRET}`))), "unauthorized");
    assert.ok(seen.length > 0 && seen.every((given) => given === null), `${seen}`);
  });
});

Deno.test("servers that refuse, fail, hang or hang up are told apart", async (t) => {
  const never = () => new Promise<Response>(() => {});
  const silent: Reply = () =>
    new Response(new ReadableStream({ start() {} }), { headers: { "content-type": "video/mp2t" } });
  const status = (code: number): Reply => () => new Response(null, { status: code });
  await using web = new Web({
    403: status(403),
    500: status(500),
    never,
    silent,
    text: text("no video"),
    wav: file(makeSound()),
  });
  const cases = {
    [web.url("404", `u:${SECRET}`)]: ["not_found", /^Cannot open http:\/\/.*: 404 Not Found$/],
    [web.url("403", `u:${SECRET}`)]: ["forbidden", /403 Forbidden$/],
    [web.url("500", `u:${SECRET}`)]: ["failed", /500 Internal Server Error$/],
    [web.url("never", `u:${SECRET}`)]: ["timeout", /no answer/],
    [web.url("silent", `u:${SECRET}`)]: ["timeout", /\*\*\*@.*no answer/],
    [web.url("text", `u:${SECRET}`)]: ["invalid", /\*\*\*@/],
    [`http://u:${SECRET}@no-such-host.invalid/x.mp4`]: ["unknown_host", /no-such-host/],
    [`http://u:${SECRET}@127.0.0.1:1/x.mp4`]: ["refused", /refused$/],
    [`rtmp://u:${SECRET}@127.0.0.1:1/x`]: ["refused", /refused$/],
    [`tcp://127.0.0.1:1`]: ["refused", /refused$/],
    [`srt://no-such-host.invalid:9`]: ["unknown_host", /no-such-host/],
    [`rtmp://169.254.169.254/x`]: ["denied", /link-local/],
    [`srt://169.254.169.254:9`]: ["denied", /link-local/],
  } as const;
  for (const [address, [code, message]] of Object.entries(cases)) {
    await t.step(`${address.replace(SECRET, "…").replace(/:\d+/, "")}: ${code}`, async () => {
      const limits = code === "timeout" ? { openTimeoutMs: 1000 } : {};
      assertFailed(await new RtspRecorder().run(open(address, limits)), code, message);
    });
  }
  await t.step("a sound file: unsupported", async () => {
    assertFailed(await new RtspRecorder().run(open(web.url("wav"))), "unsupported");
  });
});

Deno.test("certificates must be good unless that is not asked for", async () => {
  await using web = new Web({ "clip.mp4": file(makeClip({ faststart: true })) }, selfSignedCertificate());
  const end = await new RtspRecorder().run(open(web.url("clip.mp4", `u:${SECRET}`)));
  assertFailed(end, "denied", /its certificate is not trusted/);
  const recorder = new RtspRecorder();
  assert.equal(await recorder.run(open(web.url("clip.mp4"), { verifyTls: false })), "ended");
  assert.equal(recorder.pictures, 50);
});

Deno.test("a transport stream over UDP is played, and silence ends it", async () => {
  const bytes = Deno.readFileSync(makeClip({ container: "ts", frames: 100, gop: 10, bframes: 0, crf: 14 }));
  const port = freeTcpPort();
  const socket = createSocket("udp4");
  const recorder = new RtspRecorder();
  const ended = recorder.run(open(`udp://127.0.0.1:${port}`, { readTimeoutMs: 3000 }));
  const size = 7 * 188;
  // Nobody hears the first ones: it takes a moment until the other side listens.
  for (let round = 0; round < 30 && recorder.pictures <= 50; round++) {
    for (let at = 0; at < bytes.length; at += size) {
      socket.send(bytes.subarray(at, at + size), port, "127.0.0.1");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  assertFailed(await ended, "timeout");
  socket.close();
  assert.equal(recorder.opens[0].live, true);
  assert.ok(recorder.pictures > 50, `${recorder.pictures} pictures`);
});

Deno.test("a transport stream over TCP is played, and its end is a failure", async () => {
  const bytes = Deno.readFileSync(makeClip({ container: "ts", frames: 100, gop: 10, bframes: 0, crf: 14 }));
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    // The first visitor only looks whether somebody is there.
    for (let visits = 0; visits < 2; visits++) {
      using connection = await listener.accept();
      if (visits === 1) { for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at)); }
    }
  })();
  const recorder = new RtspRecorder({ indexes: true });
  assertFailed(await recorder.run(open(`tcp://127.0.0.1:${port}`)), "closed");
  await serving;
  assert.deepEqual(recorder.indexes.slice(0, 90), counted(90));
});

Deno.test("an abort ends everything at once", async () => {
  const silent: Reply = () => new Response(new ReadableStream({ start() {} }));
  await using web = new Web({ silent });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const started = performance.now();
  const limits = { openTimeoutMs: 60_000, readTimeoutMs: 60_000 };
  const runs = [web.url("silent"), "udp://127.0.0.1:0", "srt://127.0.0.1:9"].map((address) =>
    new RtspRecorder().run(open(address, limits), stop.signal)
  );
  assert.deepEqual(await Promise.all(runs), ["aborted", "aborted", "aborted"]);
  assert.ok(performance.now() - started < 50_000);
});
