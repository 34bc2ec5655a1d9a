import { Weir } from "../../src/app.ts";
import { benchStream } from "./bench_stream.ts";
import { CameraProcess } from "./camera_process.ts";
import { delay } from "./delay.ts";
import { openHandles, pssBytes } from "./process_usage.ts";
import { say } from "./say.ts";
import { round, slope } from "./statistics.ts";

/** A camera that comes and goes, and for how long. */
export interface SoakOptions {
  /** An H.264 clip in an MPEG transport stream. */
  clip: string;
  model: string;
  minutes: number;
  /** The camera's connection is reset this often. */
  flapMs: number;
}

/** Whether anything grew. */
export interface SoakResult {
  minutes: number;
  reconnects: number;
  completed: number;
  unaccounted: number;
  /** Memory, descriptors and threads after the first fifth of the time, and at the end. */
  settled: Reading;
  last: Reading;
  /** Least squares over all but the first fifth. */
  growthMbPerMinute: number;
}

interface Reading {
  pssMb: number;
  descriptors: number;
  threads: number;
}

const SAMPLE_MS = 5000;

/** Watches the product's memory while its only camera loses its connection again and again. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { clip, model, minutes, flapMs } = options;
  await using cameras = new CameraProcess({ clip, fps: 25, cameras: 1, flapMs });
  const [url] = await cameras.urls(1);
  await using weir = await Weir.start();
  await weir.add(
    benchStream("camera", { kind: "rtsp", url, transport: "tcp" }, { pipeline: [{ model }], mode: "latest" }),
  );
  const readings: (Reading & { atMs: number })[] = [];
  const endsAtMs = performance.now() + minutes * 60_000;
  while (performance.now() < endsAtMs) {
    await delay(Math.min(SAMPLE_MS, endsAtMs - performance.now()));
    const reading = { atMs: performance.now(), ...read() };
    readings.push(reading);
    const { pssMb, descriptors, threads } = reading;
    say(
      `${Math.round((minutes * 60_000 - (endsAtMs - reading.atMs)) / 1000)} s: ${pssMb} MB, ` +
        `${descriptors} descriptors, ${threads} threads`,
    );
  }
  const { restarts, frames } = await weir.status("camera");
  const settled = readings.slice(Math.floor(readings.length / 5));
  const points = settled.map(({ atMs, pssMb }) => ({ x: atMs / 60_000, y: pssMb }));
  const { atMs: _first, ...start } = settled[0];
  const { atMs: _last, ...last } = settled[settled.length - 1];
  return {
    minutes,
    reconnects: restarts,
    completed: frames.completed,
    unaccounted: frames.unaccounted,
    settled: start,
    last,
    growthMbPerMinute: round(slope(points), 3),
  };
}

function read(): Reading {
  const { descriptors, threads } = openHandles() ?? { descriptors: NaN, threads: NaN };
  return { pssMb: round((pssBytes() ?? NaN) / 2 ** 20, 1), descriptors, threads };
}
