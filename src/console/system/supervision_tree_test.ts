import assert from "node:assert/strict";
import type { StreamView } from "../../core/services.ts";
import type { StreamState } from "../../core/stream.ts";
import { supervisionTree } from "./supervision_tree.ts";
import type { SystemAnswer } from "./system_answer.ts";

function thread(name: string) {
  return { name, state: "running", since: 5, mailbox: { depth: 0, capacity: 1024, dropped: 0 } };
}

const system: SystemAnswer = {
  version: "1",
  pid: 1,
  startedAt: "2026-01-31T12:00:00.000Z",
  cores: 2,
  cpuSeconds: 1,
  memory: { residentBytes: 1, heapBytes: 1, externalBytes: 1 },
  leaks: { kills: 0, bytes: 0, descriptors: 0, exhausted: false },
  threads: {
    dispatcher: { ...thread("dispatcher"), restarts: 1 },
    streams: { replaced: 2, workers: [{ ...thread("streams-1"), streams: ["a", "~probe-1", "b"], guests: 0 }] },
  },
  measured: [],
  supervision: [{
    model: "m",
    name: "replicas of m",
    state: "running",
    since: 5,
    children: [
      {
        name: "m 1",
        state: "running",
        since: 6,
        restarts: 2,
        actor: { mailbox: { depth: 1, capacity: 8, dropped: 3 } },
      },
      {
        name: "m 2",
        state: "backoff",
        since: 7,
        nextAttemptMs: 9,
        cause: { code: "failed", message: "out of memory" },
      },
    ],
  }],
};

const stream = (id: string, state: StreamState | undefined) =>
  ({
    id,
    ...(state &&
      { status: { state, sinceMs: 1, restarts: 0, memoryBoundBytes: 10 } }),
  }) as unknown as StreamView;

Deno.test("the tree has every thread, every model's replicas and every stream, and a whole is as well as the worst of its parts", () => {
  const tree = supervisionTree(system, [stream("a", "running"), stream("b", "failed"), stream("c", undefined)]);
  assert.deepEqual([tree.state, tree.tone, tree.sinceMs], [
    "3 of 5 running, 1 in trouble",
    "bad",
    Date.UTC(2026, 0, 31, 12),
  ]);
  const [dispatcher, models, threads] = tree.children;
  assert.deepEqual([dispatcher.name, dispatcher.restarts, dispatcher.mailbox?.capacity], ["dispatcher", 1, 1024]);
  assert.deepEqual([models.state, models.tone], ["1 of 1 running", "good"]);
  assert.deepEqual([threads.state, threads.tone, threads.restarts], ["1 of 1 running, 1 in trouble", "bad", 2]);
  const [first, second] = models.children[0].children;
  assert.deepEqual([first.restarts, first.mailbox, first.tone], [2, { depth: 1, capacity: 8, dropped: 3 }, "good"]);
  assert.deepEqual([second.cause, second.nextAttemptMs, second.tone], ["out of memory", 9, "warn"]);
  const [worker, elsewhere] = threads.children;
  assert.deepEqual(worker.children.map(({ stream, state }) => [stream, state]), [["a", "running"], ["b", "failed"]]);
  assert.deepEqual(elsewhere.children.map(({ stream, state }) => [stream, state]), [["c", "being moved"]]);
  const keys: string[] = [];
  const collect = (node: typeof tree) => {
    keys.push(node.key);
    node.children.forEach(collect);
  };
  collect(tree);
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("a server with nothing to do is well", () => {
  const { dispatcher } = system.threads;
  const idle = { ...system, supervision: [], threads: { dispatcher, streams: { replaced: 0, workers: [] } } };
  const tree = supervisionTree(idle, []);
  assert.deepEqual([tree.state, tree.tone], ["1 of 1 running", "good"]);
});
