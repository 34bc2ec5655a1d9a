import { type Command, parseFlags } from "../../../src/cli/flags.ts";
import { helpPage } from "../../../src/cli/help.ts";
import { print } from "../../../src/cli/print.ts";
import { type BenchModel, benchModels } from "../bench_models.ts";
import { resolveModel } from "../../../models/manifest.ts";
import { machineLine } from "../bench_report.ts";
import { CameraProcess } from "../camera_process.ts";
import { benchClip } from "../clips.ts";
import { completionRate } from "../completion_rate.ts";
import { inFreshProcess } from "../fresh_process.ts";
import { machine } from "../machine.ts";
import { printReport } from "../print_report.ts";
import { say } from "../say.ts";
import { type Ages, ages, median, round, slope } from "../statistics.ts";
import { agreement, type PeerDetection } from "./agreement.ts";
import { liveAges, type LiveResult } from "./live_ages.ts";
import { type LiveRow, type PeerRow, type PeersReport, peersTables, type ThroughputRow } from "./peers_report.ts";
import { type PythonRunResult, runPython } from "./python_row.ts";

const COMMAND = {
  name: "peers",
  summary: "compares Weir with what people use instead, through the same network, threads and clip",
  usage: "--python PATH [options]",
  flags: {
    python: {
      type: "string",
      value: "PATH",
      description: "the interpreter that has the peers installed; run.sh sets it up",
    },
    json: { type: "boolean", description: "print the whole report as JSON instead of tables" },
    quick: { type: "boolean", description: "one network, one short round: to see that everything runs" },
    seconds: { type: "number", min: 1, description: "measured seconds of each run, default 8" },
    rounds: { type: "number", min: 1, integer: true, description: "runs of each row, in turns, default 5" },
    row: {
      type: "string",
      multiple: true,
      choices: ["weir", "opencv", "latest", "legacy", "auto"],
      description: "only these rows",
    },
  },
  examples: [["scripts/bench/peers/run.sh", "everything, in about an hour and a half; let nothing else run meanwhile"]],
} as const satisfies Command;

interface Plan {
  python: string;
  rows: PeerRow[];
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  cells: { load: number; cameras: number }[];
}

const KEEP_FRAMES = 20;
const LEAST_AGREEMENT = 0.85;
/** The product opens its cameras side by side, but may take seconds to find out what a slow one sends. */
const OPEN_SECONDS = 12;
const CORES = navigator.hardwareConcurrency;

async function main(args: string[]): Promise<void> {
  const { flags, help } = parseFlags(COMMAND, args);
  if (help) return print(helpPage(COMMAND));
  const { quick = false } = flags;
  const plan: Plan = {
    python: flags.python ?? "python3",
    rows: (flags.row ?? ["weir", "opencv", "latest", "legacy", "auto"]) as PeerRow[],
    rounds: flags.rounds ?? (quick ? 1 : 5),
    seconds: flags.seconds ?? (quick ? 4 : 8),
    warmupSeconds: quick ? 2 : 4,
    cells: quick ? [{ load: 4, cameras: 8 }] : [{ load: 1, cameras: 4 }, { load: 4, cameras: 8 }],
  };
  const models = (await benchModels()).filter(({ id }) => quick ? id === "heavy" : id !== "light");
  const report: PeersReport = {
    machine: machine(),
    command: [
      "scripts/bench/peers/run.sh",
      ...args.filter((arg, n) => arg !== "--python" && args[n - 1] !== "--python"),
    ].join(" "),
    versions: await pythonVersions(plan.python),
    labels: Object.fromEntries(models.map(({ id, label }) => [id, label])),
    throughput: [],
    live: [],
  };
  for (const model of models) report.throughput.push(...await throughput(model, plan));
  for (const model of models.filter(({ id }) => id === "heavy")) {
    const rows = report.throughput.filter((row) => row.model === model.id);
    const capacity = Math.max(...rows.map(({ perSecond }) => perSecond));
    const voids = new Set(rows.filter((row) => row.void).map(({ row }) => row));
    for (const cell of plan.cells) report.live.push(...await live(model, { ...cell, capacity, voids }, plan));
  }
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(", ");
  printReport(report, {
    json: flags.json,
    lines: [machineLine(report.machine), versions],
    tables: peersTables(report),
  });
}

/** A file on each core, every frame: completed results a second of every row, in turns. */
async function throughput(model: BenchModel, plan: Plan): Promise<ThroughputRow[]> {
  const spec = await resolveModel(model.file);
  // No row plays a clip twice, so it has to be longer than the fastest row gets.
  const clip = await benchClip("pitch", { frames: model.id === "heavy" ? 500 : 2000 });
  const reference = await inFreshProcess("detections", { clip: clip.file, model: model.file, frames: KEEP_FRAMES });
  const mine = new Map(reference.map((found, frame) => [
    frame,
    found.map(({ box, score, classId }): PeerDetection => [...box, score, classId]),
  ]));
  const rows = plan.rows.filter((row) => row !== "latest");
  const rates = new Map<PeerRow, number[]>(rows.map((row) => [row, []]));
  const costs = new Map<PeerRow, number[]>(rows.map((row) => [row, []]));
  const shares = new Map<PeerRow, number>();
  for (let n = 1; n <= plan.rounds; n++) {
    for (const row of inTurn(rows, n)) {
      if (row === "weir") {
        const options = { warmupMs: plan.warmupSeconds * 1000, seconds: plan.seconds };
        const run = await inFreshProcess("weir", { clip: clip.file, model: model.file, streams: CORES, ...options });
        rates.get(row)!.push(run.perSecond);
        costs.get(row)!.push(run.cpuSecondsPerResult * 1000);
      } else {
        const run = await runPython({
          python: plan.python,
          row,
          spec,
          sources: Array.from({ length: CORES }, () => clip.file),
          processes: CORES,
          live: false,
          seconds: plan.warmupSeconds + plan.seconds,
          keepFrames: KEEP_FRAMES,
        });
        rates.get(row)!.push(completionRate(settled(run, plan).map(([atMs]) => atMs)));
        costs.get(row)!.push((run.cpuSeconds * 1000) / run.results.length);
        if (!shares.has(row)) shares.set(row, agreement(mine, run.kept, spec.minScore).share);
      }
      say(`${model.id}, round ${n} of ${plan.rounds}, ${row}: ${rates.get(row)!.at(-1)}/s`);
    }
  }
  return rows.map((row) => ({
    model: model.id,
    row,
    perSecond: round(median(rates.get(row)!)),
    cpuMsPerResult: round(median(costs.get(row)!)),
    rounds: rates.get(row)!,
    agreement: round(row === "weir" ? 1 : shares.get(row)!, 3),
    void: row !== "weir" && shares.get(row)! < LEAST_AGREEMENT,
  }));
}

interface LiveCell {
  load: number;
  cameras: number;
  capacity: number;
  voids: ReadonlySet<PeerRow>;
}

interface LiveRun {
  perSecond: number;
  age: Ages;
  trendMsPerSecond: number;
}

/** Cameras over RTSP at a multiple of the machine's capacity: how old results are, in turns. */
async function live(model: BenchModel, cell: LiveCell, plan: Plan): Promise<LiveRow[]> {
  const { load, cameras, capacity, voids } = cell;
  const fps = round((load * capacity) / cameras, 3);
  const runs = new Map<PeerRow, LiveRun[]>(plan.rows.map((row) => [row, []]));
  const failures = new Map<PeerRow, string[]>(plan.rows.map((row) => [row, []]));
  for (let n = 1; n <= plan.rounds; n++) {
    for (const row of inTurn(plan.rows, n)) {
      try {
        const run = await liveRun(row, model, { cameras, fps, plan });
        runs.get(row)!.push(run);
        say(
          `${load}×, ${cameras} cameras, round ${n} of ${plan.rounds}, ${row}: ${run.perSecond}/s, p95 ${run.age.p95} ms`,
        );
      } catch (error) {
        failures.get(row)!.push((error instanceof Error ? error.message : String(error)).split("\n")[0]);
        say(`${load}×, ${cameras} cameras, round ${n} of ${plan.rounds}, ${row}: ${failures.get(row)!.at(-1)}`);
      }
    }
  }
  return plan.rows.map((row) => {
    const all = runs.get(row)!;
    const middle = (of: (run: LiveRun) => number) => round(median(all.map(of)));
    const p = (key: keyof Ages) => middle(({ age }) => age[key]);
    return {
      model: model.id,
      row,
      load,
      cameras,
      fps,
      perSecond: middle(({ perSecond }) => perSecond),
      age: { count: p("count"), p50: p("p50"), p95: p("p95"), p99: p("p99"), max: p("max") },
      trendMsPerSecond: middle(({ trendMsPerSecond }) => trendMsPerSecond),
      rounds: all.length,
      failures: [...new Set(failures.get(row))],
      // The slot's detector is the plain loop's.
      void: voids.has(row === "latest" ? "opencv" : row),
    };
  });
}

async function liveRun(
  row: PeerRow,
  model: BenchModel,
  { cameras, fps, plan }: { cameras: number; fps: number; plan: Plan },
): Promise<LiveRun> {
  const clip = await benchClip("counter", { frames: 500, container: "ts" });
  await using player = new CameraProcess({ clip: clip.file, fps, cameras });
  const urls = await player.urls(cameras);
  const seconds = plan.warmupSeconds + plan.seconds;
  const { results } = row === "weir"
    ? await inFreshProcess("live", { urls, model: model.file, seconds: OPEN_SECONDS + seconds })
    : await runPython({
      python: plan.python,
      row,
      spec: await resolveModel(model.file),
      sources: urls,
      processes: CORES,
      live: true,
      // A process whose cameras came earlier waits for those of the others.
      seconds: seconds + OPEN_SECONDS,
      keepFrames: 0,
    });
  const firstSent = await player.end();
  const firstSentAtMs = urls.map((_, n) => firstSent[`c${n + 1}`]);
  const read = results.filter(([, , counter]) => counter >= 0);
  if (read.length === 0) throw new Error("no result whose counter can be read");
  const counted = settled({ results: read }, plan);
  const all = liveAges(counted, { firstSentAtMs, fps, clipFrames: clip.frames });
  return {
    perSecond: round(counted.length / plan.seconds),
    age: ages(all.map(({ ageMs }) => ageMs)),
    trendMsPerSecond: round(slope(all.map(({ atMs, ageMs }) => ({ x: atMs / 1000, y: ageMs })))),
  };
}

/** What came out in the measured seconds, which begin when every source has given results for the warm-up. */
function settled({ results }: Pick<PythonRunResult, "results">, { warmupSeconds, seconds }: Plan): LiveResult[] {
  const first = new Map<number, number>();
  for (const [atMs, source] of results) first.set(source, Math.min(atMs, first.get(source) ?? Infinity));
  const fromMs = Math.max(...first.values()) + warmupSeconds * 1000;
  return results.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + seconds * 1000);
}

/** Another row begins in every round, so that none always runs on a machine that is warm, or cold. */
function inTurn<T>(rows: readonly T[], round: number): T[] {
  const first = (round - 1) % rows.length;
  return [...rows.slice(first), ...rows.slice(0, first)];
}

async function pythonVersions(python: string): Promise<Record<string, string>> {
  const script = "import json; from importlib.metadata import version; import platform; " +
    "print(json.dumps({'python': platform.python_version(), " +
    "**{n: version(n) for n in ('opencv-python', 'onnxruntime', 'inference')}}))";
  const { success, stdout } = await new Deno.Command(python, { args: ["-c", script] }).output();
  if (!success) throw new Error(`Cannot use ${python}: the peers are not installed there; run.sh does that`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

if (import.meta.main) await main(Deno.args);
