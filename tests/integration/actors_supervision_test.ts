import assert from "node:assert/strict";
import { filter, firstValueFrom } from "rxjs";
import type { Actor } from "../../actors/actor.ts";
import { Kills } from "../../actors/kills.ts";
import type { ChildSpec, ChildState, SupervisorEvent } from "../../actors/supervised_child.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import { spawnThread } from "../../actors/thread_actor.ts";
import { spawnWorker } from "../../actors/worker_actor.ts";
import { until } from "../support/until.ts";
import type { WaywardEvent, WaywardInit, WaywardMessage } from "../support/wayward_worker.ts";

const url = new URL("../support/wayward_worker.ts", import.meta.url);
const PATIENCE = { timeoutMs: 20_000 };

/** A supervisor of real workers, and always the one that lives now under each name. */
function make(names: string[], options: Partial<SupervisorOptions> = {}, init: Record<string, WaywardInit> = {}) {
  const kills = new Kills();
  const workers = new Map<string, Actor<WaywardMessage, WaywardEvent>>();
  const born: string[] = [];
  const child = (name: string): ChildSpec => ({
    name,
    restart: "permanent",
    stopDeadlineMs: 5_000,
    start: async (signal) => {
      const worker = await spawnWorker<WaywardMessage, WaywardEvent>({
        name,
        url,
        init: init[name] ?? {},
        startTimeoutMs: 20_000,
        signal,
        kills,
      });
      born.push(name);
      workers.set(name, worker);
      return worker;
    },
  });
  const supervisor = new Supervisor({
    name: "root",
    strategy: "one-for-one",
    children: names.map(child),
    backoff: { initialMs: 1, maxMs: 1 },
    budget: { restarts: 1000, withinMs: 60_000 },
    healthyAfterMs: 1_000,
    ...options,
  });
  const until = (name: string, state: ChildState) =>
    firstValueFrom(
      supervisor.events$.pipe(filter((event: SupervisorEvent) => event.path.at(-1) === name && event.state === state)),
    );
  return { supervisor, workers, born, kills, until };
}

Deno.test("a worker that dies is replaced, its neighbour keeps answering all the while", async () => {
  const { supervisor, workers, born, until } = make(["a", "b"]);
  await using _ = supervisor;
  await supervisor.start();
  const neighbour = workers.get("b")!;
  for (const how of ["throw", "throwLater", "rejectLater", "exit"] as const) {
    const back = until("a", "running");
    workers.get("a")!.tell({ do: how });
    assert.equal(await neighbour.ask({ do: "echo", value: how }, PATIENCE), how);
    await back;
    assert.equal(await workers.get("a")!.ask({ do: "echo", value: how }, PATIENCE), how);
  }
  assert.equal(workers.get("b"), neighbour);
  assert.deepEqual(born.toSorted(), ["a", "a", "a", "a", "a", "b"]);
  assert.equal(supervisor.snapshot().children[0].restarts, 4);
});

Deno.test("workers that depend on a dead one are stopped in reverse and come back in order", async () => {
  const { supervisor, workers, born, kills, until } = make(["a", "b", "c"], { strategy: "rest-for-one" });
  await using _ = supervisor;
  const stopped: string[] = [];
  supervisor.events$.subscribe((event) => event.state === "stopping" && stopped.push(event.path.at(-1)!));
  await supervisor.start();
  const first = workers.get("a")!;
  const back = until("c", "running");
  born.length = 0;
  workers.get("b")!.tell({ do: "throw" });
  await back;
  assert.deepEqual([born, stopped, kills.count], [["b", "c"], ["c"], 0]);
  assert.equal(workers.get("a"), first);
  stopped.length = 0;
  await supervisor.stop({ deadlineMs: 20_000 });
  assert.deepEqual(stopped, ["c", "b", "a"]);
});

Deno.test("a worker in an endless loop is cut off when all stop, the others close in peace", async () => {
  const { supervisor, workers, kills } = make(["a", "b", "c"]);
  await supervisor.start();
  workers.get("b")!.tell({ do: "spin" });
  assert.deepEqual(await supervisor.stop({ deadlineMs: 20_000 }), { how: "stopped" });
  const causes = supervisor.snapshot().children.map((child) => child.cause?.code);
  assert.deepEqual([causes, kills.count], [[undefined, "killed", undefined], 1]);
});

Deno.test("a worker that can never start fails with its cause, the others run", async () => {
  const { supervisor } = make(["a", "b"], {}, { a: { start: "hopeless" } });
  await using _ = supervisor;
  await supervisor.start();
  const [a, b] = supervisor.snapshot().children;
  assert.deepEqual([a.state, a.cause, a.restarts], ["failed", { code: "not_found", message: "no such model" }, 0]);
  assert.deepEqual([b.state, supervisor.ready], ["running", false]);
});

Deno.test("a pool whose worker keeps dying gives up and says why, and nothing of it is left", async () => {
  const { supervisor } = make(["a", "b"], { budget: { restarts: 3, withinMs: 60_000 } }, { a: { start: "throw" } });
  await assert.rejects(supervisor.start(), /Cannot keep a alive: 3 restarts in 60000 ms did not help: no weights/);
  assert.equal((await supervisor.exited).how, "failed");
  assert.deepEqual(supervisor.snapshot().children.map((child) => child.state), ["failed", "stopped"]);
});

Deno.test("actors of this thread and of others stand side by side under one supervisor", async () => {
  const { supervisor, until } = make(["worker"]);
  await using _ = supervisor;
  await supervisor.start();
  let actor: Actor<string, never> | undefined;
  const running = until("thread", "running");
  supervisor.add({
    name: "thread",
    restart: "permanent",
    start: async (signal) =>
      actor = await spawnThread<undefined, string, never>({
        name: "thread",
        init: undefined,
        mailbox: { capacity: 8, policy: "drop-oldest" },
        signal,
        code: {
          start: () => {},
          handle: (message) => {
            if (message === "die") throw new Error("as told");
            return message;
          },
          close: () => {},
        },
      }),
  });
  await running;
  const first = actor!;
  const again = until("thread", "running");
  first.tell("die");
  await again;
  assert.notEqual(actor, first);
  assert.equal(await actor!.ask("hello", PATIENCE), "hello");
  assert.deepEqual(
    supervisor.snapshot().children.map((child) => [child.name, child.state, (child.actor as { state: string }).state]),
    [["worker", "running", "running"], ["thread", "running", "running"]],
  );
});

Deno.test({
  name: "a hundred restarts under supervision leave no descriptor and no thread behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const count = (what: "fd" | "task") => [...Deno.readDirSync(`/proc/self/${what}`)].length;
    const { supervisor, workers, until: reaches } = make(["a"]);
    await supervisor.start();
    const crash = async () => {
      const back = reaches("a", "running");
      workers.get("a")!.tell({ do: "throw" });
      await back;
    };
    for (let round = 0; round < 10; round++) await crash();
    const [descriptors, threads] = [count("fd"), count("task")];
    for (let round = 0; round < 100; round++) await crash();
    // A thread that was told to end takes a while to be gone.
    await until(
      () => count("task") <= threads && count("fd") <= descriptors,
      () => `${threads} threads became ${count("task")}, ${descriptors} descriptors ${count("fd")}`,
    );
    assert.equal(supervisor.snapshot().children[0].restarts, 110);
    await supervisor.stop({ deadlineMs: 20_000 });
  },
});
