import type { ModelSpec } from "../../src/core/model.ts";
import { delay } from "./delay.ts";
import type { BarePart, BareStages, BareWorkerInit } from "./bare_worker.ts";
import { type CpuFigures, cpuFigures, snapshot } from "./process_usage.ts";
import { round } from "./statistics.ts";
import { completionRate } from "./completion_rate.ts";

/** What to run straight through, and for how long. */
export interface BareLoopOptions {
  clip: string;
  spec: ModelSpec;
  part: BarePart;
  /** Workers, one a core. */
  workers: number;
  warmupMs: number;
  seconds: number;
}

/** What one side of a comparison achieved. */
export interface LoopResult extends CpuFigures {
  perSecond: number;
  results: number;
  /** Mean milliseconds a frame, by stage, where the side knows it. */
  stagesMs: Record<string, number>;
}

// Room for 10,000 results a second over a minute.
const MAX_RESULTS = 600_000;

/** Runs the bare loop in this process: one straight-line worker per core, every frame, no framework. */
export async function bareLoop(options: BareLoopOptions): Promise<LoopResult> {
  const stop = new SharedArrayBuffer(4);
  const crew = await Promise.all(Array.from({ length: options.workers }, async () => {
    const done = new SharedArrayBuffer((MAX_RESULTS / options.workers + 1) * 8);
    const worker = new Worker(new URL("./bare_worker.ts", import.meta.url), { type: "module" });
    const { clip, spec, part } = options;
    await ask(worker, { clip, spec, part, stop, done } satisfies BareWorkerInit);
    return { worker, done: new Float64Array(done) };
  }));
  const finished = Promise.all(crew.map(({ worker }) => ask<BareStages>(worker, "go")));
  await delay(options.warmupMs);
  const before = snapshot();
  await delay(options.seconds * 1000);
  const after = snapshot();
  Atomics.store(new Int32Array(stop), 0, 1);
  const stages = await finished;
  for (const { worker } of crew) worker.terminate();

  const times = crew.flatMap(({ done }) => [...done.subarray(1, done[0] + 1)]);
  const inWindow = times.filter((time) => time > before.atMs && time <= after.atMs);
  return {
    perSecond: completionRate(inWindow),
    ...cpuFigures(before, after, inWindow.length),
    results: inWindow.length,
    stagesMs: meanStages(stages),
  };
}

function meanStages(all: readonly BareStages[]): Record<string, number> {
  const frames = all.reduce((sum, { frames }) => sum + frames, 0);
  const mean = (stage: Exclude<keyof BareStages, "frames">) =>
    round(all.reduce((sum, stages) => sum + stages[stage], 0) / frames, 3);
  return { decode: mean("decodeMs"), prepare: mean("prepareMs"), run: mean("runMs"), read: mean("readMs") };
}

function ask<T>(worker: Worker, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot run the bare loop: ${event.message}`));
    };
    worker.postMessage(message);
  });
}
