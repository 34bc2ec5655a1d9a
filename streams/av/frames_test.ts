import assert from "node:assert/strict";
import type { SourceProperties } from "../../src/core/source.ts";
import { makeClip, paintFrame, truncated, writeBytes } from "../../tests/support/clips.ts";
import { RecordingSink } from "../../tests/support/recording_sink.ts";
import type { Picture } from "../../src/core/frame.ts";
import { buildInfo } from "./build_info.ts";
import { type FramesOptions, runFrames } from "./frames.ts";
import { type Input, openInput } from "./input.ts";
import { encodeJpeg } from "./jpeg.ts";
import { livePictures, pictureFromPixels, UndecodableError } from "./picture.ts";

const never = new AbortController().signal;

function open(path: string, live = false): Promise<Input> {
  const timeouts = { openTimeoutMs: 20_000, readTimeoutMs: 20_000 };
  return openInput({ url: `file:${path}`, protocolWhitelist: "file", ...timeouts, live }, never);
}

async function run(path: string, sink: RecordingSink, options: FramesOptions & { signal?: AbortSignal } = {}) {
  await using input = await open(path);
  const { signal = never, ...rest } = options;
  try {
    return await runFrames(input, sink, signal, rest);
  } finally {
    assert.equal(sink.ledger.read().unaccounted, 0);
    assert.equal(sink.ledger.read().inFlight, 0);
  }
}

Deno.test("a frame that the sink does not admit is not decoded", async () => {
  const sink = new RecordingSink({ admit: (_, seq) => seq < 10 });
  await run(makeClip({ bframes: 0 }), sink);
  assert.equal(sink.arrivals.length, 50);
  assert.equal(sink.frames.length, 10);
  assert.equal(sink.ledger.read().dropped.skipped, 40);
});

Deno.test("a device decodes where there is one, and is named; where there is none the cores decode", async () => {
  const { hardware } = buildInfo().codecs.h264;
  for (const allowed of ["auto", "none"] as const) {
    const sink = new RecordingSink();
    await run(makeClip({ bframes: 0 }), sink, { hardware: allowed });
    assert.deepEqual(sink.frames.map(({ index }) => index), Array.from({ length: 50 }, (_, index) => index));
    assert.equal(sink.opens.at(-1)!.hardware, allowed === "auto" ? hardware : undefined);
  }
});

Deno.test("frames that decode alone are decoded only when somebody looks", async () => {
  const times: number[] = [];
  const sink = new RecordingSink({
    blind: true,
    onDecoded(_, picture) {
      times.push(picture.decodeMs);
      if (times.length % 2 === 0) picture.pixels({ format: "gray", width: 8, height: 8 });
      times[times.length - 1] = picture.decodeMs;
    },
  });
  await run(makeClip({ codec: "mjpeg", container: "mkv", frames: 10 }), sink);
  assert.deepEqual(times.map((ms) => ms > 0), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1].map(Boolean));
});

Deno.test("pictures that are looked at after their source is gone still decode", async () => {
  const kept: Picture[] = [];
  const sink = new RecordingSink({ blind: true, onDecoded: (_, picture) => void kept.push(picture.retain()) });
  await run(makeClip({ codec: "mjpeg", container: "mkv", frames: 5 }), sink);
  for (const picture of kept) {
    using own = picture;
    assert.equal(own.pixels({ format: "rgb" }).length, 320 * 240 * 3);
  }
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
});

Deno.test("a damaged frame that decodes alone is found out at first look", async () => {
  const path = makeClip({ codec: "mjpeg", container: "mkv", frames: 5 });
  const bytes = Deno.readFileSync(path);
  // The third JPEG loses its beginning.
  let found = 0;
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff && ++found === 3) {
      bytes.fill(0, at, at + 600);
    }
  }
  const broken = `${path}.broken.mkv`;
  Deno.writeFileSync(broken, bytes);
  const answers: string[] = [];
  const sink = new RecordingSink({
    blind: true,
    onDecoded(_, picture) {
      try {
        picture.pixels({ format: "gray" });
        answers.push("whole");
      } catch (error) {
        assert.ok(error instanceof UndecodableError, String(error));
        answers.push("undecodable");
      }
    },
  });
  await run(broken, sink);
  assert.deepEqual(answers, ["whole", "whole", "undecodable", "whole", "whole"]);
});

class OrderedSink extends RecordingSink {
  readonly order: string[] = [];
  constructor() {
    super({ onDecoded: (_, { width, height }) => void this.order.push(`${width}x${height}`) });
  }
  override opened(properties: SourceProperties) {
    super.opened(properties);
    this.order.push(`opened ${properties.width}x${properties.height}`);
  }
}

Deno.test("a change of size under way is announced before the first picture of it", async () => {
  const part = (width: number, height: number) =>
    Deno.readFileSync(makeClip({ container: "ts", frames: 10, width, height }));
  const path = writeBytes(Uint8Array.of(...part(320, 240), ...part(480, 272)), "sizes.ts");
  const sink = new OrderedSink();
  assert.equal(await run(path, sink), "ended");
  assert.deepEqual([...new Set(sink.order)], ["opened 320x240", "320x240", "opened 480x272", "480x272"]);
  assert.deepEqual(sink.frames.map(({ index }) => index), [...Array(10).keys(), ...Array(10).keys()]);
});

Deno.test("JPEGs of different sizes in one stream are announced before they are decoded", async () => {
  const jpeg = (width: number, height: number, index: number) => {
    using picture = pictureFromPixels({ width, height, format: "rgb24", data: paintFrame(width, height, index) });
    return encodeJpeg(picture);
  };
  const bytes = Uint8Array.of(...jpeg(320, 240, 0), ...jpeg(320, 240, 1), ...jpeg(160, 120, 2), ...jpeg(160, 120, 3));
  const sink = new OrderedSink();
  assert.equal(await run(writeBytes(bytes, "sizes.mjpeg"), sink), "ended");
  assert.deepEqual([...new Set(sink.order)], ["opened 320x240", "320x240", "opened 160x120", "160x120"]);
  assert.deepEqual(sink.frames.map(({ index }) => index), [0, 1, 2, 3]);
});

Deno.test("what had arrived before a failure is handed over before the failure is told", async () => {
  const sink = new RecordingSink();
  const path = truncated(makeClip({ faststart: true, frames: 100, bframes: 3, gop: 10 }), 0.7);
  await assert.rejects(run(path, sink), { code: "truncated" });
  assert.ok(sink.frames.length > 30);
  assert.equal(sink.frames.length + sink.losses.length, sink.arrivals.length);
});

Deno.test("an abort accounts for the frames inside the decoder as stopped", async () => {
  const stop = new AbortController();
  const sink = new RecordingSink({ onDecoded: () => void (sink.frames.length === 5 && stop.abort()) });
  assert.equal(await run(makeClip({ bframes: 3 }), sink, { signal: stop.signal }), "aborted");
  assert.ok(sink.losses.length > 0);
  assert.ok(sink.losses.every(({ cause }) => cause === "stopped"));
  assert.equal(await run(makeClip({ bframes: 3 }), new RecordingSink(), { signal: stop.signal }), "aborted");
});

Deno.test("a sink that fails ends the run with its failure, and leaves no picture behind", async () => {
  for (const failing of [1, 3, 48, 50]) {
    const sink = new RecordingSink({
      onDecoded: () => {
        if (sink.frames.length === failing) throw new Error("no more room");
      },
    });
    await using input = await open(makeClip({ bframes: 3 }));
    await assert.rejects(runFrames(input, sink, never), /no more room/);
    assert.equal(sink.frames.length, failing);
    assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
  }
});

Deno.test("a promise from the sink holds the source back", async () => {
  let waiting = 0;
  let most = 0;
  const sink = new RecordingSink({
    async onDecoded() {
      most = Math.max(most, ++waiting);
      await new Promise((resolve) => setTimeout(resolve, 1));
      waiting--;
    },
  });
  assert.equal(await run(makeClip({ frames: 20, bframes: 2 }), sink), "ended");
  assert.equal(most, 1);
  assert.equal(sink.frames.length, 20);
});

Deno.test("a live input is read while its thread goes on working", async () => {
  let turns = 0;
  const ticker = setInterval(() => turns++, 0);
  const sink = new RecordingSink();
  await using input = await open(makeClip({ container: "ts" }), true);
  await assert.rejects(runFrames(input, sink, never), { code: "closed" });
  clearInterval(ticker);
  assert.equal(sink.frames.length, 50);
  assert.ok(turns > 0);
});
