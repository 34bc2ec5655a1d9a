import { resolveModel } from "../../models/manifest.ts";
import { type AgeRow, type BenchReport, type EfficiencyRow, isDisturbed } from "./bench_report.ts";
import type { LoopResult } from "./bare_loop.ts";
import { type BenchModel, benchModels } from "./bench_models.ts";
import { benchClip, type Clip, clipAtSpeed } from "./clips.ts";
import { firstResultMs } from "./first_result.ts";
import { inFreshProcess } from "./fresh_process.ts";
import { machine } from "./machine.ts";
import { say } from "./say.ts";
import { median, round } from "./statistics.ts";
import type { WeirLoopResult } from "./weir_loop.ts";

/** What a run of the benchmark measures, and how long. */
export interface Plan {
  models: BenchModel[];
  parts: Set<string>;
  streams: number[];
  loads: number[];
  seconds: number;
  rounds: number;
  warmupMs: number;
  /** How often a measurement is made again because something else had the machine, for each that is wanted. */
  repeats: number;
  soakMinutes?: number;
}

/** Measures everything that the plan wants; `command` is what the report says made it. */
export async function benchRun(plan: Plan, command: string): Promise<BenchReport> {
  say("rendering the clips");
  const clip = await benchClip("pitch", { frames: 250 });
  const workers = navigator.hardwareConcurrency;
  const pace = { workers, warmupMs: plan.warmupMs, seconds: plan.seconds };
  const efficiencies: EfficiencyRow[] = [];
  for (const model of plan.models) efficiencies.push(await compare(model, clip, plan));
  say("decoding alone");
  const spec = await resolveModel(plan.models[0].file);
  const decode = await inFreshProcess("bare", { clip: clip.file, spec, part: "decode", ...pace });
  const age = plan.parts.has("age") ? await ageCells(plan, efficiencies) : [];
  const report: BenchReport = {
    machine: machine(),
    command,
    efficiency: efficiencies[0].efficiency,
    bare: efficiencies[0].bare,
    weir: efficiencies[0].weir,
    efficiencies,
    decode,
    age,
    unaccounted: [...efficiencies.map(({ weir }) => weir), ...age].reduce(
      (sum, { unaccounted }) => sum + unaccounted,
      0,
    ),
  };
  if (plan.parts.has("figures")) await addFigures(report, plan);
  if (plan.soakMinutes !== undefined) {
    say(`soaking for ${plan.soakMinutes} minutes`);
    const { file } = await benchClip("counter", { frames: 250, container: "ts" });
    const soak = { clip: file, model: await lightest(plan), minutes: plan.soakMinutes, flapMs: 5000 };
    report.soak = await inFreshProcess("soak", soak);
    report.unaccounted += Math.abs(report.soak.unaccounted);
  }
  return report;
}

/** The bare loop and the product in turns, so that a machine that warms up or slows down does so for both. */
async function compare(model: BenchModel, clip: Clip, plan: Plan): Promise<EfficiencyRow> {
  const workers = navigator.hardwareConcurrency;
  const pace = { warmupMs: plan.warmupMs, seconds: plan.seconds };
  const spec = await resolveModel(model.file);
  const bare: LoopResult[] = [];
  const weir: WeirLoopResult[] = [];
  // A single pair is all there is to compare with when only the capacity is wanted.
  const rounds = plan.parts.has("efficiency") ? plan.rounds : 1;
  let repeated = 0;
  for (let round = 1; round <= rounds;) {
    const sides = [
      () => inFreshProcess("bare", { clip: clip.file, spec, part: "all", workers, ...pace }),
      () => inFreshProcess("weir", { clip: clip.file, model: model.file, streams: workers, ...pace }),
    ] as const;
    const second = round % 2 ? undefined : await sides[1]();
    const b = await sides[0]();
    const w = second ?? await sides[1]();
    const rates = `bare ${b.perSecond}/s, Weir ${w.perSecond}/s, ${(w.perSecond / b.perSecond).toFixed(3)}`;
    const disturbed = [b, w].some((side) => isDisturbed(side, workers));
    if (disturbed && repeated < rounds * plan.repeats) {
      repeated++;
      say(`${model.id}, round ${round} of ${rounds}: ${rates}, disturbed by other programs: once more`);
      continue;
    }
    bare.push(b);
    weir.push(w);
    say(`${model.id}, round ${round++} of ${rounds}: ${rates}`);
  }
  const runOnly = await inFreshProcess("bare", { clip: clip.file, spec, part: "run", workers, ...pace });
  const [bareMedian, weirMedian] = [medians(bare), medians(weir)];
  return {
    model: model.id,
    label: model.label,
    sha256: spec.sha256,
    target: model.target,
    // A pair's two sides ran one after the other: what slows the machine down slows both.
    efficiency: round(median(bare.map((_, n) => weir[n].perSecond / bare[n].perSecond)), 4),
    cpuEfficiency: round(bareMedian.cpuSecondsPerResult / weirMedian.cpuSecondsPerResult, 4),
    bare: bareMedian,
    weir: { ...weirMedian, unaccounted: weir.reduce((sum, { unaccounted }) => sum + unaccounted, 0) },
    runOnly,
    repeated,
    rounds: bare.map((_, n) => ({ bare: bare[n].perSecond, weir: weir[n].perSecond })),
  };
}

/** The run in the middle; its rate is the median of all. */
function medians<R extends LoopResult>(runs: readonly R[]): R {
  const sorted = runs.toSorted((a, b) => a.perSecond - b.perSecond);
  return {
    ...sorted[sorted.length >> 1],
    perSecond: round(median(runs.map(({ perSecond }) => perSecond))),
    cpuSecondsPerResult: round(median(runs.map(({ cpuSecondsPerResult }) => cpuSecondsPerResult)), 6),
    coresTaken: Math.max(...runs.map(({ coresTaken }) => coresTaken ?? 0)),
  };
}

async function ageCells(plan: Plan, efficiencies: readonly EfficiencyRow[]): Promise<AgeRow[]> {
  const clip = await benchClip("counter", { frames: 500 });
  const rows: AgeRow[] = [];
  for (const { model, weir, bare } of efficiencies) {
    const { file } = plan.models.find(({ id }) => id === model)!;
    for (const load of plan.loads) {
      for (const streams of plan.streams) {
        const { file: clipFile, fps } = await clipAtSpeed(clip, (load * weir.perSecond) / streams);
        const options = {
          clip: clipFile,
          clipFrames: clip.frames,
          fps,
          model: file,
          streams,
          readMs: bare.stagesMs.read,
        };
        const pace = { warmupMs: plan.warmupMs + 1000, seconds: plan.seconds + 4 };
        let cell = await inFreshProcess("age", { ...options, ...pace });
        for (let n = 0; n < plan.repeats && isDisturbed(cell, navigator.hardwareConcurrency); n++) {
          say(`${model}, load ${load}, ${streams} streams: disturbed by other programs: once more`);
          cell = await inFreshProcess("age", { ...options, ...pace });
        }
        await Deno.remove(clipFile);
        const limitMs = round(cell.decodeP95Ms + cell.inferP95Ms + 1000 / fps + 10);
        rows.push({ model, load, streams, fps: round(fps, 3), limitMs, ...cell });
        const { p50, p95 } = cell.age;
        say(`${model}, load ${load}, ${streams} streams at ${fps.toFixed(1)} fps: age p50 ${p50}, p95 ${p95} ms`);
      }
    }
  }
  return rows;
}

async function addFigures(report: BenchReport, plan: Plan): Promise<void> {
  say("memory of each further stream");
  const { file } = await benchClip("counter", { frames: 500 });
  report.memory = await inFreshProcess("memory", {
    clip: file,
    model: await lightest(plan),
    base: navigator.hardwareConcurrency,
    further: 4,
    settleMs: plan.warmupMs * 4,
  });
  say("start to first result");
  const runs: number[] = [];
  for (let n = 0; n < plan.rounds; n++) runs.push(round(await firstResultMs(), 0));
  report.firstResultMs = { median: median(runs), runs };
}

async function lightest(plan: Plan): Promise<string> {
  return (plan.models.find(({ id }) => id === "light") ?? (await benchModels()).at(-1)!).file;
}
