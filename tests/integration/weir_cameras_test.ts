import assert from "node:assert/strict";
import { join } from "node:path";
import { tinyDetector } from "../../scripts/bench/sample_models.ts";
import { Weir } from "../../src/app.ts";
import type { ResultEnvelope } from "../../src/core/results.ts";
import type { StateEvent } from "../../src/core/stream.ts";
import { parseSourceConfig } from "../../streams/sources/registry.ts";
import { makeTrack } from "../support/rtp_clip.ts";
import type { Fault } from "../support/faults.ts";
import { RtspRemote } from "../support/rtsp_remote.ts";
import { balanced } from "../support/balanced.ts";
import { until } from "../support/until.ts";

/** Of cameras that answer nothing; no other is to meet an end of its time on a busy machine. */
const IMPATIENT = { openTimeoutMs: 1500, readTimeoutMs: 1500 };

/** A Weir with one healthy camera, beside which others may misbehave. */
async function rig(faults: Record<string, Fault[]>) {
  const dir = await Deno.makeTempDir({ prefix: "weir-test-" });
  const model = join(dir, "tiny.onnx");
  await Deno.writeFile(model, tinyDetector());
  const cameras = Object.fromEntries(Object.entries(faults).map(([path, faults]) => [path, { faults }]));
  const tracks = { main: makeTrack({ frames: 50 }), other: makeTrack({ frames: 50, width: 160, height: 120 }) };
  const server = await RtspRemote.start({ tracks, cameras: { healthy: {}, ...cameras } });
  const weir = await Weir.start({ streamWorkers: 1, replicas: 1, threads: 1 });
  const results: ResultEnvelope[] = [];
  const states: StateEvent[] = [];
  weir.results$.subscribe((result) => results.push(result));
  weir.states$.subscribe((event) => states.push(event));
  const add = (id: string, { stallMs = 30_000, ...source }: { stallMs?: number; [option: string]: unknown } = {}) =>
    weir.add({
      id,
      source: parseSourceConfig({
        kind: "rtsp",
        url: server.url(id),
        openTimeoutMs: 60_000,
        readTimeoutMs: 60_000,
        ...source,
      }),
      pipeline: [{ model }],
      policy: { mode: "latest", weight: 1, capacity: 4, stallMs },
      labels: {},
    });
  await add("healthy");
  const of = (id: string) => results.filter((result) => result.stream === id);
  const history = (id: string) => states.filter((event) => event.stream === id).map((event) => event.state);
  await until(() => of("healthy").length > 5, "the healthy camera");
  return {
    weir,
    server,
    add,
    of,
    history,
    states,
    /** The healthy camera never noticed anything. */
    async untouched() {
      const status = await weir.status("healthy");
      balanced(status);
      assert.deepEqual(history("healthy"), ["running"]);
      assert.equal(status.epoch, 1);
      assert.equal(status.frames.dropped.failed + status.frames.dropped.undecodable, 0);
    },
    async [Symbol.asyncDispose]() {
      await weir[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

Deno.test("a camera that is off at first is tried again until it appears", async () => {
  await using r = await rig({});
  await r.server.refuse();
  await r.add("late");
  await until(() => r.history("late").includes("backoff"), "the backoff");
  const event = r.states.find((event) => event.stream === "late" && event.state === "backoff")!;
  assert.equal(event.cause!.code, "refused");
  assert.ok(event.nextAttemptMs! > Date.now() - 60_000);
  await r.server.set("late", {});
  await r.server.listen();
  await until(() => r.of("late").length > 5, "the camera that was off");
  assert.equal((await r.weir.status("late")).epoch, 1);
  await r.untouched();
});

Deno.test("hopeless answers end a stream at once, with their cause and without a retry", async () => {
  await using r = await rig({
    locked: [{ kind: "status", on: "DESCRIBE", status: 401 }],
    forbidden: [{ kind: "status", on: "DESCRIBE", status: 403 }],
  });
  for (const [id, code] of [["locked", "unauthorized"], ["forbidden", "forbidden"], ["nowhere", "not_found"]]) {
    await r.add(id);
    const status = await r.weir.done(id);
    assert.deepEqual([status.state, status.cause!.code, status.restarts], ["failed", code, 0]);
    balanced(status);
  }
  await r.untouched();
});

Deno.test("a camera that is cut again and again comes back every time, in a new epoch with rising numbers", async () => {
  await using r = await rig({ flapping: [{ kind: "end", afterFrames: 12, how: "rst", midFrame: true }] });
  await r.add("flapping");
  await until(() => (r.of("flapping").at(-1)?.epoch ?? 0) >= 4, "the fourth epoch");
  const history = r.history("flapping");
  assert.deepEqual(history.slice(0, 4), ["running", "backoff", "connecting", "running"]);
  const seqs = r.of("flapping").map((result) => result.seq);
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
  const cause = r.states.find((event) => event.stream === "flapping" && event.state === "backoff")!.cause!;
  assert.equal(cause.code, "closed");
  balanced(await r.weir.status("flapping"));
  await r.untouched();
});

Deno.test("a camera that falls silent is stalled, then connected anew; one that never speaks is a timeout", async () => {
  await using r = await rig({
    silent: [{ kind: "silence", afterFrames: 20, midFrame: true }],
    mute: [{ kind: "hang", after: "PLAY" }],
    deaf: [{ kind: "hang", after: "DESCRIBE" }],
  });
  await r.add("silent", { stallMs: 2000 });
  for (const id of ["mute", "deaf"]) await r.add(id, IMPATIENT);
  await until(() => (r.of("silent").at(-1)?.epoch ?? 0) >= 2, "the silent camera's second epoch");
  assert.deepEqual(r.history("silent").slice(0, 5), ["running", "stalled", "backoff", "connecting", "running"]);
  await until(() => ["mute", "deaf"].every((id) => r.history(id).includes("backoff")), "the timeouts");
  for (const id of ["mute", "deaf"]) {
    const event = r.states.find((event) => event.stream === id && event.state === "backoff")!;
    assert.equal(event.cause!.code, "timeout", id);
  }
  for (const id of ["silent", "mute", "deaf"]) balanced(await r.weir.status(id));
  await r.untouched();
});

Deno.test("a change of size and a leap of time under way change nothing but the numbers", async () => {
  await using r = await rig({
    resized: [{ kind: "switch", afterFrames: 20, track: "other" }],
    leaping: [{ kind: "jump", afterFrames: 20, seconds: -3600 }],
    torn: [{ kind: "corrupt", share: 0.05, seed: 3 }],
  });
  for (const id of ["resized", "leaping", "torn"]) await r.add(id);
  await until(() => r.of("resized").some((result) => result.frame.width === 160), "the other size");
  await until(() => r.of("leaping").length > 40, "frames after the leap");
  await until(() => r.of("torn").length > 20, "frames of a torn stream");
  assert.equal(r.of("leaping").at(-1)!.epoch, 1);
  for (const id of ["resized", "leaping", "torn"]) balanced(await r.weir.status(id));
  await r.untouched();
});
