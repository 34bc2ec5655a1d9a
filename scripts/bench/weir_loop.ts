import { nowMs } from "../../src/core/clock.ts";
import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import { completionRate } from "./completion_rate.ts";
import type { LoopResult } from "./bare_loop.ts";
import { delay } from "./delay.ts";
import { cpuFigures, pssBytes, snapshot } from "./process_usage.ts";
import { round } from "./statistics.ts";

/** What to run through the product, and for how long. */
export interface WeirLoopOptions {
  clip: string;
  /** Path of the ONNX file. */
  model: string;
  streams: number;
  warmupMs: number;
  seconds: number;
}

/** What the product achieved, and whether its accounts are right. */
export interface WeirLoopResult extends LoopResult {
  unaccounted: number;
  pssBytes?: number;
}

/** Runs the product in this process as a library: a looped file on each stream, every frame, results counted at main. */
export async function weirLoop(options: WeirLoopOptions): Promise<WeirLoopResult> {
  await using weir = await Weir.start();
  const times: number[] = [];
  const first = Promise.withResolvers<void>();
  weir.results$.subscribe(() => {
    times.push(nowMs());
    first.resolve();
  });
  weir.states$.subscribe(({ stream, state, cause }) => {
    if (state === "failed") first.reject(new Error(`Cannot measure: stream ${stream} failed, ${cause?.message}`));
  });
  const ids = Array.from({ length: options.streams }, (_, n) => `s${n + 1}`);
  for (const id of ids) {
    await weir.add(
      benchStream(id, { kind: "file", path: options.clip, loop: true }, {
        pipeline: [{ model: options.model }],
        mode: "block",
      }),
    );
  }
  await first.promise;
  await delay(options.warmupMs);
  const before = snapshot();
  await delay(options.seconds * 1000);
  const after = snapshot();
  const statuses = await Promise.all(ids.map((id) => weir.status(id)));
  const inWindow = times.filter((time) => time > before.atMs && time <= after.atMs);
  const mean = (stage: keyof (typeof statuses)[number]["timings"]) =>
    round(statuses.reduce((sum, status) => sum + status.timings[stage].mean, 0) / statuses.length, 3);
  return {
    perSecond: completionRate(inWindow),
    ...cpuFigures(before, after, inWindow.length),
    results: inWindow.length,
    stagesMs: {
      decode: mean("decodeMs"),
      queue: mean("queueMs"),
      prepare: mean("prepareMs"),
      run: mean("inferMs"),
      post: mean("postMs"),
    },
    unaccounted: statuses.reduce((sum, { frames }) => sum + Math.abs(frames.unaccounted), 0),
    pssBytes: pssBytes(),
  };
}
