import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyEmbedder, tinyHead } from "../../scripts/bench/cascade_models.ts";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { ModelOutput } from "../../src/core/results.ts";
import { encodeJpeg } from "../../streams/av/jpeg.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { hasProgram, RedisPeer } from "../support/sink_peers.ts";
import { until } from "../support/until.ts";

const SIZE = 128;
const CELL = 32;
const LIMITS = { maxPixels: 1e6, maxWidth: 4096, maxHeight: 4096 };

/** A grey image with a coloured cell in it. */
function image(colour: [number, number, number]): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(SIZE * SIZE * 3).fill(40);
  for (let y = CELL; y < 2 * CELL; y++) {
    for (let x = CELL; x < 2 * CELL; x++) data.set(colour, (y * SIZE + x) * 3);
  }
  using picture = pictureFromPixels({ width: SIZE, height: SIZE, format: "rgb24", data });
  return Uint8Array.from(encodeJpeg(picture, { quality: 95 }));
}

const RED = [255, 0, 0] as [number, number, number];
const GREEN = [0, 255, 0] as [number, number, number];

async function rig(options: WeirOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-still-" });
  const path = (name: string) => join(dir, `${name}.onnx`);
  await Deno.writeFile(path("cells"), tinyDetector({ size: SIZE, cell: CELL }));
  await Deno.writeFile(path("embed"), tinyEmbedder());
  await Deno.writeFile(path("head"), tinyHead());
  const weir = await Weir.start({ streamWorkers: 2, replicas: 1, threads: 1, ...options });
  const steps = [
    { model: path("cells") },
    { model: path("embed"), name: "embed", on: "detect", everyNth: 9 },
    { model: path("head"), name: "mood", on: "embed", cache: { sample: 0 } },
  ];
  const { pipeline, models } = await weir.images.use("test", steps);
  return {
    weir,
    steps,
    async ask(
      bytes: Uint8Array<ArrayBuffer>,
      { session, signal = new AbortController().signal, timeMs = 30_000 }: {
        session?: string;
        signal?: AbortSignal;
        timeMs?: number;
      } = {},
    ) {
      const receivedAtMs = nowMs();
      return await weir.images.run({
        image: bytes.slice(),
        limits: LIMITS,
        name: "mood",
        pipeline,
        setups: models.setups,
        caller: "me",
        session,
        receivedAtMs,
        deadlineMs: receivedAtMs + timeMs,
      }, { timeoutMs: 30_000, signal });
    },
    async [Symbol.asyncDispose]() {
      models[Symbol.dispose]();
      await weir[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

type Rig = Awaited<ReturnType<typeof rig>>;

async function mood(r: Rig, ...asked: Parameters<Rig["ask"]>) {
  const answer = await r.ask(...asked);
  assert.ok("result" in answer, JSON.stringify(answer));
  const { crops = [] } = answer.result.outputs.mood as ModelOutput;
  return crops.map(({ label, heads, cached = false }) => [label, heads?.colour.classId, cached]);
}

Deno.test("an image goes through a cascade as a frame does, every time, and remembers within its session alone", async () => {
  await using r = await rig();
  const answer = await r.ask(image(RED));
  assert.ok("result" in answer, JSON.stringify(answer));
  const { result: { outputs, frame, timings } } = answer;
  assert.deepEqual(Object.keys(outputs), ["detect", "embed", "mood"]);
  assert.deepEqual(frame, { width: SIZE, height: SIZE });
  assert.ok(timings!.inferMs > 0 && timings!.decodeMs > 0);
  const of = (session?: string, colour = RED) => mood(r, image(colour), { session });
  assert.deepEqual(await of("a"), [["red", 0, false]]);
  assert.deepEqual(await of("a"), [["red", 0, true]]);
  assert.deepEqual(await of("b"), [["red", 0, false]]);
  assert.deepEqual(await of("a", GREEN), [["green", 1, false]]);
  assert.deepEqual(await of(), [["red", 0, false]]);
  assert.deepEqual(await of(), [["red", 0, false]]);
  const { embed, mood: { runs, cache } } = r.weir.images.figures.mood;
  assert.deepEqual([embed.runs, runs], [7, 7]);
  assert.deepEqual([cache!.hits, cache!.misses, cache!.entries], [1, 3, 3]);
});

Deno.test("a pipeline that was had before is had again with the same models, and they stay as long as it is held", async () => {
  await using r = await rig();
  const keys = async () => {
    const { models } = await r.weir.images.use("again", r.steps);
    models[Symbol.dispose]();
    return models.setups.map(({ key }) => key);
  };
  const first = await keys();
  assert.equal(new Set(first).size, 3);
  assert.deepEqual(await keys(), first);
});

Deno.test("many images at once are all answered, each with its own", async () => {
  await using r = await rig();
  const asked = Array.from({ length: 24 }, (_, n) => mood(r, image(n % 2 ? RED : GREEN), { session: `s${n % 5}` }));
  const said = await Promise.all(asked);
  said.forEach(([[label, colour]], n) => assert.deepEqual([label, colour], n % 2 ? ["red", 0] : ["green", 1]));
});

Deno.test("what is no image, what comes too late and what nobody waits for any more fail with their reason", async () => {
  await using r = await rig();
  const refused = await r.ask(new Uint8Array(100).fill(7));
  assert.ok("refused" in refused && refused.refused.message.length > 10, JSON.stringify(refused));
  const cut = image(RED).subarray(0, 300) as Uint8Array<ArrayBuffer>;
  assert.ok("refused" in await r.ask(cut));
  assert.ok("late" in await r.ask(image(RED), { timeMs: 0.001 }));
  await assert.rejects(r.ask(image(RED), { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
  assert.deepEqual(await mood(r, image(RED)), [["red", 0, false]]);
  const usage = await Promise.all(r.weir.models().map(({ setup }) => r.weir.modelStats(setup.spec.name)));
  assert.ok(usage.flat().every(({ failures }) => failures === 0));
});

Deno.test({
  name: "an image whose session was at another server before is answered from there",
  ignore: !await hasProgram("redis-server", "the test of images that come to several servers"),
  fn: async () => {
    await using peer = new RedisPeer();
    await peer.start();
    const sharedAnswers = { url: peer.config.url as string, timeoutMs: 5000, keepS: 60 };
    await using one = await rig({ sharedAnswers });
    await using other = await rig({ sharedAnswers });
    let n = 0;
    // Nobody waits for the connection to Redis, so the first sessions may come before it.
    await until(async () => {
      const session = `s${++n}`;
      await mood(one, image(RED), { session });
      const [[label, colour, cached]] = await mood(other, image(RED), { session });
      assert.deepEqual([label, colour], ["red", 0]);
      return cached === true;
    }, () => `none of ${n} sessions was known`);
  },
});
