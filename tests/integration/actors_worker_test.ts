import assert from "node:assert/strict";
import { filter, firstValueFrom, toArray } from "rxjs";
import type { Actor, ActorExit } from "../../actors/actor.ts";
import { ActorError, RemoteError } from "../../actors/actor_error.ts";
import { Kills } from "../../actors/kills.ts";
import { type SpawnOptions, spawnWorker } from "../../actors/worker_actor.ts";
import { until } from "../support/until.ts";
import type { WaywardEvent, WaywardInit, WaywardMessage } from "../support/wayward_worker.ts";

type Wayward = Actor<WaywardMessage, WaywardEvent>;

const url = new URL("../support/wayward_worker.ts", import.meta.url);
const PATIENCE = { timeoutMs: 20_000 };

function spawn(init: WaywardInit = {}, options: Partial<SpawnOptions> = {}): Promise<Wayward> {
  return spawnWorker({ name: "wayward", url, init, startTimeoutMs: 20_000, ...options });
}

function failure(exit: ActorExit): Error {
  assert.ok(exit.how !== "stopped", "it stopped as if nothing had happened");
  return exit.error;
}

Deno.test("a worker answers questions, each its own, in whatever order they are done", async () => {
  await using actor = await spawn();
  const slow = actor.ask({ do: "wait", ms: 50 }, PATIENCE).then(() => "slow");
  const quick = actor.ask({ do: "echo", value: "quick" }, PATIENCE);
  assert.equal(await Promise.race([slow, quick]), "quick");
  const many = await Promise.all(
    Array.from({ length: 100 }, (_, value) => actor.ask({ do: "echo", value }, PATIENCE)),
  );
  assert.deepEqual(many, Array.from({ length: 100 }, (_, value) => value));
  await slow;
});

Deno.test("a serial worker takes one message after the other, and only so many may wait", async () => {
  await using actor = await spawn({}, { name: "serial" });
  const done: string[] = [];
  const slow = actor.ask({ do: "wait", ms: 50 }, PATIENCE).then(() => done.push("slow"));
  const quick = actor.ask({ do: "echo", value: 1 }, PATIENCE).then(() => done.push("quick"));
  await Promise.all([slow, quick]);
  assert.deepEqual(done, ["slow", "quick"]);

  const heard = (key: string) => firstValueFrom(actor.events$.pipe(filter((event) => key in event)));
  /** Works while the worker is held up by a question that takes until it is called off. */
  const whileBusy = async <T>(work: () => T): Promise<T> => {
    const abort = new AbortController();
    const [holding, released] = [heard("holding"), heard("released")];
    const busy = assert.rejects(actor.ask({ do: "hang", announce: true }, { ...PATIENCE, signal: abort.signal }));
    await holding;
    const result = work();
    abort.abort();
    await Promise.all([busy, released]);
    return result;
  };
  const ask = (value: number) => actor.ask({ do: "echo", value }, PATIENCE).catch((error) => error.code);
  const asked = await whileBusy(() => [1, 2, 3, 4, 5, 6].map(ask));
  assert.deepEqual(await Promise.all(asked), [1, 2, 3, 4, "overflow", "overflow"]);

  const before = actor.snapshot().mailbox.dropped;
  await whileBusy(() => {
    for (let value = 0; value < 7; value++) actor.tell({ do: "echo", value });
  });
  await actor.ask({ do: "echo", value: "all came through" }, PATIENCE);
  assert.equal(actor.snapshot().mailbox.dropped - before, 3);
});

Deno.test("buffers move both ways, and ports connect workers directly", async () => {
  const channel = new MessageChannel();
  await using actor = await spawn({ port: channel.port1 }, { transfer: [channel.port1] });
  const buffer = new ArrayBuffer(1 << 20);
  const back = await actor.ask<ArrayBuffer>({ do: "move", buffer }, { ...PATIENCE, transfer: [buffer] });
  assert.deepEqual([buffer.byteLength, back.byteLength], [0, 1 << 20]);

  const second = new MessageChannel();
  assert.equal(actor.tell({ do: "connect", port: second.port1 }, [second.port1]), true);
  for (const { port2 } of [channel, second]) {
    const heard = new Promise((resolve) => port2.onmessage = (event) => resolve(event.data));
    port2.postMessage("you");
    assert.equal(await heard, "heard you");
    port2.close();
  }
});

Deno.test("no event is lost between the start and the first subscription", async () => {
  await using actor = await spawn({ start: "emit" });
  actor.tell({ do: "emit", count: 3 });
  await actor.ask({ do: "echo", value: 0 }, PATIENCE);
  const seen = firstValueFrom(actor.events$.pipe(toArray()));
  actor.tell({ do: "emit", count: 1 });
  await actor.ask({ do: "echo", value: 0 }, PATIENCE);
  await actor.stop({ deadlineMs: 20_000 });
  assert.deepEqual(await seen, [{ early: true }, { number: 0 }, { number: 1 }, { number: 2 }, { number: 0 }]);
});

Deno.test("a question can time out or be called off, and the worker hears of it", async () => {
  await using actor = await spawn();
  const released: string[] = [];
  actor.events$.subscribe((event) => "released" in event && released.push(event.released));

  const late = actor.ask({ do: "hang" }, { timeoutMs: 20 });
  await assert.rejects(late, (error: ActorError) => error.code === "timeout" && /wayward.*20 ms/.test(error.message));
  const abort = new AbortController();
  const called = actor.ask({ do: "hang" }, { ...PATIENCE, signal: abort.signal });
  const reason = new Error("never mind");
  abort.abort(reason);
  await assert.rejects(called, (error) => error === reason);
  await assert.rejects(
    actor.ask({ do: "echo", value: 1 }, { ...PATIENCE, signal: abort.signal }),
    (error) => error === reason,
  );
  await actor.ask({ do: "echo", value: 1 }, PATIENCE);
  assert.deepEqual(released, ["The asker gave up", "The asker gave up"]);
  assert.equal(actor.snapshot().mailbox.depth, 0);
});

Deno.test("only so many questions may be open", async () => {
  await using actor = await spawn({}, { capacity: 2 });
  const open = [1, 2].map((value) => actor.ask({ do: "echo", value }, PATIENCE));
  await assert.rejects(actor.ask({ do: "echo", value: 3 }, PATIENCE), (error: ActorError) => error.code === "overflow");
  assert.deepEqual(actor.snapshot().mailbox, { depth: 2, capacity: 2, dropped: 1 });
  assert.deepEqual(await Promise.all(open), [1, 2]);
});

Deno.test("an answer or a question that cannot travel is an error for the asker alone", async () => {
  await using actor = await spawn();
  await assert.rejects(actor.ask({ do: "uncloneable" }, PATIENCE), /could not be cloned/);
  await assert.rejects(actor.ask({ do: "echo", value: () => {} }, PATIENCE), /could not be cloned/);
  await assert.rejects(actor.ask({ do: "throw" }, PATIENCE), (error: RemoteError) => {
    return error instanceof RemoteError && error.name === "RangeError" && error.message === "threw up";
  });
  assert.deepEqual([actor.state, actor.snapshot().mailbox.depth], ["running", 0]);
  assert.equal(await actor.ask({ do: "echo", value: 1 }, PATIENCE), 1);
});

const DEATHS = {
  throw: /threw up/,
  throwLater: /threw up later/,
  rejectLater: /rejected later/,
  throwTwice: /the first/,
  close: /called close/,
  exit: /called Deno.exit/,
} as const;

for (const [how, message] of Object.entries(DEATHS)) {
  Deno.test(`death by ${how}: questions reject, then dependants hear, then it is announced; others live on`, async () => {
    await using neighbour = await spawn();
    const kills = new Kills();
    const actor = await spawn({}, { kills });
    const order: string[] = [];
    let linked: ActorExit | undefined;
    actor.link((exit) => {
      linked = exit;
      order.push("link");
    });
    actor.link(() => order.push("second link"));
    actor.link(() => order.push("taken back"))();
    actor.events$.subscribe({ complete: () => order.push("events end") });
    void actor.exited.then(() => order.push("exit"));
    const pending = actor.ask({ do: "hang" }, PATIENCE).catch((error) => {
      order.push("reject");
      return error;
    });
    actor.tell({ do: how as keyof typeof DEATHS });

    const exit = await actor.exited;
    assert.equal(exit.how, "failed");
    assert.match(failure(exit).message, message);
    assert.equal(linked, exit);
    const error = await pending as ActorError;
    assert.deepEqual([error.code, error.cause], ["down", failure(exit)]);
    await actor.exited;
    assert.deepEqual(order.toSorted(), ["events end", "exit", "link", "reject", "second link"]);
    assert.ok(order.indexOf("link") < order.indexOf("events end") && order.indexOf("reject") < order.indexOf("exit"));
    assert.equal(order.at(-1), "exit");
    assert.equal(kills.count, 0, "its natives were closed, so nothing leaked");

    assert.deepEqual([actor.state, actor.tell({ do: "echo", value: 1 })], ["failed", false]);
    await assert.rejects(actor.ask({ do: "echo", value: 1 }, PATIENCE), (error: ActorError) => error.code === "down");
    assert.deepEqual(await actor.stop({ deadlineMs: 0 }), exit);
    assert.equal(await neighbour.ask({ do: "echo", value: "alive" }, PATIENCE), "alive");
  });
}

Deno.test("questions are rejected before dependants are told", async () => {
  const actor = await spawn();
  let rejected = false;
  // The rejection is settled when the link is called; its handlers run right after.
  const settled = new Promise<boolean>((resolve) => actor.link(() => queueMicrotask(() => resolve(rejected))));
  void actor.ask({ do: "hang" }, PATIENCE).catch(() => rejected = true);
  actor.tell({ do: "throw" });
  assert.equal(await settled, true);
  await actor.exited;
});

Deno.test("whoever links to an actor that died before anybody could is told all the same, once", async () => {
  const started = spawn({ start: "dieSoon" });
  // Both of the worker's messages are there before either is looked at.
  const until = performance.now() + 500;
  while (performance.now() < until);
  const actor = await started;
  const told: string[] = [];
  actor.link((exit) => told.push(failure(exit).message));
  actor.link(() => told.push("taken back"))();
  const exit = await actor.exited;
  assert.deepEqual([told, failure(exit).message], [["short was its life"], "short was its life"]);
});

Deno.test("time without end is no reason to be cut off at once", async () => {
  const actor = await spawn({}, { startTimeoutMs: Infinity });
  assert.equal(await actor.ask({ do: "echo", value: 1 }, { timeoutMs: Infinity }), 1);
  assert.deepEqual(await actor.stop({ deadlineMs: Infinity }), { how: "stopped" });
});

const STARTS: Array<[string, Partial<SpawnOptions> & { init?: WaywardInit }, RegExp]> = [
  ["its code throws", { init: { start: "throw" } }, /no weights/],
  ["it takes too long", { init: { start: "hang" }, startTimeoutMs: 300 }, /not ready in 300 ms/],
  [
    "it is in an endless loop",
    { init: { start: "spin" }, startTimeoutMs: 300, closeTimeoutMs: 50 },
    /not ready in 300 ms/,
  ],
  ["its file is missing", { url: new URL("./no_such_worker.js", import.meta.url) }, /Cannot start wayward/],
  ["its file throws", { url: new URL("data:application/javascript,throw new Error('bad file')") }, /bad file/],
  ["its file is no program", { url: new URL("data:application/javascript,nonsense here") }, /SyntaxError/],
  ["it never introduces itself", {
    url: new URL("data:application/javascript,0"),
    startTimeoutMs: 300,
    closeTimeoutMs: 50,
  }, /not ready/],
];

for (const [why, { init, ...options }, message] of STARTS) {
  Deno.test(`a worker does not start when ${why}, and says so`, async () => {
    await assert.rejects(spawn(init, options), message);
  });
}

Deno.test("a worker whose file does not load is down: the fault is nobody's who asked for it", async () => {
  const url = new URL("data:application/javascript,nonsense here");
  await assert.rejects(spawn({}, { url }), { name: "ActorError", code: "down" });
});

Deno.test("what an error says of itself survives the way out of the worker", async () => {
  await assert.rejects(spawn({ start: "hopeless" }), (error: RemoteError) => {
    assert.deepEqual([error.name, error.code, error.hopeless], ["NotFound", "not_found", true]);
    assert.ok(error.cause instanceof RemoteError);
    assert.deepEqual([error.cause.name, error.cause.message], ["RangeError", "deep down"]);
    return /wayward_worker/.test(error.stack ?? "");
  });
});

Deno.test("a start can be called off, before and while it is under way, but not after", async () => {
  const abort = new AbortController();
  const started = spawn({ start: "hang" }, { signal: abort.signal });
  abort.abort(new Error("not needed"));
  await assert.rejects(started, /not needed/);
  await assert.rejects(spawn({}, { signal: abort.signal }), /not needed/);

  const later = new AbortController();
  await using actor = await spawn({}, { signal: later.signal });
  later.abort();
  assert.equal(await actor.ask({ do: "echo", value: 1 }, PATIENCE), 1);
});

Deno.test("an init that cannot travel leaves no worker behind", async () => {
  await assert.rejects(spawn({ port: (() => {}) as never }), /could not be cloned/);
});

Deno.test("stopping releases what is held inside, rejects what is open, and may be asked for twice", async () => {
  const kills = new Kills();
  const actor = await spawn({}, { kills });
  const released = firstValueFrom(actor.events$);
  const open = assert.rejects(actor.ask({ do: "hang" }, PATIENCE), (error: ActorError) => error.code === "down");
  const first = actor.stop({ deadlineMs: 20_000 });
  assert.equal(actor.state, "stopping");
  assert.deepEqual(await Promise.all([first, actor.stop({ deadlineMs: 20_000 })]), [
    { how: "stopped" },
    { how: "stopped" },
  ]);
  await open;
  assert.deepEqual(await released, { released: "The actor stops" });
  assert.deepEqual([actor.state, kills.count], ["stopped", 0]);
});

for (const how of ["an endless loop", "a close that hangs"]) {
  Deno.test(`${how} is cut off at the deadline, and counted; the others do not notice`, async () => {
    await using neighbour = await spawn();
    let bound = 0;
    const kills = new Kills({ bound: 2, onLeakBound: () => bound++ });
    for (let round = 1; round <= 3; round++) {
      const actor = await spawn({ close: "hang" }, { kills });
      if (how === "an endless loop") actor.tell({ do: "spin" });
      const exit = actor.stop({ deadlineMs: 100 });
      assert.equal(await neighbour.ask({ do: "echo", value: round }, PATIENCE), round);
      assert.equal((await exit).how, "killed");
      assert.match(failure(await exit).message, /wayward.*100 ms/);
      assert.deepEqual([kills.count, bound], [round, round < 2 ? 0 : 1]);
    }
    assert.ok(kills.leakedBytes > 0 && kills.leakedDescriptors > 0);
  });
}

Deno.test("a second stop with a shorter deadline wins", async () => {
  const actor = await spawn({ close: "hang" });
  const patient = actor.stop({ deadlineMs: 3_600_000 });
  void actor.stop({ deadlineMs: 50 });
  assert.equal((await patient).how, "killed");
});

Deno.test("a failed worker whose close hangs is cut off too, and its failure stays the cause", async () => {
  const kills = new Kills();
  const actor = await spawn({ close: "hang" }, { kills, closeTimeoutMs: 50 });
  actor.tell({ do: "throw" });
  const exit = await actor.exited;
  assert.deepEqual([exit.how, failure(exit).message, kills.count], ["failed", "threw up", 1]);
});

Deno.test("a close that throws is a failure, and may have leaked", async () => {
  const kills = new Kills();
  const actor = await spawn({ close: "throw" }, { kills });
  const exit = await actor.stop({ deadlineMs: 20_000 });
  assert.deepEqual([exit.how, failure(exit).message, kills.count], ["failed", "cannot let go", 1]);
});

Deno.test("a stray error while it closes does not turn a stop into a failure", async () => {
  const actor = await spawn({ close: "stray" });
  assert.deepEqual(await actor.stop({ deadlineMs: 20_000 }), { how: "stopped" });
});

function processCounts(): { descriptors: number; threads: number } {
  return {
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    threads: [...Deno.readDirSync("/proc/self/task")].length,
  };
}

Deno.test({
  name: "thirty workers that are stopped leave no descriptor and no thread behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const live = async () => {
      const actor = await spawn();
      await actor.stop({ deadlineMs: 20_000 });
    };
    for (let round = 0; round < 5; round++) await live();
    const before = processCounts();
    for (let round = 0; round < 30; round++) await live();
    // A thread that was told to end takes a while to be gone.
    await until(() => {
      const after = processCounts();
      return after.threads <= before.threads && after.descriptors <= before.descriptors;
    }, () => `${JSON.stringify(before)} became ${JSON.stringify(processCounts())}`);
  },
});
