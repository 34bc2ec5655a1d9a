import assert from "node:assert/strict";
import { settle } from "../tests/support/manual_timers.ts";
import { crash, fails, hangs, Puppet, supervisePuppets as make } from "../tests/support/puppets.ts";
import type { Child } from "./actor.ts";

Deno.test("children start in order and stop in reverse", async () => {
  const { supervisor, take, states, timers } = make(["a", "b", "c"], { strategy: "rest-for-one" });
  await supervisor.start();
  assert.deepEqual([take(), states(), supervisor.ready], [
    ["start a", "start b", "start c"],
    ["running", "running", "running"],
    true,
  ]);
  assert.deepEqual(await supervisor.stop({ deadlineMs: 1_000 }), { how: "stopped" });
  assert.deepEqual([take(), states(), supervisor.ready], [
    ["stop c", "stop b", "stop a"],
    ["stopped", "stopped", "stopped"],
    false,
  ]);
  assert.equal(timers.pending, 0);
});

Deno.test("a child that cannot start is tried again, and starting waits for it", async () => {
  const { supervisor, timers, starts, states } = make(["a", "b"]);
  starts.set("a", [fails(crash()), fails(crash())]);
  let up = false;
  const started = supervisor.start().then(() => up = true);
  await timers.pass(2_999);
  assert.deepEqual([up, states()], [false, ["backoff", "running"]]);
  await timers.pass(1);
  await started;
  assert.deepEqual([states(), supervisor.snapshot().children[0].restarts], [["running", "running"], 2]);
  await supervisor.stop({ deadlineMs: 1_000 });
});

Deno.test("a start that spends the budget rejects, and leaves nothing running", async () => {
  const { supervisor, timers, starts, states } = make(["a", "b"], { budget: { restarts: 1, withinMs: 60_000 } });
  starts.set("b", [fails(crash()), fails(crash("again"))]);
  const rejected = assert.rejects(supervisor.start(), /did not help: again/);
  await timers.pass(1_000);
  await rejected;
  assert.deepEqual([states(), timers.pending], [["stopped", "failed"], 0]);
});

Deno.test("a start under way can be called off, and so can a wait", async () => {
  const abort = new AbortController();
  const { supervisor, starts, states, timers } = make(["a", "b", "c"]);
  starts.set("b", [hangs]);
  starts.set("c", [fails(crash())]);
  const rejected = assert.rejects(supervisor.start(abort.signal), /changed my mind/);
  await settle();
  assert.deepEqual(states(), ["running", "starting", "backoff"]);
  abort.abort(new Error("changed my mind"));
  await rejected;
  assert.deepEqual([states(), timers.pending], [["stopped", "stopped", "stopped"], 0]);
});

Deno.test("a child that starts after all was over is stopped", async () => {
  const { supervisor, starts, take, timers, log, states } = make(["a"]);
  const late = Promise.withResolvers<Child>();
  starts.set("a", [() => late.promise]);
  const started = assert.rejects(supervisor.start(), /it was stopped/);
  await settle();
  const stopped = supervisor.stop({ deadlineMs: 1_000 });
  await timers.pass(1_000);
  assert.deepEqual(await stopped, { how: "stopped" });
  await started;
  take();
  late.resolve(new Puppet("a", log));
  await settle();
  assert.deepEqual([take(), states()], [["stop a"], ["stopped"]]);
});

Deno.test("a child that does not stop holds up the shutdown no longer than its deadline allows", async () => {
  const { supervisor, starts, timers, take } = make(["a", "b"]);
  const stuck: Child = { exited: new Promise(() => {}), stop: () => new Promise(() => {}) };
  starts.set("b", [() => Promise.resolve(stuck)]);
  await supervisor.start();
  take();
  const stopped = supervisor.stop({ deadlineMs: 2_000 });
  await timers.pass(3_000);
  assert.deepEqual(await stopped, { how: "stopped" });
  assert.deepEqual([take(), timers.pending], [["stop a"], 0]);
});

Deno.test("a child that cannot even be asked to stop does not hold up the others", async () => {
  const { supervisor, starts, take, timers } = make(["a", "b"]);
  const broken: Child = { exited: new Promise(() => {}), stop: () => Promise.reject(new Error("no")) };
  starts.set("b", [() => Promise.resolve(broken)]);
  await supervisor.start();
  take();
  assert.deepEqual(await supervisor.stop({ deadlineMs: 2_000 }), { how: "stopped" });
  assert.deepEqual([take(), timers.pending], [["stop a"], 0]);
});

Deno.test("children may die while the supervisor stops, it stops all the same", async () => {
  const { supervisor, live, states, timers } = make(["a", "b"], { budget: { restarts: 0, withinMs: 1 } });
  await supervisor.start();
  const stopped = supervisor.stop({ deadlineMs: 1_000 });
  live.get("a")!.crash(crash());
  assert.deepEqual(await stopped, { how: "stopped" });
  assert.equal(states()[1], "stopped");
  assert.equal(timers.pending, 0);
});

Deno.test("a child can be added to a running supervisor, but not twice under one name", async () => {
  const { supervisor, states, take, log } = make(["a"]);
  await supervisor.start();
  supervisor.add({ name: "b", restart: "permanent", start: () => Promise.resolve(new Puppet("b", log)) });
  await settle();
  assert.deepEqual(states(), ["running", "running"]);
  assert.throws(
    () => supervisor.add({ name: "b", restart: "permanent", start: () => Promise.resolve(new Puppet("b", log)) }),
    /there is one already/,
  );
  take();
  await supervisor.stop({ deadlineMs: 1_000 });
  assert.deepEqual(take(), ["stop b", "stop a"]);
});
