import assert from "node:assert/strict";
import { firstValueFrom, toArray } from "rxjs";
import { settle } from "../tests/support/manual_timers.ts";
import { type Actor, type ActorCode, type ActorExit, Moved } from "./actor.ts";
import type { ActorError } from "./actor_error.ts";
import { spawnThread, type ThreadOptions } from "./thread_actor.ts";

type Message = "echo" | "throw" | "hang" | "emit" | "move" | { gate: Promise<unknown> };
const PATIENCE = { timeoutMs: 20_000 };

function make(
  code: Partial<ActorCode<number, Message, string>> = {},
  options: Partial<ThreadOptions<number, Message, string>> = {},
) {
  const log: string[] = [];
  const forever = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const started: Promise<Actor<Message, string>> = spawnThread({
    name: "recorder",
    init: 7,
    mailbox: { capacity: 2, policy: "drop-newest" },
    code: {
      start: (init) => void log.push(`start ${init}`),
      handle: async (message, context) => {
        log.push(`handle ${typeof message === "string" ? message : "gate"}`);
        if (message === "throw") throw new RangeError("threw up");
        if (message === "hang") {
          await forever(context.signal).finally(() => log.push(`let go: ${context.signal.reason.message}`));
        }
        if (message === "emit") context.emit("event");
        if (message === "move") return new Moved("moved", []);
        if (typeof message === "object") await message.gate;
        return message;
      },
      close: () => void log.push("close"),
      ...code,
    },
    ...options,
  });
  return { started, log };
}

Deno.test("an actor in this thread takes one message after the other, and is told nothing once it stops", async () => {
  const { started, log } = make();
  const actor = await started;
  const gate = Promise.withResolvers<void>();
  actor.tell({ gate: gate.promise });
  const answer = actor.ask("echo", PATIENCE);
  await settle();
  assert.deepEqual(log, ["start 7", "handle gate"]);
  gate.resolve();
  assert.equal(await answer, "echo");
  assert.equal(await actor.ask("move", PATIENCE), "moved");
  assert.deepEqual(await actor.stop({ deadlineMs: 20_000 }), { how: "stopped" });
  assert.equal(actor.tell("echo"), false);
  await assert.rejects(actor.ask("echo", PATIENCE), (error: ActorError) => error.code === "down");
  assert.deepEqual(log.slice(-1), ["close"]);
  assert.deepEqual([actor.state, actor.snapshot().state], ["stopped", "stopped"]);
});

Deno.test("its mailbox is bounded: what finds no place is counted, and a question is answered so", async () => {
  const { started } = make();
  await using actor = await started;
  const gate = Promise.withResolvers<void>();
  const handled = actor.ask({ gate: gate.promise }, PATIENCE);
  await settle();
  const waiting = actor.ask("echo", PATIENCE);
  assert.deepEqual([actor.tell("echo"), actor.tell("echo")], [true, false]);
  await assert.rejects(actor.ask("echo", PATIENCE), (error: ActorError) => error.code === "overflow");
  assert.deepEqual(actor.snapshot().mailbox, { depth: 2, capacity: 2, dropped: 2 });
  gate.resolve();
  await handled;
  assert.equal(await waiting, "echo");
  await settle();
  // One is handled, two wait.
  const all = await Promise.all([1, 2, 3, 4].map(() => actor.ask("echo", PATIENCE).catch((error) => error.code)));
  assert.deepEqual(all, ["echo", "echo", "echo", "overflow"]);
});

Deno.test("an old question that makes room for a newer message is answered so", async () => {
  const { started } = make({}, { mailbox: { capacity: 1, policy: "drop-oldest" } });
  await using actor = await started;
  const gate = Promise.withResolvers<void>();
  actor.tell({ gate: gate.promise });
  await settle();
  const old = assert.rejects(actor.ask("echo", PATIENCE), (error: ActorError) => error.code === "overflow");
  assert.equal(actor.tell("echo"), true);
  await old;
  gate.resolve();
});

Deno.test("a throw answers a question, but ends the actor for a mere message", async () => {
  const { started, log } = make();
  const actor = await started;
  await assert.rejects(actor.ask("throw", PATIENCE), /threw up/);
  assert.equal(actor.state, "running");
  const order: string[] = [];
  actor.link((exit: ActorExit) => order.push(`link ${exit.how}`));
  void actor.exited.then(() => order.push("exit"));
  actor.tell("throw");
  const pending = actor.ask("echo", PATIENCE).catch((error) => {
    order.push("reject");
    return error;
  });
  const exit = await actor.exited;
  assert.ok(exit.how === "failed");
  assert.equal(exit.error.message, "threw up");
  assert.equal((await pending as ActorError).cause, exit.error);
  assert.deepEqual(order.toSorted(), ["exit", "link failed", "reject"]);
  assert.equal(order[2], "exit");
  assert.deepEqual([actor.state, actor.snapshot().cause?.message, log.at(-1)], ["failed", "threw up", "close"]);
});

Deno.test("a dependant that throws keeps neither the others from hearing nor the actor from closing", async () => {
  const { started, log } = make();
  const actor = await started;
  const reported: string[] = [];
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error.message);
  };
  addEventListener("error", listen);
  try {
    actor.link(() => {
      throw new Error("clumsy");
    });
    let heard = false;
    actor.link(() => heard = true);
    actor.tell("throw");
    assert.equal((await actor.exited).how, "failed");
    assert.deepEqual([heard, reported, log.at(-1)], [true, ["clumsy"], "close"]);
  } finally {
    removeEventListener("error", listen);
  }
});

Deno.test("a question whose asker gave up is let go of, or never begun", async () => {
  const { started, log } = make();
  await using actor = await started;
  const abort = new AbortController();
  const hanging = actor.ask("hang", { ...PATIENCE, signal: abort.signal });
  await settle();
  const waiting = actor.ask("emit", { ...PATIENCE, signal: abort.signal });
  const reasons = [hanging, waiting].map((each) => assert.rejects(each, /enough/));
  abort.abort(new Error("enough"));
  await Promise.all(reasons);
  assert.equal(await actor.ask("echo", PATIENCE), "echo");
  assert.deepEqual(log, ["start 7", "handle hang", "let go: The asker gave up", "handle echo"]);
});

Deno.test("events are held for the first subscriber, up to a bound, and end with the actor", async () => {
  const { started } = make({ start: (_, context) => context.emit("early") });
  const actor = await started;
  const seen = firstValueFrom(actor.events$.pipe(toArray()));
  await actor.ask("emit", PATIENCE);
  await actor.stop({ deadlineMs: 20_000 });
  assert.deepEqual(await seen, ["early", "event"]);
});

Deno.test("a start that throws, or is called off, leaves a closed actor and says why", async () => {
  const throwing = make({ start: () => Promise.reject(new TypeError("no weights")) });
  await assert.rejects(throwing.started, /no weights/);
  assert.deepEqual(throwing.log, ["close"]);

  const abort = new AbortController();
  const deaf = make({ start: () => new Promise<void>(() => {}) }, { signal: abort.signal });
  abort.abort(new Error("not needed"));
  await assert.rejects(deaf.started, /not needed/);
  assert.deepEqual(deaf.log, ["close"]);
  await assert.rejects(make({}, { signal: abort.signal }).started, /not needed/);
});

Deno.test("stopping interrupts what is being handled, and gives up at the deadline", async () => {
  const { started, log } = make();
  const actor = await started;
  const hanging = assert.rejects(actor.ask("hang", PATIENCE), (error: ActorError) => error.code === "down");
  await settle();
  await actor.stop({ deadlineMs: 20_000 });
  await hanging;
  assert.ok(log.includes("let go: The actor stops"));

  const deaf = await make({ close: () => new Promise<void>(() => {}) }).started;
  const exit = await deaf.stop({ deadlineMs: 10 });
  assert.ok(exit.how === "killed");
  assert.match(exit.error.message, /recorder.*10 ms/);

  const failed = await make({ close: () => new Promise<void>(() => {}) }, { closeTimeoutMs: 10 }).started;
  failed.tell("throw");
  assert.equal((await failed.exited).how, "failed");

  const clumsy = await make({ close: () => Promise.reject(new Error("cannot let go")) }).started;
  assert.equal((await clumsy.stop({ deadlineMs: 20_000 })).how, "failed");
});
