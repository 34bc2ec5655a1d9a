// deno-lint-ignore-file no-console
// Judges a pitch detector by the product's own parts: scenes, scaling, runtime, adapter.
import process from "node:process";
import { fileURLToPath } from "node:url";
import { feedsOf } from "../models/feeds.ts";
import { openModel } from "../models/onnx.ts";
import { recognise } from "../models/registry.ts";
import type { ModelSpec } from "../src/core/model.ts";
import { pictureFromPixels } from "../streams/av/picture.ts";
import { Preparer } from "../streams/av/preparer.ts";
import { createPitchScene } from "../streams/scenes/pitch_scene.ts";
import { type Asked, averagePrecision, type Found, type Precision } from "./average_precision.ts";

const HELP = `Measure a pitch detector on matches that it was not trained on.

  deno run -A scripts/eval_pitch.ts [--model FILE] [--seeds 30000-30019] [--frames 20] [--every 25] [--size 1280x720]

Objects of which less than 0.3 is visible are left out of account.`;

/** The detector that comes with the product. */
export const BUILTIN = fileURLToPath(new URL("../models/builtin/weir-pitch.onnx", import.meta.url));
const LEAST_VISIBLE = 0.3;

/** Which pictures to judge by. */
export interface PitchEvaluation {
  file: string;
  seeds: readonly number[];
  /** Pictures of each match, and steps between them at 25 a second. */
  frames: number;
  every: number;
  width: number;
  height: number;
}

/** Runs a detector over matches; precision and recall are at the score below which the product shows nothing. */
export async function evalPitch(
  { file, seeds, frames, every, width, height }: PitchEvaluation,
): Promise<{ classes: Record<string, Precision>; runMs: number[]; minScore: number }> {
  const model = await openModel(file, { device: "cpu", threads: 1 });
  const known = recognise(model.graph);
  if (!known) throw new Error(`Cannot judge ${file}: no adapter knows it`);
  const { adapter, recognition } = known;
  const identity = { name: "judged", file, sha256: "", task: adapter.task, adapter: adapter.name };
  // Average precision needs the unsure answers, too.
  const spec: ModelSpec = { ...identity, ...recognition, minScore: 0.01 };
  using preparer = new Preparer(spec.input);
  const pixels = new ArrayBuffer(preparer.byteLength);
  const pictures: { found: Found[]; asked: Asked[] }[] = [];
  const runMs: number[] = [];
  for (const seed of seeds) {
    const scene = createPitchScene({ seed, width, height, fps: 25 });
    for (let n = 0; n < frames; n++) {
      if (n > 0) { for (let i = 1; i < every; i++) scene.skip(); }
      const { pixels: data, truth } = scene.next();
      using picture = pictureFromPixels({ width, height, format: "rgba", data });
      const placement = preparer.prepare(picture, pixels);
      const feeds = feedsOf(spec, { data: new Float32Array(pixels), count: 1 });
      const began = performance.now();
      const outputs = await model.run(feeds, spec.outputs);
      runMs.push(performance.now() - began);
      const found = adapter.read(outputs, 0, spec, placement).detections ?? [];
      const asked = truth.objects.map(({ class: label, box, visible }) => ({
        label,
        box,
        ignored: visible < LEAST_VISIBLE,
      }));
      pictures.push({ found, asked });
    }
  }
  await model.close();
  const { labels, minScore } = recognition;
  const classes = Object.fromEntries(
    labels.map((label) => [label, averagePrecision(pictures, label, { threshold: minScore })]),
  );
  return { classes, runMs, minScore };
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(HELP);
    process.exit(0);
  }
  const option = (name: string, fallback: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? fallback : args[at + 1];
  };
  const [first, last = first] = option("seeds", "30000-30019").split("-").map(Number);
  const [width, height] = option("size", "1280x720").split("x").map(Number);
  const { classes, runMs, minScore } = await evalPitch({
    file: option("model", BUILTIN),
    seeds: Array.from({ length: last - first + 1 }, (_, i) => first + i),
    frames: Number(option("frames", "20")),
    every: Number(option("every", "25")),
    width,
    height,
  });
  console.log(`class        objects    AP50  precision  recall   (the last two at a score of ${minScore})`);
  for (const [label, row] of Object.entries(classes)) {
    const cells = [row.ap.toFixed(4), row.precision.toFixed(3).padStart(10), row.recall.toFixed(3)];
    console.log(label.padEnd(12), String(row.objects).padStart(7), "", cells.join("  "));
  }
  runMs.sort((a, b) => a - b);
  const at = (share: number) => runMs[Math.floor(share * (runMs.length - 1))].toFixed(2);
  console.log(`one thread: ${at(0)} ms at least, ${at(0.5)} ms median, ${at(0.95)} ms p95, ${runMs.length} runs`);
}
