import type { AgeCellResult } from "./age_cell.ts";
import type { LoopResult } from "./bare_loop.ts";
import type { Machine } from "./machine.ts";
import type { CpuFigures } from "./process_usage.ts";
import type { MemoryPerStreamResult } from "./memory_per_stream.ts";
import type { SoakResult } from "./soak.ts";
import { round } from "./statistics.ts";
import type { WeirLoopResult } from "./weir_loop.ts";

/** One network's comparison: medians over all rounds, and every round. */
export interface EfficiencyRow {
  model: string;
  label: string;
  /** Of the network's file. */
  sha256?: string;
  target?: number;
  /** Weir ÷ bare in completed results a second: the median over the pairs of runs. */
  efficiency: number;
  /** Bare ÷ Weir in processor time a result: what is left of a difference when something else runs beside. */
  cpuEfficiency: number;
  bare: LoopResult;
  weir: WeirLoopResult;
  /** Only the network over and over, no frames: the ceiling of inference alone. */
  runOnly: LoopResult;
  rounds: { bare: number; weir: number }[];
  /** Pairs that were run again because something else had the machine. */
  repeated: number;
}

/** One cell of the age table. */
export interface AgeRow extends AgeCellResult {
  model: string;
  /** Frames offered, as a multiple of what the product completes at most. */
  load: number;
  streams: number;
  fps: number;
  /** p95 of decoding and inference, one frame interval and 10 ms: what p95 may be at most under overload. */
  limitMs: number;
}

/** Everything a run of the benchmark found. */
export interface BenchReport {
  machine: Machine;
  /** The command that made it. */
  command: string;
  /** Of the first network; each network's own is in `efficiencies`. */
  efficiency: number;
  bare: LoopResult;
  weir: WeirLoopResult;
  efficiencies: EfficiencyRow[];
  /** Decoding alone, no network. */
  decode: LoopResult;
  age: AgeRow[];
  unaccounted: number;
  memory?: MemoryPerStreamResult;
  firstResultMs?: { median: number; runs: number[] };
  soak?: SoakResult;
}

/** A table as text or Markdown knows how to draw it. */
export interface ReportTable {
  title: string;
  head: string[];
  rows: string[][];
}

/** The report's tables, in reading order. */
export function reportTables(report: BenchReport): ReportTable[] {
  const tables = [efficiencyTable(report), ceilingTable(report)];
  if (report.age.length > 0) tables.push(ageTable(report));
  const figures = figureRows(report);
  if (figures.length > 0) tables.push({ title: "Other figures", head: ["figure", "value", "aim"], rows: figures });
  return tables;
}

/** One line on what it was measured with. */
export function machineLine({ cores, cpu, memoryMb, os, versions, date }: Machine): string {
  const { weir, deno } = versions;
  const libraries = ["node-av", "onnxruntime-node"].map((name) => `${name} ${versions[name]}`).join(", ");
  return `${cores} cores of ${cpu}, ${
    Math.round(memoryMb / 1024)
  } GB, ${os}; Weir ${weir}, Deno ${deno}, ${libraries}; ${date}`;
}

/** A sentence where other programs took so much of the machine that its figures cannot be trusted. */
export function busyWarning({ machine: { cores }, efficiencies, age }: BenchReport): string | undefined {
  const runs = [...efficiencies.flatMap(({ bare, weir }) => [bare, weir]), ...age];
  const disturbed = runs.filter((run) => isDisturbed(run, cores));
  if (disturbed.length === 0) return undefined;
  const most = Math.max(...disturbed.map(({ coresTaken }) => coresTaken!));
  return `Other programs took up to ${most.toFixed(2)} of ${cores} cores meanwhile: do not trust the figures.`;
}

/** Whether something else had more than a trace of the machine during a run. */
export function isDisturbed({ coresTaken = 0 }: CpuFigures, cores: number): boolean {
  return coresTaken > 0.05 * cores;
}

function efficiencyTable({ efficiencies }: BenchReport): ReportTable {
  return {
    title: "Efficiency: completed results a second, Weir against the bare loop on the same cores",
    head: [
      "network",
      "bare/s",
      "Weir/s",
      "efficiency",
      "aim",
      "bare CPU ms",
      "Weir CPU ms",
      "by CPU",
      "rounds (efficiency of each)",
    ],
    rows: efficiencies.map(({ label, bare, weir, efficiency, cpuEfficiency, target, rounds }) => [
      label,
      bare.perSecond.toFixed(1),
      weir.perSecond.toFixed(1),
      efficiency.toFixed(3),
      target === undefined ? "–" : `≥ ${target}${efficiency < target ? " missed" : ""}`,
      cpuMs(bare),
      cpuMs(weir),
      cpuEfficiency.toFixed(3),
      rounds.map(({ bare, weir }) => (weir / bare).toFixed(2)).join(" "),
    ]),
  };
}

function ceilingTable({ efficiencies, decode }: BenchReport): ReportTable {
  const stage = (loop: LoopResult, name: string) =>
    loop.stagesMs[name] === undefined ? "–" : loop.stagesMs[name].toFixed(2);
  const row = (name: string, loop: LoopResult) => [
    name,
    loop.perSecond.toFixed(1),
    cpuMs(loop),
    ...["decode", "prepare", "run", "read"].map((part) => stage(loop, part)),
  ];
  return {
    title: "For information: the bare loops, one worker a core, ms of a frame by stage",
    head: ["loop", "per s", "CPU ms", "decode", "prepare", "run", "read"],
    rows: [
      ...efficiencies.flatMap((
        { label, bare, runOnly },
      ) => [row(`${label}: all`, bare), row(`${label}: run only`, runOnly)]),
      row("decode only", decode),
    ],
  };
}

function ageTable({ age, efficiencies }: BenchReport): ReportTable {
  return {
    title: "Live age at main, ms: paced clip with a burned-in counter",
    head: [
      ...["network", "load", "streams", "fps each", "results/s", "p50", "p95", "p99", "max"],
      ...[
        "decode p95",
        "infer p95",
        "added p50",
        "added p99",
        "own p50",
        "own p99",
        "limit",
        "trend ms/s",
        "dropped",
        "unacc.",
        "PSS MB",
        "notes",
      ],
    ],
    rows: age.map((row) => [
      efficiencies.find(({ model }) => model === row.model)?.model ?? row.model,
      `${row.load}×`,
      String(row.streams),
      row.fps.toFixed(1),
      row.perSecond.toFixed(1),
      ...[row.age.p50, row.age.p95, row.age.p99, row.age.max].map((ms) => ms.toFixed(1)),
      ...[row.decodeP95Ms, row.inferP95Ms].map((ms) => ms.toFixed(1)),
      ...[row.added.p50, row.added.p99, row.own.p50, row.own.p99, row.limitMs].map((ms) => ms.toFixed(1)),
      row.trendMsPerSecond.toFixed(1),
      Object.entries(row.dropped).map(([cause, count]) => `${count} ${cause}`).join(" ") || "none",
      String(row.unaccounted),
      row.pssBytes === undefined ? "–" : megabytes(row.pssBytes),
      notes(row),
    ]),
  };
}

function notes({ decodeBound, grows, wrongCounters, age, limitMs, load }: AgeRow): string {
  return [
    decodeBound && "decoding is the bottleneck",
    grows && "AGE GROWS",
    wrongCounters > 0 && `${wrongCounters} WRONG COUNTERS`,
    load > 1 && age.p95 > limitMs && "over the limit",
  ].filter(Boolean).join(", ") || "–";
}

function figureRows({ unaccounted, memory, firstResultMs, soak }: BenchReport): string[][] {
  const rows = [["unaccounted frames, all cells", String(unaccounted), "0"]];
  if (memory) {
    rows.push(["memory of each further 720p stream", `${megabytes(memory.perStreamBytes)} MB`, "≤ 50 MB"]);
  }
  if (firstResultMs) {
    rows.push(["start to first result of weir run scene:pitch", `${round(firstResultMs.median / 1000)} s`, "≤ 2 s"]);
  }
  if (soak) {
    const { settled, last, minutes, reconnects, growthMbPerMinute } = soak;
    rows.push(
      [`memory over ${minutes} min, ${reconnects} reconnects`, `${settled.pssMb} → ${last.pssMb} MB`, "flat"],
      ["its growth, least squares", `${growthMbPerMinute} MB/min`, "0"],
      [
        "its descriptors and threads",
        `${settled.descriptors} → ${last.descriptors}, ${settled.threads} → ${last.threads}`,
        "flat",
      ],
    );
  }
  return rows;
}

function cpuMs({ cpuSecondsPerResult }: LoopResult): string {
  return (cpuSecondsPerResult * 1000).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
