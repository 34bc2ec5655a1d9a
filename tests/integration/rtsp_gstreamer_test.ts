import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { assertFailed, assertNoPictures, rtspCamera, SECRET } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";

const SCRIPT = fileURLToPath(new URL("../support/gst_rtsp.py", import.meta.url));
const PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";

/** A Python that knows GStreamer's RTSP server; undefined when there is none. */
async function findPython(): Promise<string | undefined> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    try {
      const { success } = await new Deno.Command(python, { args: ["-c", PROBE], stdout: "null", stderr: "null" })
        .output();
      if (success) return python;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** GStreamer's server, with what it can encode here. */
class GstServer implements AsyncDisposable {
  private constructor(private child: Deno.ChildProcess, readonly port: number, readonly paths: string[]) {}

  static async start(python: string, ...credentials: string[]): Promise<GstServer> {
    const command = new Deno.Command(python, {
      args: [SCRIPT, ...credentials],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    });
    const child = command.spawn();
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (/^\d+\n/m.test(text)) break;
    }
    const port = /^(\d+)\n/m.exec(text)?.[1];
    if (!port) throw new Error(`GStreamer's server did not start: ${text}`);
    return new GstServer(child, Number(port), text.match(/^\/\w+/gm) ?? []);
  }

  url(path: string, userinfo = ""): string {
    return `rtsp://${userinfo && userinfo + "@"}127.0.0.1:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stdin.close();
    await this.child.status;
  }
}

const python = await findPython();
const ignore = python === undefined;
if (ignore) {
  Deno.stderr.writeSync(
    new TextEncoder().encode(
      "skipped: tests against GStreamer's RTSP server want python3-gi and gst-rtsp-server" + "\n",
    ),
  );
}

const CODECS: Record<string, string> = { "/h264": "h264", "/hevc": "hevc", "/mjpeg": "mjpeg", "/vp8": "vp8" };

Deno.test({
  name: "cameras by GStreamer are played over TCP and UDP",
  ignore,
  async fn(t) {
    await using server = await GstServer.start(python!);
    for (const path of server.paths) {
      for (const transport of ["tcp", "udp"]) {
        await t.step(`${path.slice(1)} over ${transport}`, async () => {
          const recorder = new RtspRecorder({ pictures: 30 });
          const source = rtspCamera(server.url(path), { transport, openTimeoutMs: 20_000, readTimeoutMs: 10_000 });
          assert.equal(await recorder.run(source), "aborted");
          assert.equal(recorder.opens[0].codec, CODECS[path]);
          assert.deepEqual(new Set(recorder.sizes), new Set(["320x240"]));
          // The first key frame may come late; from there on time goes on evenly, as far as a busy machine encodes in time.
          const steps = recorder.arrivals.slice(-20).map(({ ptsUs }, index, all) =>
            index && ptsUs - all[index - 1].ptsUs
          );
          steps.slice(1).forEach((step) => assert.ok(step > 20_000 && step < 1_000_000, `a step of ${step} µs`));
        });
      }
    }
    assertNoPictures();
  },
});

Deno.test({
  name: "cameras by GStreamer that ask for Digest are opened with the right password only",
  ignore,
  async fn() {
    await using server = await GstServer.start(python!, "operator", SECRET);
    const [path] = server.paths;
    const open = { openTimeoutMs: 20_000, readTimeoutMs: 10_000 };
    const recorder = new RtspRecorder({ pictures: 10 });
    assert.equal(await recorder.run(rtspCamera(server.url(path, `operator:${SECRET}`), open)), "aborted");
    const wrong = await new RtspRecorder().run(rtspCamera(server.url(path, `operator:${SECRET}x`), open));
    assertFailed(wrong, "unauthorized", /401 Unauthorized$/);
    assertFailed(await new RtspRecorder().run(rtspCamera(server.url(path), open)), "unauthorized");
    const absent = await new RtspRecorder().run(rtspCamera(server.url("/none", `operator:${SECRET}`), open));
    assertFailed(absent, "not_found");
  },
});
