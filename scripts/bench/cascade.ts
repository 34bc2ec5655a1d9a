// What a cascade of a detector and four crops a frame completes, beside what its bare models could.
import { parseArgs } from "node:util";
import process from "node:process";
import { print } from "../../src/cli/print.ts";
import { resolveModel } from "../../models/manifest.ts";
import { Weir } from "../../src/app.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { PipelineStep } from "../../src/core/stream.ts";
import { bareLoop, type LoopResult } from "./bare_loop.ts";
import type { BarePart } from "./bare_worker.ts";
import { cached } from "./bench_cache.ts";
import { benchStream } from "./bench_stream.ts";
import { benchClip } from "./clips.ts";
import { completionRate } from "./completion_rate.ts";
import { delay } from "./delay.ts";
import { machine } from "./machine.ts";
import { type CpuFigures, cpuFigures, snapshot } from "./process_usage.ts";
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
/** Of random weights no box is sure; there are always four that are surest. */
const SUREST = { minScore: 0.001, iou: 1, maxDetections: CROPS };

const SIZES = {
  usual: [{ size: 640, width: 0.25 }, { size: 224, width: 0.125 }],
  small: [{ size: 320, width: 0.125 }, { size: 128, width: 0.125 }],
};

/** What it prints. */
export interface CascadeReport {
  machine: ReturnType<typeof machine>;
  /** Boxes of each frame that the second network runs on. */
  crops: number;
  maxBatch: number;
  rounds: Round[];
  medians: { efficiency: number; cpuEfficiency: number };
}

interface Round {
  perSecond: number;
  cropsPerResult: number;
  ceilingPerSecond: number;
  efficiency: number;
  straightLinePerSecond: number;
  ofStraightLine: number;
  /** The same by time of processors, which depends less on who else is at work. */
  cpuEfficiency: number;
  cpuOfStraightLine: number;
  /** Cores that others took while Weir was measured. */
  coresTaken?: number;
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
  if (values.help) return print(HELP);
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
    const spec = { ...await resolveModel(file), ...(file === detector && SUREST) };
    return await bareLoop({ clip: clip.file, spec, part, workers, warmupMs: WARM_UP_MS, seconds });
  };
  const rounds: Round[] = [];
  for (let n = 0; n < Number(values.rounds); n++) {
    const first = await bare(detector, "run");
    const straight = await bare(detector, "all");
    const crop = await bare(second, "run");
    const weir = await cascade(clip.file, {
      detector,
      second,
      streams: workers,
      maxBatch,
      seconds,
    });
    const { perSecond, cropsPerResult, coresTaken } = weir;
    const ceiling = ({ perSecond }: LoopResult) => 1 / (1 / perSecond + cropsPerResult / crop.perSecond);
    const cpu = ({ cpuSecondsPerResult }: LoopResult) =>
      (cpuSecondsPerResult + cropsPerResult * crop.cpuSecondsPerResult) / weir.cpuSecondsPerResult;
    rounds.push({
      perSecond: round(perSecond, 2),
      cropsPerResult: round(cropsPerResult, 3),
      ceilingPerSecond: round(ceiling(first), 2),
      efficiency: round(perSecond / ceiling(first), 3),
      straightLinePerSecond: round(ceiling(straight), 2),
      ofStraightLine: round(perSecond / ceiling(straight), 3),
      cpuEfficiency: round(cpu(first), 3),
      cpuOfStraightLine: round(cpu(straight), 3),
      ...(coresTaken !== undefined && { coresTaken }),
    });
  }
  const middle = (key: "efficiency" | "cpuEfficiency") =>
    rounds.map((round) => round[key]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
  const medians = { efficiency: middle("efficiency"), cpuEfficiency: middle("cpuEfficiency") };
  const report: CascadeReport = { machine: machine(), crops: CROPS, maxBatch, rounds, medians };
  print(JSON.stringify(report, null, 2));
}

/** Looped files through detector and crops, every frame, one stream a core. */
async function cascade(clip: string, { detector, second, streams, maxBatch, seconds }: {
  detector: string;
  second: string;
  streams: number;
  maxBatch: number;
  seconds: number;
}): Promise<CpuFigures & { perSecond: number; cropsPerResult: number }> {
  await using weir = await Weir.start({ maxBatch });
  const times: { atMs: number; crops: number }[] = [];
  weir.results$.subscribe(({ outputs }) => {
    times.push({ atMs: nowMs(), crops: (outputs.second as { crops: unknown[] }).crops.length });
  });
  const pipeline: PipelineStep[] = [
    { model: detector, ...SUREST },
    { model: second, name: "second", on: "detect", max: CROPS, minSize: 1, maxDetections: 10 },
  ];
  for (let n = 0; n < streams; n++) {
    await weir.add(benchStream(`s${n + 1}`, { kind: "file", path: clip, loop: true }, { pipeline, mode: "block" }));
  }
  while (times.length === 0) await delay(50);
  await delay(WARM_UP_MS);
  const before = snapshot();
  await delay(seconds * 1000);
  const after = snapshot();
  const inWindow = times.filter(({ atMs }) => atMs > before.atMs && atMs <= after.atMs);
  return {
    ...cpuFigures(before, after, inWindow.length),
    perSecond: completionRate(inWindow.map(({ atMs }) => atMs)),
    cropsPerResult: inWindow.reduce((sum, { crops }) => sum + crops, 0) / inWindow.length,
  };
}

if (import.meta.main) {
  await main();
  process.exit(0);
}
