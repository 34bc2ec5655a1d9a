import assert from "node:assert/strict";
import { nowMs } from "../src/core/clock.ts";
import type { Turn } from "../src/core/inference.ts";
import { FramePool } from "../streams/frame_pool.ts";
import { Dispatcher } from "./dispatcher.ts";
import { OpenTurn } from "./open_turn.ts";
import { until } from "../tests/support/until.ts";
import { Replica, type RunBatch } from "./replica.ts";
import { TurnClient } from "./turn_client.ts";

/** A dispatcher, one stream worker's client and replicas of one model, wired in one thread. */
function rig(options: { maxBatch?: number; maxDelayMs?: number; answerTimeoutMs?: number } = {}) {
  const { maxBatch = 1, maxDelayMs = 0, answerTimeoutMs = 5000 } = options;
  const dispatcher = new Dispatcher();
  const toDispatcher = new MessageChannel();
  dispatcher.addStreams(0, toDispatcher.port1);
  const overdue: number[] = [];
  const client = new TurnClient({
    dispatcher: toDispatcher.port2,
    answerTimeoutMs,
    onOverdue: (replica) => overdue.push(replica),
  });
  const replicas: Replica[] = [];
  const open: { model: string; turn: SharedArrayBuffer }[] = [];
  const addReplica = (run: RunBatch) => {
    const id = replicas.length;
    const control = new MessageChannel();
    const data = new MessageChannel();
    open.push({ model: "model", turn: OpenTurn.memory() });
    dispatcher.addReplica(id, "model", control.port1, open[id].turn);
    const replica = new Replica({ dispatcher: control.port2, maxBatch, maxDelayMs, run });
    replica.addStreams(0, data.port1);
    client.addReplica(id, data.port2, open[id]);
    replica.start();
    replicas.push(replica);
    return id;
  };
  /** A second stream worker, for every replica there is. */
  const addClient = (worker: number) => {
    const control = new MessageChannel();
    dispatcher.addStreams(worker, control.port1);
    const other = new TurnClient({ dispatcher: control.port2, answerTimeoutMs, onOverdue: () => {} });
    replicas.forEach((replica, id) => {
      const data = new MessageChannel();
      replica.addStreams(worker, data.port1);
      other.addReplica(id, data.port2, open[id]);
    });
    return other;
  };
  const request = (
    stream: string,
    deadlineMs = Infinity,
    { signal = never, late = true }: { signal?: AbortSignal; late?: boolean } = {},
  ) => client.request("model", { stream, deadlineMs, weight: 1, late }, signal);
  const pool = new FramePool(4, 8);
  const runTurn = async (turn: Turn, mark: number) => {
    const buffer = await pool.take();
    new Uint8Array(buffer)[0] = mark;
    return turn.run({ buffer, placement: mark, home: pool });
  };
  return {
    dispatcher,
    client,
    overdue,
    replicas,
    addReplica,
    addClient,
    open,
    request,
    pool,
    runTurn,
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      for (const replica of replicas) replica[Symbol.dispose]();
      dispatcher.close();
    },
  };
}

const never = new AbortController().signal;
const ASKS = { stream: "dying", deadlineMs: Infinity, weight: 1, late: true };

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A model that answers with the mark of each frame, after a while. */
const echo = (tookMs = 0, batches: number[][] = []): RunBatch => async (frames) => {
  const startedAtMs = nowMs();
  batches.push(frames.map((frame) => new Uint8Array(frame.buffer)[0]));
  if (tookMs) await sleep(tookMs);
  return {
    startedAtMs,
    inferMs: nowMs() - startedAtMs,
    answers: frames.map((frame) => ({ output: { model: "model", embedding: [frame.placement as number] }, readMs: 0 })),
  };
};

Deno.test("a frame gets its turn, its answer and its buffer back", async () => {
  using r = rig();
  r.addReplica(echo());
  const { output } = await r.runTurn(await r.request("a"), 7);
  assert.deepEqual(output.embedding, [7]);
  assert.equal(r.pool.out, 0);
});

Deno.test("a turn that is passed on goes to the next frame", async () => {
  using r = rig();
  r.addReplica(echo());
  const [first, second] = [r.request("a"), r.request("b")];
  (await first).pass();
  assert.deepEqual((await r.runTurn(await second, 2)).output.embedding, [2]);
});

Deno.test("a turn that is passed on while the replica runs is followed by another", async () => {
  using r = rig();
  const release: (() => void)[] = [];
  r.addReplica(async (frames) => {
    await new Promise<void>((resolve) => release.push(resolve));
    return echo()(frames);
  });
  const running = r.runTurn(await r.request("a"), 1);
  await until(() => release.length === 1, "the first run");
  (await r.request("b", Infinity, { late: false })).pass();
  await sleep(10);
  release[0]();
  await running;
  const next = r.runTurn(await r.request("c"), 3);
  await until(() => release.length === 2, "the second run");
  release[1]();
  assert.deepEqual((await next).output.embedding, [3]);
});

Deno.test("a turn that nobody waits for lies open for whoever comes, and is one stream worker's only", async () => {
  using r = rig();
  r.addReplica(echo(20));
  using other = r.addClient(1);
  const turn = new OpenTurn(r.open[0].turn);
  await until(() => turn.lies, "a turn that lies open");
  const ask = { ...ASKS, stream: "b" };
  const both = [r.request("a"), other.request("model", ask, new AbortController().signal)];
  assert.equal(turn.lies, false);
  assert.equal(r.dispatcher.depths().model ?? 0, 0, "the first one asked nobody");
  const [a, b] = await Promise.all(both.map(async (one, n) => r.runTurn(await one, n + 1)));
  assert.deepEqual([a.output.embedding, b.output.embedding], [[1], [2]]);
  assert.equal(r.pool.out, 0);
  await until(() => turn.lies, "another turn that lies open");
});

Deno.test("a stream worker that dies with a turn that lay open leaves the replica another", async () => {
  using r = rig();
  r.addReplica(echo());
  using dying = r.addClient(1);
  const turn = new OpenTurn(r.open[0].turn);
  await until(() => turn.lies, "a turn that lies open");
  await dying.request("model", ASKS, never);
  assert.equal(turn.lies, false);
  const waiting = r.request("a");
  await sleep(10);
  r.dispatcher.removeStreams(1);
  assert.deepEqual((await r.runTurn(await waiting, 8)).output.embedding, [8]);
});

Deno.test("a stream worker that takes what lies open while it ends holds nobody up once it has ended", async () => {
  using r = rig();
  r.addReplica(echo());
  using _dying = r.addClient(1);
  const turn = new OpenTurn(r.open[0].turn);
  await until(() => turn.lies, "a turn that lies open");
  r.dispatcher.removeStreams(1);
  await sleep(10);
  await until(() => turn.take(Infinity) !== undefined, "a turn that is taken after all");
  const waiting = r.request("a");
  await until(() => r.dispatcher.depths().model === 1, "a frame that waits");
  r.dispatcher.removeStreams(1);
  assert.deepEqual((await r.runTurn(await waiting, 8)).output.embedding, [8]);
});

Deno.test("what lay open at a replica that died is taken by nobody", async () => {
  using r = rig();
  const dead = r.addReplica(echo());
  const turn = new OpenTurn(r.open[0].turn);
  await until(() => turn.lies, "a turn that lies open");
  r.dispatcher.removeReplica(dead);
  assert.equal(turn.lies, false);
  const waiting = r.request("a");
  r.client.removeReplica(dead, "killed");
  r.addReplica(echo());
  assert.deepEqual((await r.runTurn(await waiting, 4)).output.embedding, [4]);
});

Deno.test("an offer that is withdrawn is never granted", async () => {
  using r = rig();
  const abort = new AbortController();
  const withdrawn = r.request("a", Infinity, { signal: abort.signal });
  abort.abort(new Error("not any more"));
  await assert.rejects(withdrawn, /not any more/);
  r.addReplica(echo());
  assert.deepEqual((await r.runTurn(await r.request("b"), 3)).output.embedding, [3]);
});

Deno.test("frames of several streams share a batch, and a lone frame waits no longer than it may", async () => {
  using r = rig({ maxBatch: 3, maxDelayMs: 500 });
  const batches: number[][] = [];
  r.addReplica(echo(0, batches));
  const turns = ["a", "b", "c"].map((stream) => r.request(stream));
  await Promise.all(turns.map(async (turn, n) => r.runTurn(await turn, n + 1)));
  assert.deepEqual(batches[0].toSorted(), [1, 2, 3]);
  assert.deepEqual((await r.runTurn(await r.request("d"), 9)).output.embedding, [9]);
  assert.deepEqual(batches[1], [9]);
});

Deno.test("while a run lasts, the next frame is called for only shortly before its end", async () => {
  using r = rig();
  r.addReplica(echo(300));
  for (let n = 0; n < 5; n++) await r.runTurn(await r.request("warm"), n);
  const running = r.runTurn(await r.request("a"), 1);
  const beganMs = nowMs();
  const next = await r.request("b");
  const waitedMs = nowMs() - beganMs;
  assert.ok(waitedMs > 100, `granted after ${waitedMs} ms of a run of 300`);
  next.pass();
  await running;
});

Deno.test("a run that throws fails its frames and nothing else", async () => {
  using r = rig();
  let broken = true;
  r.addReplica((frames) => broken ? Promise.reject(new Error("shape mismatch")) : echo()(frames));
  await assert.rejects(r.runTurn(await r.request("a"), 1), /shape mismatch/);
  broken = false;
  assert.deepEqual((await r.runTurn(await r.request("a"), 2)).output.embedding, [2]);
  assert.equal(r.pool.out, 0);
});

Deno.test("when a replica dies, its runs fail, lost buffers are made up for, and waiting frames go to another", async () => {
  using r = rig();
  const never: RunBatch = () => new Promise(() => {});
  const dead = r.addReplica(never);
  const lost = assert.rejects(r.runTurn(await r.request("a"), 1), /killed/);
  const waiting = r.request("b");
  await sleep(10);
  r.client.removeReplica(dead, "The replica was killed");
  r.dispatcher.removeReplica(dead);
  await lost;
  assert.equal(r.pool.out, 0);
  r.addReplica(echo());
  assert.deepEqual((await r.runTurn(await waiting, 4)).output.embedding, [4]);
});

Deno.test("when a stream worker dies with a turn of its own, the turn goes to who waits", async () => {
  using r = rig();
  r.addReplica(echo());
  using dying = r.addClient(1);
  await dying.request("model", ASKS, new AbortController().signal);
  const waiting = r.request("a");
  // It has one more frame to offer, and a replica that asked at once would be sent to it.
  void dying.request("model", { ...ASKS, deadlineMs: 0 }, new AbortController().signal).catch(() => {});
  await sleep(10);
  r.dispatcher.removeStreams(1);
  assert.deepEqual((await r.runTurn(await waiting, 8)).output.embedding, [8]);
});

Deno.test("a batch does not wait for the frame of a stream worker that died, whether the others came before or after", async () => {
  for (const after of [false, true]) {
    using r = rig({ maxBatch: 2, maxDelayMs: 1000 });
    const batches: number[][] = [];
    r.addReplica(echo(0, batches));
    using dying = r.addClient(1);
    const [turn] = await Promise.all([
      r.request("a"),
      dying.request("model", ASKS, new AbortController().signal),
    ]);
    const early = after ? undefined : r.runTurn(turn, 5);
    await sleep(10);
    assert.deepEqual(batches, []);
    r.dispatcher.removeStreams(1);
    await sleep(10);
    await (early ?? r.runTurn(turn, 5));
    assert.deepEqual(batches, [[5]]);
  }
});

Deno.test("a replica that does not answer in time is reported and its frame given up", async () => {
  using r = rig({ answerTimeoutMs: 50 });
  const hung = r.addReplica(() => new Promise(() => {}));
  await assert.rejects(r.runTurn(await r.request("a"), 1), /no answer within 50 ms/);
  assert.deepEqual(r.overdue, [hung]);
});

Deno.test("a grant that overtakes its replica's port waits for it, and is offered anew when the replica is gone", async () => {
  using r = rig();
  const wires = [0, 1].map((id) => {
    const control = new MessageChannel();
    const data = new MessageChannel();
    const replica = new Replica({ dispatcher: control.port2, maxBatch: 1, maxDelayMs: 0, run: echo() });
    replica.addStreams(0, data.port1);
    replica.start();
    return { id, control, data, replica };
  });
  const [dead, late] = wires;
  r.dispatcher.addReplica(10, "model", dead.control.port1);
  const waiting = r.request("a");
  await sleep(10);
  r.client.removeReplica(10, "killed");
  r.dispatcher.removeReplica(10);
  r.dispatcher.addReplica(11, "model", late.control.port1);
  await sleep(10);
  r.client.addReplica(11, late.data.port2);
  assert.deepEqual((await r.runTurn(await waiting, 5)).output.embedding, [5]);
  for (const { replica, data } of wires) {
    replica[Symbol.dispose]();
    data.port2.close();
  }
});

Deno.test("when the dispatcher dies, another one learns what waits and who is free", async () => {
  using r = rig();
  r.addReplica(echo());
  await r.runTurn(await r.request("a"), 1);
  r.dispatcher.close();
  const waiting = r.request("b");
  const next = new Dispatcher();
  const [streams, replica] = [new MessageChannel(), new MessageChannel()];
  next.addStreams(0, streams.port1);
  next.addReplica(0, "model", replica.port1);
  r.client.setDispatcher(streams.port2);
  r.replicas[0].setDispatcher(replica.port2);
  assert.deepEqual((await r.runTurn(await waiting, 6)).output.embedding, [6]);
  next.close();
});

Deno.test("a model that is given up refuses who waits and who comes, with the reason", async () => {
  using r = rig();
  const waiting = r.request("a");
  r.client.refuse("model", "weights.onnx cannot be loaded");
  await assert.rejects(waiting, /cannot be loaded/);
  await assert.rejects(r.request("b"), /cannot be loaded/);
});
