// deno-lint-ignore-file no-console
// What a cascade of a detector and four crops a frame completes, beside what its bare models could.
import { parseArgs } from "node:util";
import process from "node:process";
import { resolveModel } from "../../models/manifest.ts";
import { Weir } from "../../src/app.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { PipelineStep } from "../../src/core/stream.ts";
import { bareLoop } from "./bare_loop.ts";
import type { BarePart } from "./bare_worker.ts";
import { cached } from "./bench_cache.ts";
import { benchStream } from "./bench_stream.ts";
import { benchClip } from "./clips.ts";
import { completionRate } from "./completion_rate.ts";
import { delay } from "./delay.ts";
import { machine } from "./machine.ts";
import { round } from "./statistics.ts";
import { yoloLike } from "./yolo_like.ts";

const HELP = `Measure a cascade: a detector on every frame and a second network on its four best boxes.

  deno run -A scripts/bench/cascade.ts [--size small|usual] [--seconds 10] [--rounds 3] [--batch 1]

Prints JSON. The ceiling is what the two networks could do over one and the same tensor on all cores, without a frame
being decoded, scaled or read; the efficiency is what Weir completes of it, decoding and all. Of the straight line, the
detector's share of the ceiling is a bare loop's that decodes, scales and reads; the crops' is that of the bare network.
usual is a YOLOv8n-sized detector at 640×640 and a small network at 224×224, small is 320 and 128.`;

const CROPS = 4;
const WARM_UP_MS = 2000;

const SIZES = {
  usual: [{ size: 640, width: 0.25 }, { size: 224, width: 0.125 }],
  small: [{ size: 320, width: 0.125 }, { size: 128, width: 0.125 }],
};

interface Round {
  perSecond: number;
  cropsPerResult: number;
  ceilingPerSecond: number;
  efficiency: number;
  straightLinePerSecond: number;
  ofStraightLine: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      size: { type: "string", default: "usual" },
      seconds: { type: "string", default: "10" },
      rounds: { type: "string", default: "3" },
      batch: { type: "string", default: "1" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(HELP);
  const seconds = Number(values.seconds);
  const maxBatch = Number(values.batch);
  const clip = await benchClip("pitch", { frames: 250 });
  const [detector, second] = await Promise.all(
    SIZES[values.size as keyof typeof SIZES].map(({ size, width }) =>
      cached(`yolo-like-v2-${size}-${width}.onnx`, (path) => Deno.writeFile(path, yoloLike({ size, width })))
    ),
  );
  const workers = navigator.hardwareConcurrency;
  const bare = async (file: string, part: BarePart) => {
    const spec = await resolveModel(file);
    const { perSecond } = await bareLoop({ clip: clip.file, spec, part, workers, warmupMs: WARM_UP_MS, seconds });
    return perSecond;
  };
  const rounds: Round[] = [];
  for (let n = 0; n < Number(values.rounds); n++) {
    const first = await bare(detector, "run");
    const straight = await bare(detector, "all");
    const crop = await bare(second, "run");
    const { perSecond, cropsPerResult } = await cascade(clip.file, {
      detector,
      second,
      streams: workers,
      maxBatch,
      seconds,
    });
    const ceiling = (first: number) => 1 / (1 / first + cropsPerResult / crop);
    rounds.push({
      perSecond: round(perSecond, 2),
      cropsPerResult: round(cropsPerResult, 3),
      ceilingPerSecond: round(ceiling(first), 2),
      efficiency: round(perSecond / ceiling(first), 3),
      straightLinePerSecond: round(ceiling(straight), 2),
      ofStraightLine: round(perSecond / ceiling(straight), 3),
    });
  }
  const best = rounds.reduce((a, b) => b.efficiency > a.efficiency ? b : a);
  const middle = rounds.map(({ efficiency }) => efficiency).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
  console.log(
    JSON.stringify({ machine: machine(), crops: CROPS, maxBatch, rounds, medianEfficiency: middle, best }, null, 2),
  );
}

/** Looped files through detector and crops, every frame, one stream a core. */
async function cascade(clip: string, { detector, second, streams, maxBatch, seconds }: {
  detector: string;
  second: string;
  streams: number;
  maxBatch: number;
  seconds: number;
}): Promise<{ perSecond: number; cropsPerResult: number }> {
  await using weir = await Weir.start({ maxBatch });
  const times: { atMs: number; crops: number }[] = [];
  weir.results$.subscribe(({ outputs }) => {
    times.push({ atMs: nowMs(), crops: (outputs.second as { crops: unknown[] }).crops.length });
  });
  const pipeline: PipelineStep[] = [
    // Of random weights no box is sure; there are always four that are surest.
    { model: detector, minScore: 0.001, iou: 1, maxDetections: CROPS },
    { model: second, name: "second", on: "detect", max: CROPS, minSize: 1, maxDetections: 10 },
  ];
  for (let n = 0; n < streams; n++) {
    await weir.add(benchStream(`s${n + 1}`, { kind: "file", path: clip, loop: true }, { pipeline, mode: "block" }));
  }
  while (times.length === 0) await delay(50);
  await delay(WARM_UP_MS);
  const fromMs = nowMs();
  await delay(seconds * 1000);
  const untilMs = nowMs();
  const inWindow = times.filter(({ atMs }) => atMs > fromMs && atMs <= untilMs);
  return {
    perSecond: completionRate(inWindow.map(({ atMs }) => atMs)),
    cropsPerResult: inWindow.reduce((sum, { crops }) => sum + crops, 0) / inWindow.length,
  };
}

if (import.meta.main) {
  await main();
  process.exit(0);
}
