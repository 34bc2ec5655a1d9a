import assert from "node:assert/strict";
import type { SourceEnd } from "../../src/core/source.ts";
import { Counter } from "../../src/analyzers/counter.ts";
import type { Picture } from "../../src/core/frame.ts";
import { RecordingSink } from "../../tests/support/recording_sink.ts";
import { livePictures } from "../av/picture.ts";
import { parseSource, parseSourceConfig } from "./registry.ts";
import { scene, type SceneConfig } from "./scene.ts";

const never = new AbortController().signal;

async function play(
  config: Record<string, unknown>,
  { sink, signal = never }: { sink: RecordingSink; signal?: AbortSignal },
): Promise<SourceEnd> {
  const parsed = parseSourceConfig({ kind: "scene", width: 320, height: 180, ...config }) as SceneConfig;
  const end = await scene.open(parsed, { stream: "test" }).run(sink, signal);
  assert.deepEqual(livePictures(), { count: 0, bytes: 0 });
  assert.equal(sink.ledger.read().unaccounted, 0);
  return end;
}

function counterOf(picture: Picture): number | undefined {
  const { width, height } = picture;
  const info = { stream: "test", epoch: 1, seq: 0, ptsUs: 0, arrivedAtMs: 0 };
  return new Counter().push({ info, width, height, outputs: {}, picture })?.value;
}

Deno.test("a fast scene gives every frame once, in order, and ends after its seconds", async () => {
  const counters: (number | undefined)[] = [];
  const sink = new RecordingSink({ blind: true, onDecoded: (_, picture) => void counters.push(counterOf(picture)) });
  assert.equal(await play({ scene: "counter", pace: "fast", seconds: 2, fps: 10 }, { sink }), "ended");
  assert.deepEqual(counters, Array.from({ length: 20 }, (_, n) => n));
  assert.deepEqual(sink.arrivals.map(({ ptsUs }) => ptsUs), counters.map((n) => n! * 100_000));
  assert.ok(sink.arrivals.every(({ role }) => role === "key"));
  assert.deepEqual(sink.opens, [{
    codec: "rawvideo",
    width: 320,
    height: 180,
    fps: 10,
    live: false,
    intraOnly: true,
    frames: 20,
    durationMs: 2000,
  }]);
});

Deno.test("a scene in real time stamps each frame with the moment it was due", async () => {
  const sink = new RecordingSink({ blind: true });
  assert.equal(await play({ scene: "counter", seconds: 0.5, fps: 20 }, { sink }), "ended");
  assert.equal(sink.opens[0].live, true);
  const [first, ...others] = sink.arrivals;
  for (const { ptsUs, arrivedAtMs, capturedAtMs } of others) {
    assert.equal(capturedAtMs, arrivedAtMs);
    // Timers lead by a millisecond or two, never more.
    const early = (ptsUs - first.ptsUs) / 1000 - (arrivedAtMs - first.arrivedAtMs);
    assert.ok(early >= -0.1 && early <= 3, `${early} ms before its time`);
  }
});

Deno.test("a live scene that is held back leaves out what is past, and its world goes on", async () => {
  const counters: number[] = [];
  const sink = new RecordingSink({
    blind: true,
    onDecoded(info, picture) {
      counters.push(counterOf(picture)!);
      if (info.seq === 1) return new Promise((resolve) => setTimeout(resolve, 400));
    },
  });
  assert.equal(await play({ scene: "counter", seconds: 1, fps: 20 }, { sink }), "ended");
  assert.ok(counters[2] >= 7, `after 400 ms comes frame ${counters[2]}`);
  assert.ok(counters.length < 16, `${counters.length} frames`);
  assert.equal(counters.at(-1), 19);
  // The times tell of the gap: a frame's time is its number's.
  assert.deepEqual(sink.arrivals.map(({ ptsUs }) => ptsUs / 50_000), counters);
});

Deno.test("frames that are not admitted are neither drawn nor handed over, and the world goes on", async () => {
  const counters: (number | undefined)[] = [];
  const sink = new RecordingSink({
    blind: true,
    admit: (_, seq) => seq % 4 === 3,
    onDecoded: (_, picture) => void counters.push(counterOf(picture)),
  });
  await play({ scene: "counter", pace: "fast", seconds: 1, fps: 20 }, { sink });
  assert.deepEqual(counters, [3, 7, 11, 15, 19]);
  assert.equal(sink.arrivals.length, 20);
});

Deno.test("a picture that nobody looks at is never drawn, one looked at late shows its own moment", async () => {
  const kept: Picture[] = [];
  const sink = new RecordingSink({ blind: true, onDecoded: (_, picture) => void kept.push(picture.retain()) });
  const config = parseSourceConfig({ kind: "scene", scene: "counter", pace: "fast", seconds: 1, fps: 5 });
  await scene.open(config as SceneConfig, { stream: "test" }).run(sink, never);
  assert.equal(kept.length, 5);
  assert.ok(livePictures().bytes < 100_000, "nothing is drawn yet");
  assert.equal(counterOf(kept[1]), 1);
  assert.equal(counterOf(kept[4]), 4);
  assert.equal(counterOf(kept[0]), 0);
  assert.ok(kept[1].decodeMs > 0);
  assert.equal(kept[2].decodeMs, 0);
  for (const picture of kept) picture[Symbol.dispose]();
});

Deno.test("a scene stops at once when it is aborted: while it waits, and while it is held back", async () => {
  for (const held of [false, true]) {
    const stop = new AbortController();
    const sink = new RecordingSink({
      blind: true,
      onDecoded() {
        setTimeout(() => stop.abort(), 1);
        if (held) return new Promise(() => {});
      },
    });
    assert.equal(await play({ scene: "pitch", fps: 0.1 }, { sink, signal: stop.signal }), "aborted");
    assert.equal(sink.frames.length, 1);
  }
  const sink = new RecordingSink();
  assert.equal(await play({}, { sink, signal: AbortSignal.abort() }), "aborted");
  assert.equal(sink.opens.length, 0);
});

Deno.test("a fast scene lets messages through", async () => {
  let turns = 0;
  const ticker = setInterval(() => turns++, 1);
  const look = (_: unknown, picture: Picture) => void picture.pixels({ format: "gray" });
  await play({ pace: "fast", seconds: 4 }, { sink: new RecordingSink({ blind: true, onDecoded: look }) });
  clearInterval(ticker);
  assert.ok(turns >= 3, `${turns} turns of the loop`);
});

Deno.test("words on the command line become scenes", () => {
  const whole = { kind: "scene", scene: "pitch", seed: 7, width: 1280, height: 720, fps: 25, pace: "realtime" };
  assert.deepEqual(parseSource("scene:pitch"), whole);
  assert.deepEqual(parseSource("scene"), whole);
  assert.deepEqual(parseSource("scene:counter"), { ...whole, scene: "counter" });
  assert.deepEqual(parseSource("scene:pitch?seed=3&fps=12.5&size=640x360&pace=fast&seconds=10"), {
    ...whole,
    seed: 3,
    fps: 12.5,
    width: 640,
    height: 360,
    pace: "fast",
    seconds: 10,
  });
});

Deno.test("words that are no scene are refused with what is wrong", () => {
  for (
    const [text, words] of [
      ["scene:moon", /pitch/],
      ["scene:pitch?sed=3", /sed/],
      ["scene:pitch?seed=x", /seed/],
      ["scene:pitch?fps=0", /fps/],
      ["scene:pitch?size=big", /size/],
      ["scene:pitch?width=10", /width/],
    ] as const
  ) assert.throws(() => parseSource(text), words, text);
});
