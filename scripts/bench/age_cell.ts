import { nowMs } from "../../src/core/clock.ts";
import { DROP_CAUSES, type DropCause } from "../../src/core/drops.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import { counterCostMs } from "./counter_cost.ts";
import { delay } from "./delay.ts";
import { type CpuFigures, cpuFigures, pssBytes, snapshot } from "./process_usage.ts";
import { type Ages, ages, percentile, round } from "./statistics.ts";
import { type Aged, aged, modulo, type Seen, trend } from "./age_schedule.ts";

/** One cell of the age table: so many paced streams at so many frames a second each. */
export interface AgeCellOptions {
  /** A clip of the `counter` scene, retimed to `fps`. */
  clip: string;
  clipFrames: number;
  fps: number;
  model: string;
  streams: number;
  /** What reading the network's output takes in the bare loop. */
  readMs: number;
  /** Time that passes before results count: decoders and models settle. */
  warmupMs: number;
  seconds: number;
}

/** How old results were, and where the frames went. */
export interface AgeCellResult extends CpuFigures {
  age: Ages;
  decodeP95Ms: number;
  inferP95Ms: number;
  /** Age − decoding − inference − reading the counter: what preparing, waiting, travelling and reading out cost. */
  added: Ages;
  /** The same without preparing and reading out, which the bare loop does, too: the framework's own. */
  own: Ages;
  /** What reading the counter takes of each frame. */
  counterMs: number;
  /** Where the added time went by the product's own account: before the run, and after it. */
  queueP50Ms: number;
  postP50Ms: number;
  perSecond: number;
  dropped: Partial<Record<DropCause, number>>;
  unaccounted: number;
  /** Results whose burned-in counter is not the one of their frame number; anything but zero voids the cell. */
  wrongCounters: number;
  /** How much older results get with every second, by least squares over the second half. */
  trendMsPerSecond: number;
  grows: boolean;
  /** Frames came in slower than the schedule wants: reading and decoding alone are too much for the machine. */
  decodeBound: boolean;
  pssBytes?: number;
}

/** Plays a clip with a burned-in counter in real time on every stream and measures how old its results are at main. */
export async function ageCell(options: AgeCellOptions): Promise<AgeCellResult> {
  await using weir = await Weir.start();
  const seen = new Map<string, Seen[]>();
  const failed = Promise.withResolvers<never>();
  // Observed below; a failure may come before anybody waits for it.
  failed.promise.catch(() => {});
  weir.results$.subscribe((result) => seen.get(result.stream)?.push(read(result)));
  weir.states$.subscribe(({ stream, state, cause }) => {
    if (state === "failed") failed.reject(new Error(`Cannot measure: stream ${stream} failed, ${cause?.message}`));
  });
  const add = (id: string) =>
    weir.add(
      benchStream(id, { kind: "file", path: options.clip, pace: "realtime", loop: true }, {
        pipeline: [{ model: options.model }, { analyzer: "counter" }],
        mode: "latest",
      }),
    );
  await Promise.race([warmUp(weir, add), failed.promise]);
  const ids = Array.from({ length: options.streams }, (_, n) => `s${n + 1}`);
  const periodMs = 1000 / options.fps;
  const beganAtMs = nowMs();
  for (const [n, id] of ids.entries()) {
    // Frames that come together have to queue, whoever runs the model: the streams' frames come evenly spread.
    await delay(modulo(beganAtMs + (n * periodMs) / options.streams - nowMs(), periodMs));
    seen.set(id, []);
    await add(id);
  }
  const statusOfAll = () => Promise.all(ids.map((id) => weir.status(id)));
  await Promise.race([delay(options.warmupMs), failed.promise]);
  const before = await statusOfAll();
  const from = snapshot();
  await Promise.race([delay(options.seconds * 1000), failed.promise]);
  const to = snapshot();
  const pss = pssBytes();
  const statuses = await statusOfAll();

  const arrived = sum(statuses, ({ frames }) => frames.received) - sum(before, ({ frames }) => frames.received);
  const offered = options.streams * options.fps * (to.atMs - from.atMs) / 1000;
  const streams = [...seen.values()].map((results) => aged(results, options));
  const counted = streams.flatMap(({ results }) => results).filter(({ receivedAtMs }) => receivedAtMs >= from.atMs);
  if (counted.length === 0) throw new Error("Cannot measure ages: no result came in time");
  const values = counted.map(({ ageMs }) => ageMs);
  const counterMs = await counterCostMs(options.clip);
  return {
    age: ages(values),
    counterMs,
    decodeP95Ms: round(percentile(counted.map(({ decodeMs }) => decodeMs), 0.95)),
    inferP95Ms: round(percentile(counted.map(({ inferMs }) => inferMs), 0.95)),
    added: ages(counted.map((result) => added(result) - counterMs)),
    own: ages(counted.map((result) => added(result) - counterMs - options.readMs - result.prepareMs)),
    queueP50Ms: round(percentile(counted.map(({ queueMs }) => queueMs), 0.5)),
    postP50Ms: round(percentile(counted.map(({ postMs }) => postMs), 0.5)),
    perSecond: round(counted.length / ((to.atMs - from.atMs) / 1000)),
    dropped: sumDrops(statuses.map(({ frames }) => frames.dropped)),
    unaccounted: sum(statuses, ({ frames }) => Math.abs(frames.unaccounted)),
    wrongCounters: sum(streams, ({ wrongCounters }) => wrongCounters),
    ...trend(counted),
    decodeBound: arrived < 0.95 * offered,
    pssBytes: pss,
    ...cpuFigures(from, to, counted.length),
  };
}

function added({ ageMs, decodeMs, inferMs }: Aged): number {
  return ageMs - decodeMs - inferMs;
}

/** Starts every thread and has it work once, with streams that do not count. */
async function warmUp(weir: Weir, add: (id: string) => Promise<void>): Promise<void> {
  const ids = Array.from({ length: navigator.hardwareConcurrency }, (_, n) => `warm${n + 1}`);
  const waiting = new Set(ids);
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = weir.results$.subscribe(({ stream }) => {
    if (waiting.delete(stream) && waiting.size === 0) resolve();
  });
  for (const id of ids) await add(id);
  await promise;
  subscription.unsubscribe();
  for (const id of ids) await weir.remove(id);
}

function read(result: ResultEnvelope): Seen {
  const { counter } = result.outputs as { counter?: { value?: number } };
  return {
    receivedAtMs: nowMs(),
    counter: counter?.value ?? -1,
    seq: result.seq,
    ageMs: result.ageMs!,
    ...result.timings!,
  };
}

function sumDrops(all: readonly Record<DropCause, number>[]): Partial<Record<DropCause, number>> {
  const sums = DROP_CAUSES.map((cause) => [cause, sum(all, (dropped) => dropped[cause])] as const);
  return Object.fromEntries(sums.filter(([, count]) => count > 0));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
