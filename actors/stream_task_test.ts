import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { Turn, TurnInput, Turns } from "../src/core/inference.ts";
import type { ModelOutput, ResultEnvelope } from "../src/core/results.ts";
import type { ModelSpec } from "../src/core/model.ts";
import type { Source, SourceSink } from "../src/core/source.ts";
import type { FlowMode, StreamRegistration } from "../src/core/stream.ts";
import { Keeping } from "../streams/keeping.ts";
import { Memories } from "../streams/memories.ts";
import type { Step } from "../streams/pipeline.ts";
import { FakePicture } from "../tests/support/fake_picture.ts";
import { StreamTask } from "./stream_task.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Turns that are there at once, and runs that end when told to. */
class HandRuns implements Turns {
  readonly begun: { model: string; end(): void }[] = [];

  request(model: string): Promise<Turn> {
    const run = () =>
      new Promise<Awaited<ReturnType<Turn["run"]>>>((resolve) => {
        const inferred = { output: { model, detections: [] }, startedAtMs: nowMs(), inferMs: 1, readMs: 0 };
        this.begun.push({ model, end: () => resolve(inferred) });
      });
    return Promise.resolve({ expectedMs: 0, waitedMs: 0, pass() {}, run });
  }
}

const model = (name: string): Step => ({
  name: "detect",
  model: name,
  spec: { name } as ModelSpec,
  concurrency: 3,
  input: {
    expect() {},
    run: async (_picture, turn) => ({ ...await turn.run({} as TurnInput), prepareMs: 0 }),
  },
});

const registered = (name: string, mode: FlowMode = "latest"): StreamRegistration => ({
  id: "cam",
  source: { kind: "scene" },
  pipeline: [{ model: name }],
  policy: { mode, weight: 1, capacity: 4 },
  labels: {},
});

/** A camera whose frames come when told to, through a stream whose model answers when told to. */
function rig(mode?: FlowMode) {
  let sink: SourceSink | undefined;
  const source: Source = {
    run: (to, signal) => {
      sink = to;
      to.opened({ codec: "rawvideo", width: 64, height: 48, live: true, intraOnly: true });
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
    },
  };
  const turns = new HandRuns();
  const task = new StreamTask({
    registration: registered("old", mode),
    open: () => source,
    finite: false,
    steps: [model("old")],
    turns,
    extras: {},
    from: { epoch: 0, seq: 0 },
    inputBytes: [100],
    keeping: new Keeping({ stream: "cam", emitFrame() {}, emitClip() {} }),
    memories: new Memories({ emit() {} }),
    onOverstay() {},
    onPicture() {},
  });
  const results: ResultEnvelope[] = [];
  task.events$.subscribe((event) => event.type === "result" && results.push(event));
  task.start();
  let n = 0;
  return {
    task,
    turns,
    /** Numbers of the frames that are out, each with the model that answered. */
    out: () => results.map(({ seq, outputs }) => `${seq} ${(outputs.detect as ModelOutput).model}`),
    async arrive() {
      const { info } = sink!.arrived({ ptsUs: 40_000 * n++, arrivedAtMs: nowMs(), role: "key" });
      sink!.decoded(info, new FakePicture());
      await settle();
    },
    async end(...models: string[]) {
      for (const name of models) {
        const at = turns.begun.findIndex(({ model }) => model === name);
        turns.begun.splice(at, 1)[0].end();
      }
      await settle();
    },
  };
}

Deno.test("while a model takes another one's place frames run at both, none is outrun, and results keep their order", async () => {
  const { task, turns, out, arrive, end } = rig();
  await settle();
  await arrive();
  const steps = [model("new")];
  const bound = task.status().memoryBoundBytes;
  const changed = task.reconfigure(() => ({ registration: registered("new"), steps, inputBytes: [100] }));
  await settle();
  assert.ok(task.status().memoryBoundBytes > bound, "what both may hold counts");
  await arrive();
  await arrive();
  assert.deepEqual(turns.begun.map(({ model }) => model), ["old", "new", "new"]);
  await end("new", "new");
  assert.deepEqual(out(), [], "nothing overtakes");
  await end("old");
  await changed;
  await settle();
  assert.deepEqual(out(), ["1 old", "2 new", "3 new"]);
  assert.equal(task.status().memoryBoundBytes, bound);
  await arrive();
  await end("new");
  assert.deepEqual(out().at(-1), "4 new");
  const { frames } = await task.stop();
  assert.deepEqual([frames.received, frames.completed, frames.unaccounted], [4, 4, 0]);
  assert.deepEqual(Object.values(frames.dropped).reduce((sum, count) => sum + count, 0), 0, JSON.stringify(frames));
});

Deno.test("a source that waits loses no frame to a change, however slow the model is that goes", async () => {
  const { task, out, arrive, end } = rig("block");
  await settle();
  await arrive();
  const steps = [model("new")];
  const changed = task.reconfigure(() => ({ registration: registered("new", "block"), steps, inputBytes: [100] }));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await end("old");
  await changed;
  assert.deepEqual(out(), ["1 old"]);
  const { frames } = await task.stop();
  assert.deepEqual([frames.completed, frames.unaccounted], [1, 0]);
});
