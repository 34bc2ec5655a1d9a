import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir, type WeirOptions } from "../../src/app.ts";
import { nowMs } from "../../src/core/clock.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StateEvent, StreamPolicy } from "../../src/core/stream.ts";
import { parseSourceConfig } from "../../streams/sources/registry.ts";
import { balanced } from "./balanced.ts";
import type { Fault } from "./faults.ts";
import { makeTrack } from "./rtp_clip.ts";
import { RtspRemote } from "./rtsp_remote.ts";
import { until } from "./until.ts";

/** Of streams whose fault is that nothing comes; no other is to meet an end of its time on a busy machine. */
export const IMPATIENT = { openTimeoutMs: 8000, readTimeoutMs: 8000 };

// A neighbour that waits for a hung one waits for all of its time, eight seconds. A busy machine's own pauses are shorter.
const LARGEST_MS = 6000;
// It is about two milliseconds, on a machine with six times more to do than it can.
const USUAL_MS = 500;

/** What a stream is to be; by default the camera of the server that is called like it, run through the tiny model. */
interface Described {
  source?: { kind?: string; [option: string]: unknown };
  /** File of a model below the folder of the rig. */
  model?: string;
  policy?: Partial<StreamPolicy>;
}

/**
 * A Weir of one stream worker with one healthy camera in it, beside which others may misbehave: cameras by their faults,
 * and whatever else is added.
 */
export async function watchedNeighbour(faults: Record<string, Fault[]> = {}, options: WeirOptions = {}) {
  const dir = await Deno.makeTempDir({ prefix: "weir-test-" });
  await Deno.writeFile(join(dir, "tiny.onnx"), tinyDetector());
  const cameras = Object.fromEntries(Object.entries(faults).map(([path, faults]) => [path, { faults }]));
  const tracks = {
    main: makeTrack({ frames: 50 }),
    other: makeTrack({ frames: 50, width: 160, height: 120 }),
    hevc: makeTrack({ frames: 50, codec: "hevc" }),
  };
  const server = await RtspRemote.start({ tracks, cameras: { healthy: {}, ...cameras } });
  const weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1, ...options });
  const results: ResultEnvelope[] = [];
  const states: StateEvent[] = [];
  const healthy: { ageMs: number; atMs: number }[] = [];
  weir.results$.subscribe((result) => {
    results.push(result);
    if (result.stream === "healthy") healthy.push({ ageMs: result.ageMs!, atMs: nowMs() });
  });
  weir.states$.subscribe((event) => states.push(event));
  const add = (id: string, { source = {}, model = "tiny.onnx", policy = {} }: Described = {}) =>
    weir.add({
      id,
      source: "kind" in source ? parseSourceConfig(source) : parseSourceConfig({
        kind: "rtsp",
        url: server.url(id),
        openTimeoutMs: 60_000,
        readTimeoutMs: 60_000,
        ...source,
      }),
      pipeline: [{ model: join(dir, model) }],
      policy: { mode: "latest", weight: 1, capacity: 4, stallMs: 30_000, ...policy },
      labels: {},
    });
  await add("healthy");
  const of = (id: string) => results.filter((result) => result.stream === id);
  const events = (id: string) => states.filter((event) => event.stream === id);
  await until(() => of("healthy").length > 5, "the healthy camera");
  // What starting up took is nobody's fault.
  healthy.length = 0;
  return {
    weir,
    server,
    dir,
    add,
    of,
    events,
    history: (id: string) => events(id).map(({ state }) => state),
    /** The healthy camera never noticed anything: it was never without results, none was old, and none was lost. */
    async untouched() {
      const before = healthy.length;
      await until(() => healthy.length > before + 5, "the healthy camera goes on");
      const status = await weir.status("healthy");
      balanced(status);
      assert.deepEqual(events("healthy").map(({ state }) => state), ["running"]);
      assert.equal(status.epoch, 1);
      assert.equal(status.frames.dropped.failed + status.frames.dropped.undecodable, 0);
      const ages = healthy.map(({ ageMs }) => ageMs).sort((a, b) => a - b);
      const [usual, oldest] = [ages[ages.length >> 1], ages.at(-1)!];
      assert.ok(usual < USUAL_MS, `beside them results are of ${usual} ms`);
      assert.ok(oldest < LARGEST_MS, `beside them a result is of ${oldest} ms`);
      const gap = Math.max(...healthy.slice(1).map(({ atMs }, index) => atMs - healthy[index].atMs));
      assert.ok(gap < LARGEST_MS, `beside them there is no result for ${gap} ms`);
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
