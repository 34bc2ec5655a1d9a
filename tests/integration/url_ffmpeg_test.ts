import assert from "node:assert/strict";
import { parseSourceConfig, sourceNamed } from "../../streams/sources/registry.ts";
import { makeClip } from "../support/clips.ts";
import { freeTcpPort, Gate } from "../support/gate.ts";
import { assertFailed, SECRET } from "../support/rtsp_camera.ts";
import { RtspRecorder } from "../support/rtsp_recorder.ts";

/** Whether FFmpeg's command line is here and speaks a protocol. */
async function speaks(protocol: string): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command("ffmpeg", { args: ["-v", "quiet", "-protocols"], stderr: "null" })
      .output();
    return new RegExp(`^\\s*${protocol}$`, "m").test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}

/** A sender by FFmpeg that plays a clip over and over in real time. */
class Sender implements AsyncDisposable {
  #child: Deno.ChildProcess;

  constructor(...output: string[]) {
    const clip = makeClip({ container: "ts", frames: 50, gop: 10, bframes: 0 });
    const args = ["-v", "quiet", "-nostdin", "-re", "-stream_loop", "-1", "-i", clip, "-c", "copy", ...output];
    this.#child = new Deno.Command("ffmpeg", { args, stdout: "null", stderr: "null" }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It ends by itself when its listener goes.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
  }
}

async function spoken(protocol: string): Promise<boolean> {
  if (await speaks(protocol)) return true;
  const line = `skipped: the test of ${protocol} wants FFmpeg's command line with ${protocol}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
  return false;
}

const [srt, rtmp] = [await spoken("srt"), await spoken("rtmp")];

Deno.test({
  name: "an SRT sender is played, with its passphrase and not without, and its end is a failure",
  ignore: !srt,
  async fn() {
    const port = freeTcpPort();
    const address = `srt://127.0.0.1:${port}?mode=caller&passphrase=${SECRET}0123456789`;
    const open = (url: string) => {
      const config = parseSourceConfig({ kind: "url", url, openTimeoutMs: 4000, readTimeoutMs: 15_000 });
      assert.ok(!sourceNamed("url").redacted(config).includes(SECRET));
      return sourceNamed("url").open(config, { stream: "test" });
    };
    let sender = new Sender("-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener&passphrase=${SECRET}0123456789`);
    const recorder = new RtspRecorder();
    let end: unknown;
    // It takes a moment until the sender listens.
    for (let attempt = 0; attempt < 15 && recorder.pictures === 0; attempt++) {
      const ended = recorder.run(open(address));
      await Promise.race([recorder.until(30), ended]);
      if (recorder.pictures >= 30) await sender[Symbol.asyncDispose]();
      end = await ended;
    }
    assert.ok(recorder.pictures >= 30, `${recorder.pictures} pictures, then ${end}`);
    const { code } = end as { code?: string };
    assert.ok(code === "closed" || code === "timeout", `${end}`);
    assert.deepEqual([recorder.opens[0].width, recorder.opens[0].live], [320, true]);

    sender = new Sender("-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener&passphrase=${SECRET}0123456789`);
    const wrong = await new RtspRecorder().run(open(address.replace("0123456789", "9876543210")));
    await sender[Symbol.asyncDispose]();
    assert.ok(wrong instanceof Error);
    assertFailed(wrong, (wrong as { code: "failed" }).code);
  },
});

Deno.test({
  name: "an RTMP server is played, and its end is a failure",
  ignore: !rtmp,
  async fn() {
    const port = freeTcpPort();
    await using server = new Sender("-f", "flv", "-listen", "1", `rtmp://127.0.0.1:${port}/live/gate`);
    // FFmpeg serves its first connection only; that must not be the one that finds out whether anybody listens.
    await using gate = new Gate(port, { wordsOnly: true });
    gate.open();
    const address = `rtmp://127.0.0.1:${gate.port}/live/gate`;
    const config = parseSourceConfig({ kind: "url", url: address, openTimeoutMs: 20_000, readTimeoutMs: 15_000 });
    const recorder = new RtspRecorder({ indexes: true });
    let end: unknown;
    // It takes a moment until the server listens.
    for (let attempt = 0; attempt < 100 && recorder.pictures === 0; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100));
      const ended = recorder.run(sourceNamed("url").open(config, { stream: "test" }));
      await Promise.race([recorder.until(60), ended]);
      if (recorder.pictures >= 60) await server[Symbol.asyncDispose]();
      end = await ended;
    }
    assert.ok(recorder.pictures >= 60, `${recorder.pictures} pictures, then ${end}`);
    // The clip of fifty pictures plays over and over.
    const { indexes } = recorder;
    indexes.slice(1).forEach((index, at) => assert.equal(index, (indexes[at] + 1) % 50, `${indexes}`));
    const { width, height, live, codec } = recorder.opens[0];
    assert.deepEqual([width, height, live, codec], [320, 240, true, "h264"]);
    const { code } = end as { code?: string };
    assert.ok(code === "closed" || code === "timeout", `${end}`);
  },
});
