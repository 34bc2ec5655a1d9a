import assert from "node:assert/strict";
import { join } from "node:path";
import { resolveModel } from "../../models/manifest.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { createCounterScene } from "../../streams/scenes/counter_scene.ts";
import { ageCell } from "./age_cell.ts";
import { bareLoop } from "./bare_loop.ts";
import { tinyDetector } from "./sample_models.ts";
import { weirLoop } from "./weir_loop.ts";

const FPS = 25;

/** A folder with a small network and a small clip of the counter scene. */
class Material implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly model = join(this.folder, "tiny.onnx");
  readonly clip = join(this.folder, "counter.mp4");

  constructor(readonly frames: number) {
    Deno.writeFileSync(this.model, tinyDetector({ batch: 1 }));
    const size = { width: 320, height: 180, fps: FPS };
    const scene = createCounterScene({ seed: 1, ...size });
    using writer = VideoWriter.open(this.clip, { ...size, bframes: 0, gop: 25 });
    for (let n = 0; n < frames; n++) {
      const { pixels, ptsUs } = scene.next();
      using picture = pictureFromPixels({ width: 320, height: 180, format: scene.format, data: pixels });
      writer.write(picture, ptsUs);
    }
    writer.close();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test(
  "the bare loop decodes, prepares, runs and reads a looped clip, and tells what each stage took",
  async () => {
    using material = new Material(10);
    const spec = await resolveModel(material.model);
    const options = { clip: material.clip, spec, workers: 1, warmupMs: 100, seconds: 0.6 };
    const all = await bareLoop({ ...options, part: "all" });
    assert.ok(all.results > material.frames, `${all.results} results: the clip starts over at its end`);
    assert.ok(all.perSecond > 0 && all.cpuSecondsPerResult > 0);
    for (const [stage, ms] of Object.entries(all.stagesMs)) assert.ok(ms > 0, `${stage} took ${ms} ms`);
    const run = await bareLoop({ ...options, part: "run" });
    assert.equal(run.stagesMs.decode, 0);
    assert.ok(run.results > 0);
    const decode = await bareLoop({ ...options, part: "decode" });
    assert.equal(decode.stagesMs.run, 0);
    assert.ok(decode.results > 0);
  },
);

Deno.test("the product's loop counts results at main and accounts for every frame", async () => {
  using material = new Material(10);
  const { clip, model, frames } = material;
  const result = await weirLoop({ clip, model, streams: 2, warmupMs: 100, seconds: 0.6 });
  assert.ok(result.results > frames, `${result.results} results`);
  assert.equal(result.unaccounted, 0);
});

Deno.test(
  "an age cell reads the counter of the very frame of every result, through loops of the clip",
  async () => {
    using material = new Material(25);
    const { clip, model, frames } = material;
    const cell = await ageCell({
      clip,
      clipFrames: frames,
      fps: FPS,
      model,
      streams: 2,
      readMs: 0,
      warmupMs: 500,
      seconds: 3,
    });
    assert.equal(cell.wrongCounters, 0);
    assert.equal(cell.unaccounted, 0);
    assert.ok(cell.age.count > 0 && cell.age.p50 > 0 && cell.age.p50 <= cell.age.p95);
    assert.ok(cell.added.p50 <= cell.age.p50);
  },
);
