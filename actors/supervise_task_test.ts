import assert from "node:assert/strict";
import { ManualTimers, settle } from "../tests/support/manual_timers.ts";
import { type Attempt, superviseTask, type TaskOptions, type TaskSnapshot } from "./supervise_task.ts";

/** A task whose attempts the test ends by hand. */
function make(options: Partial<TaskOptions> = {}) {
  const timers = new ManualTimers(0);
  const states: string[] = [];
  const snapshots: TaskSnapshot[] = [];
  const attempts: Array<Attempt & { end(): void; crash(error: Error): void; signal: AbortSignal }> = [];
  const task = superviseTask({
    name: "gate",
    run: (signal, attempt) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => resolve("aborted"));
        attempts.push({ ...attempt, end: () => resolve("ended"), crash: reject, signal });
      }),
    backoff: { initialMs: 1_000, maxMs: 8_000, random: () => 1 },
    budget: { restarts: 5, withinMs: 60_000 },
    healthyAfterMs: 5_000,
    timers,
    ...options,
    onState: (snapshot) => {
      states.push(snapshot.state);
      snapshots.push(snapshot);
      options.onState?.(snapshot);
    },
  });
  const last = () => attempts[attempts.length - 1];
  return { task, timers, states, snapshots, attempts, last };
}

const hopeless = () => Object.assign(new Error("401 Unauthorized"), { hopeless: true, code: "unauthorized" });

Deno.test("a task that ends is stopped, and not run again", async () => {
  const { task, timers, states, last } = make();
  await settle();
  last().end();
  const end = await task.settled();
  assert.equal(end.state, "stopped");
  await timers.pass(100_000);
  assert.deepEqual(states, ["running", "stopped"]);
  await task.stop();
});

Deno.test("a task that fails is run again after a wait that is known", async () => {
  const { task, timers, snapshots, attempts, last } = make();
  await timers.pass(100);
  last().crash(Object.assign(new Error("cut"), { code: "closed" }));
  await settle();
  assert.deepEqual(task.snapshot(), {
    name: "gate",
    state: "backoff",
    since: 100,
    cause: { code: "closed", message: "cut" },
    restarts: 0,
    nextAttemptMs: 1_100,
  });
  await timers.pass(999);
  assert.equal(attempts.length, 1);
  await timers.pass(1);
  assert.equal(attempts.length, 2);
  assert.deepEqual(snapshots.map((s) => [s.state, s.restarts]), [["running", 0], ["backoff", 0], ["running", 1]]);
  await task.stop();
});

Deno.test("a hopeless error fails at once and leaves the budget alone", async () => {
  const { task, timers, last } = make({ budget: { restarts: 1, withinMs: 60_000 } });
  await settle();
  last().crash(hopeless());
  const end = await task.settled();
  assert.deepEqual([end.state, end.cause?.code], ["failed", "unauthorized"]);
  await timers.pass(100_000);
  assert.equal(task.snapshot().restarts, 0);
  await task.stop();
});

Deno.test("a spent budget fails with the last cause", async () => {
  const { task, timers, attempts, last } = make({ budget: { restarts: 3, withinMs: 60_000 } });
  await settle();
  for (let n = 1; n <= 4; n++) {
    last().crash(new Error(`crash ${n}`));
    await timers.pass(8_000);
  }
  assert.deepEqual([attempts.length, task.snapshot().state, task.snapshot().cause?.message], [4, "failed", "crash 4"]);
  await task.stop();
});

Deno.test("waits grow while it never gets healthy, however long its attempts take", async () => {
  const { task, timers, last } = make();
  await settle();
  const waits: number[] = [];
  for (let n = 0; n < 3; n++) {
    await timers.pass(20_000);
    last().crash(new Error("timeout"));
    await settle();
    waits.push(task.snapshot().nextAttemptMs! - timers.now());
    await timers.pass(8_000);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  await task.stop();
});

Deno.test("only health that lasted makes the waits short again", async () => {
  const { task, timers, last } = make();
  await settle();
  const crash = async (healthyMs: number) => {
    last().healthy();
    await timers.pass(healthyMs);
    last().crash(new Error("cut"));
    await settle();
    const waitMs = task.snapshot().nextAttemptMs! - timers.now();
    await timers.pass(waitMs);
    return waitMs;
  };
  assert.equal(await crash(0), 1_000);
  assert.equal(await crash(4_999), 2_000);
  assert.equal(await crash(5_000), 1_000);
  await task.stop();
});

Deno.test("a restart by hand runs it at once, from every state", async () => {
  const { task, timers, states, attempts, last } = make({ budget: { restarts: 0, withinMs: 60_000 } });
  await settle();
  task.restart();
  await settle();
  assert.deepEqual([attempts.length, attempts[0].signal.aborted], [2, true]);
  last().crash(new Error("cut"));
  await settle();
  task.restart();
  await settle();
  last().end();
  await settle();
  task.restart();
  await settle();
  task.pause();
  await settle();
  task.restart();
  await settle();
  assert.deepEqual(states, [
    ...["running", "running", "failed", "running", "stopped", "running", "paused", "running"],
  ]);
  assert.equal(timers.pending, 0);
  await task.stop();
});

Deno.test("a restart in backoff does not wait for it", async () => {
  const { task, timers, attempts, last } = make();
  await settle();
  last().crash(new Error("cut"));
  await settle();
  task.restart();
  await settle();
  assert.equal(attempts.length, 2);
  last().crash(new Error("cut"));
  await settle();
  assert.equal(task.snapshot().nextAttemptMs, timers.now() + 1_000);
  await task.stop();
  assert.equal(timers.pending, 0);
});

Deno.test("a paused task holds nothing until resumed", async () => {
  const { task, timers, states, attempts, last } = make();
  await settle();
  task.pause();
  await settle();
  assert.equal(last().signal.aborted, true);
  await timers.pass(100_000);
  assert.deepEqual([task.snapshot().state, attempts.length], ["paused", 1]);
  task.resume();
  await settle();
  last().crash(new Error("cut"));
  await settle();
  task.pause();
  await timers.pass(100_000);
  assert.deepEqual(states, ["running", "paused", "running", "backoff", "paused"]);
  await task.stop();
  assert.equal(task.snapshot().state, "stopped");
});

Deno.test("a failure from outside is treated like one of its own", async () => {
  const { task, timers, last } = make();
  await settle();
  const error = Object.assign(new Error("no frame for 10 s"), { code: "timeout" });
  task.fail(error);
  await settle();
  assert.equal(last().signal.reason, error);
  assert.deepEqual([task.snapshot().state, task.snapshot().cause?.code], ["backoff", "timeout"]);
  await timers.pass(1_000);
  task.fail(hopeless());
  await settle();
  assert.deepEqual([task.snapshot().state, task.snapshot().cause?.code], ["failed", "unauthorized"]);
  await task.stop();
});

Deno.test("an attempt that throws because it was failed from outside has the outside's cause", async () => {
  const { task } = make({
    run: (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("read interrupted")))),
  });
  await settle();
  task.fail(new Error("no frame for 10 s"));
  await settle();
  assert.equal(task.snapshot().cause?.message, "no frame for 10 s");
  await task.stop();
});

Deno.test("a restart by hand gives the whole budget back", async () => {
  const { task, timers, last } = make({ budget: { restarts: 1, withinMs: 60_000 } });
  await settle();
  last().crash(new Error("cut"));
  await timers.pass(1_000);
  task.restart();
  await settle();
  last().crash(new Error("cut"));
  await settle();
  assert.equal(task.snapshot().state, "backoff");
  await task.stop();
});

Deno.test("an attempt that does not heed its abort is complained about once, and no other begins beside it", async () => {
  const overstayed: string[] = [];
  const stuck = Promise.withResolvers<"aborted">();
  let runs = 0;
  const { task, timers } = make({
    run: () => (runs++, stuck.promise),
    abortTimeoutMs: 2_000,
    onOverstay: (name) => overstayed.push(name),
  });
  await settle();
  task.restart();
  await timers.pass(1_999);
  assert.deepEqual(overstayed, []);
  task.restart();
  await timers.pass(10_000);
  assert.deepEqual([overstayed, runs], [["gate"], 1]);
  stuck.resolve("aborted");
  await settle();
  assert.equal(runs, 2);
  await task.stop();
});

Deno.test("stopping waits for the attempt, is told as such, and cannot be undone", async () => {
  const gate = Promise.withResolvers<"aborted">();
  const { task, states } = make({ run: () => gate.promise });
  await settle();
  const stopped = task.stop();
  task.restart();
  task.resume();
  await settle();
  assert.equal(task.snapshot().state, "stopping");
  gate.resolve("aborted");
  assert.equal((await stopped).state, "stopped");
  assert.equal((await task.stop()).state, "stopped");
  assert.deepEqual(states, ["running", "stopping", "stopped"]);
});

Deno.test("a task stopped before it began never runs, one stopped in backoff leaves no timer", async () => {
  const early = make();
  await early.task.stop();
  assert.deepEqual([early.attempts.length, early.states], [0, ["stopped"]]);

  const late = make();
  await settle();
  late.last().crash(new Error("cut"));
  await settle();
  const end = await late.task.stop();
  assert.deepEqual([end.state, end.cause?.message, late.timers.pending], ["stopped", "cut", 0]);
});

for (const act of ["pause", "restart", "stop", "fail"] as const) {
  Deno.test(`${act} out of the announcement of a state takes effect`, async () => {
    for (const at of ["running", "backoff"] as const) {
      let acted = false;
      const made: ReturnType<typeof make> = make({
        run: () => Promise.reject(new Error("cut")),
        onState: (snapshot) => {
          if (acted || snapshot.state !== at) return;
          acted = true;
          if (act === "fail") made.task.fail(new Error("from outside"));
          else void made.task[act]();
        },
      });
      await settle();
      const expected = {
        pause: ["paused"],
        stop: ["stopped"],
        restart: ["running", "backoff"],
        fail: ["backoff"],
      }[act];
      const seen = made.states.slice(made.states.indexOf(at) + 1).filter((state) => state !== "stopping");
      assert.deepEqual(seen, act === "fail" && at === "backoff" ? [] : expected, `${act} at ${at}`);
      await made.task.stop();
    }
  });
}

Deno.test("a thousand failures are retried one at a time, and nothing is left behind", async () => {
  let running = 0;
  const { task, timers } = make({
    run: async () => {
      assert.equal(++running, 1);
      await Promise.resolve();
      running--;
      throw new Error("cut");
    },
    backoff: { initialMs: 1, maxMs: 1, random: () => 1 },
    budget: { restarts: Infinity, withinMs: 1 },
  });
  await timers.pass(999);
  assert.equal(task.snapshot().restarts, 999);
  await task.stop();
  assert.equal(timers.pending, 0);
});
