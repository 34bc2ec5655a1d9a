import assert from "node:assert/strict";
import { ManualTimers, settle } from "../tests/support/manual_timers.ts";
import { crash, fails, hangs, hopeless, Puppet, supervisePuppets as make } from "../tests/support/puppets.ts";
import type { ActorExit, Child } from "./actor.ts";
import { Supervisor } from "./supervisor.ts";

Deno.test("one for one: the others do not notice", async () => {
  const { supervisor, take, states, timers, live } = make(["a", "b", "c"]);
  await supervisor.start();
  take();
  live.get("b")!.crash(crash());
  await settle();
  assert.deepEqual(states(), ["running", "backoff", "running"]);
  await timers.pass(999);
  assert.deepEqual(take(), []);
  await timers.pass(1);
  assert.deepEqual([take(), states()], [["start b"], ["running", "running", "running"]]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("rest for one: what was started later goes down in reverse and comes back in order", async () => {
  const { supervisor, take, states, timers, live } = make(["a", "b", "c", "d"], { strategy: "rest-for-one" });
  await supervisor.start();
  take();
  live.get("b")!.crash(crash());
  await settle();
  assert.deepEqual([take(), states()], [["stop d", "stop c"], ["running", "backoff", "waiting", "waiting"]]);
  await timers.pass(1_000);
  assert.deepEqual([take(), states()], [
    ["start b", "start c", "start d"],
    ["running", "running", "running", "running"],
  ]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("rest for one: when an earlier one dies meanwhile, all begins again from there", async () => {
  const { supervisor, take, states, timers, live, starts } = make(["a", "b", "c"], { strategy: "rest-for-one" });
  await supervisor.start();
  starts.set("b", [hangs]);
  live.get("b")!.crash(crash());
  await timers.pass(1_000);
  assert.deepEqual(states(), ["running", "starting", "waiting"]);
  take();
  live.get("a")!.crash(crash());
  await settle();
  assert.deepEqual(states(), ["backoff", "waiting", "waiting"]);
  await timers.pass(1_000);
  assert.deepEqual([take(), states()], [["start a", "start b", "start c"], ["running", "running", "running"]]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("a permanent child that ends by itself is started again, a transient one only when it fails", async () => {
  for (const [restart, after] of [["permanent", "backoff"], ["transient", "stopped"]] as const) {
    const { supervisor, states, timers, live } = make(["a"], { restart });
    await supervisor.start();
    live.get("a")!.leave();
    await settle();
    assert.deepEqual(states(), [after]);
    assert.equal(supervisor.ready, after === "stopped");
    if (after === "backoff") await timers.pass(1_000);
    else supervisor.restart("a");
    await settle();
    live.get("a")!.crash(crash());
    await settle();
    assert.deepEqual(states(), ["backoff"]);
    await supervisor.stop({ deadlineMs: 1_000 });
    assert.equal(timers.pending, 0);
  }
});

Deno.test("a temporary child is never started again, nor does anybody go down with it", async () => {
  const { supervisor, states, timers, live } = make(["a", "b"], { restart: "temporary", strategy: "rest-for-one" });
  await supervisor.start();
  live.get("a")!.crash(crash());
  await timers.pass(100_000);
  assert.deepEqual(states(), ["failed", "running"]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("a hopeless error fails its child at once, burns no budget, and holds back what depends on it", async () => {
  const { supervisor, states, timers, starts, take } = make(["a", "b", "c"], {
    strategy: "rest-for-one",
    budget: { restarts: 0, withinMs: 1_000 },
  });
  starts.set("b", [fails(hopeless())]);
  await supervisor.start();
  assert.deepEqual(states(), ["running", "failed", "waiting"]);
  const { cause } = supervisor.snapshot().children[1];
  assert.deepEqual(cause, { code: "not_found", message: "no such model" });
  assert.equal(supervisor.ready, false);
  take();
  await timers.pass(100_000);
  assert.deepEqual(take(), []);
  supervisor.restart("b");
  await settle();
  assert.deepEqual([take(), states()], [["start b", "start c"], ["running", "running", "running"]]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("a spent budget takes the supervisor down with the cause, after the others were stopped in order", async () => {
  const { supervisor, timers, live, take, states } = make(["a", "b", "c"], {
    budget: { restarts: 2, withinMs: 60_000 },
  });
  await supervisor.start();
  const error = crash("third time");
  for (const each of [crash("first time"), crash("second time"), error]) {
    live.get("b")!.crash(each);
    await timers.pass(8_000);
  }
  const exit = await supervisor.exited;
  assert.ok(exit.how === "failed");
  assert.equal(exit.error.cause, error);
  assert.match(exit.error.message, /Cannot keep b alive: 2 restarts in 60000 ms did not help: third time/);
  assert.deepEqual(take().slice(-2), ["stop c", "stop a"]);
  const snapshot = supervisor.snapshot();
  assert.deepEqual([snapshot.state, snapshot.cause?.code], ["failed", "budget"]);
  assert.deepEqual(states(), ["stopped", "failed", "stopped"]);
  assert.equal(timers.pending, 0);
});

Deno.test("a spent budget climbs the tree until somebody can afford the restart", async () => {
  const timers = new ManualTimers(0);
  const log: string[] = [];
  const leaves: Puppet[] = [];
  const common = { backoff: { initialMs: 100, maxMs: 100, random: () => 1 }, healthyAfterMs: 1_000, timers };
  const root = new Supervisor({
    ...common,
    name: "root",
    strategy: "one-for-one",
    budget: { restarts: 3, withinMs: 60_000 },
    children: [{
      name: "models",
      restart: "permanent",
      start: async (signal) => {
        const pool = new Supervisor({
          ...common,
          name: "models",
          strategy: "one-for-one",
          budget: { restarts: 1, withinMs: 60_000 },
          children: [{
            name: "yolo",
            restart: "permanent",
            start: () => {
              const leaf = new Puppet("yolo", log);
              leaves.push(leaf);
              return Promise.resolve(leaf);
            },
          }],
        });
        await pool.start(signal);
        return pool;
      },
    }],
  });
  const events: string[] = [];
  root.events$.subscribe((event) => events.push(`${event.path.join("/")} ${event.state}`));
  await root.start();
  leaves[0].crash(crash());
  await timers.pass(100);
  assert.deepEqual(leaves.length, 2);
  leaves[1].crash(crash());
  await settle();
  const [models] = root.snapshot().children;
  assert.deepEqual([models.state, models.cause?.code], ["backoff", "budget"]);
  await timers.pass(100);
  assert.equal(leaves.length, 3);
  assert.equal(root.ready, true);
  assert.deepEqual(events.filter((event) => event.startsWith("root/models/")), [
    "root/models/yolo backoff",
    "root/models/yolo starting",
    "root/models/yolo running",
    "root/models/yolo failed",
  ]);
  assert.deepEqual(
    (root.snapshot().children[0].actor as { children: { state: string }[] }).children[0].state,
    "running",
  );
  await root.stop({ deadlineMs: 1_000 });
  assert.deepEqual([log, timers.pending], [["stop yolo"], 0]);
});

Deno.test("waits grow with failures and shrink only after healthy time", async () => {
  const { supervisor, timers, live } = make(["a"], { budget: { restarts: Infinity, withinMs: 1 } });
  await supervisor.start();
  const waitAfter = async (aliveMs: number) => {
    await timers.pass(aliveMs);
    live.get("a")!.crash(crash());
    await settle();
    const waitMs = supervisor.snapshot().children[0].nextAttemptMs! - timers.now();
    await timers.pass(waitMs);
    return waitMs;
  };
  assert.deepEqual(
    [await waitAfter(0), await waitAfter(4_999), await waitAfter(10), await waitAfter(5_000)],
    [1_000, 2_000, 4_000, 1_000],
  );
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("a restart by hand replaces a child that runs, without waiting", async () => {
  const { supervisor, take, timers } = make(["a", "b", "c"], { strategy: "rest-for-one" });
  await supervisor.start();
  take();
  supervisor.restart("b");
  await settle();
  assert.deepEqual([take().sort(), timers.pending, supervisor.ready], [
    ["start b", "start c", "stop b", "stop c"],
    0,
    true,
  ]);
  assert.throws(() => supervisor.restart("z"), /no such child/);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("every change is told, with what it was before", async () => {
  const { supervisor, live, timers } = make(["a"]);
  const seen: string[] = [];
  let done = false;
  supervisor.events$.subscribe({
    next: (event) => seen.push(`${event.previous} > ${event.state} ${event.cause?.code ?? ""}`.trim()),
    complete: () => done = true,
  });
  await supervisor.start();
  live.get("a")!.crash(crash());
  await timers.pass(1_000);
  await supervisor.stop({ deadlineMs: 1_000 });
  assert.deepEqual(seen, [
    "waiting > starting",
    "starting > running",
    "running > backoff crash",
    "backoff > starting",
    "starting > running",
    "running > stopping",
    "stopping > stopped",
  ]);
  assert.equal(done, true);
});

Deno.test("one that was given up and exits late is not mistaken for its successor", async () => {
  const { supervisor, starts, states, timers } = make(["a"]);
  const late = Promise.withResolvers<ActorExit>();
  const stuck: Child = { exited: late.promise, stop: () => late.promise };
  starts.set("a", [() => Promise.resolve(stuck)]);
  await supervisor.start();
  supervisor.restart("a");
  await timers.pass(6_000);
  assert.deepEqual([states(), supervisor.snapshot().children[0].restarts], [["running"], 1]);
  late.resolve({ how: "failed", error: crash() });
  await settle();
  assert.deepEqual(states(), ["running"]);
  await supervisor.stop({ deadlineMs: 1_000 });
});
