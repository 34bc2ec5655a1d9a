import assert from "node:assert/strict";
import { ManualTimers } from "../tests/support/manual_timers.ts";
import { Watchdog } from "./watchdog.ts";

function make() {
  const timers = new ManualTimers(0);
  const heard: string[] = [];
  const hear = (what: string) => () => void heard.push(`${what} at ${timers.now()}`);
  const dog = new Watchdog({
    stallMs: 1_000,
    onStall: hear("stall"),
    onDead: hear("dead"),
    onRecover: hear("recover"),
    timers,
  });
  return { timers, heard, dog };
}

Deno.test("silence is a stall after the time given and death after twice that, each told once", async () => {
  const { timers, heard, dog } = make();
  dog.start();
  await timers.pass(10_000);
  assert.deepEqual(heard, ["stall at 1000", "dead at 2000"]);
  assert.equal(timers.pending, 0);
});

Deno.test("a fed watchdog is quiet, and keeps one timer however often it is fed", async () => {
  const { timers, heard, dog } = make();
  dog.start();
  for (let n = 0; n < 100; n++) {
    await timers.pass(40);
    dog.feed();
    assert.equal(timers.pending, 1);
  }
  assert.deepEqual(heard, []);
  await timers.pass(1_000);
  assert.deepEqual(heard, ["stall at 5000"]);
});

Deno.test("what comes after a stall recovers, and the next silence is a new stall", async () => {
  const { timers, heard, dog } = make();
  dog.start();
  await timers.pass(1_500);
  assert.equal(dog.stalled, true);
  dog.feed();
  assert.equal(dog.stalled, false);
  await timers.pass(1_999);
  assert.deepEqual(heard, ["stall at 1000", "recover at 1500", "stall at 2500"]);
});

Deno.test("a watchdog that is stopped, not started, or disposed says nothing", async () => {
  const { timers, heard, dog } = make();
  await timers.pass(5_000);
  dog.start();
  await timers.pass(1_500);
  dog.stop();
  await timers.pass(5_000);
  {
    using again = dog;
    again.start();
  }
  await timers.pass(5_000);
  assert.deepEqual(heard, ["stall at 6000"]);
  assert.equal(timers.pending, 0);
});

Deno.test("stopped while it tells of a stall, a watchdog does not bite", async () => {
  const timers = new ManualTimers(0);
  const dog: Watchdog = new Watchdog({
    stallMs: 10,
    onStall: () => dog.stop(),
    onDead: () => assert.fail("it was stopped"),
    timers,
  });
  dog.start();
  await timers.pass(100);
  assert.equal(timers.pending, 0);
});

Deno.test("where nothing is to die of it, a stall lasts until something comes", async () => {
  const timers = new ManualTimers(0);
  const heard: string[] = [];
  const dog = new Watchdog({
    stallMs: 1_000,
    onStall: () => heard.push("stall"),
    onRecover: () => heard.push("recover"),
    timers,
  });
  dog.start();
  await timers.pass(100_000);
  assert.deepEqual([heard, timers.pending, dog.stalled], [["stall"], 0, true]);
  dog.feed();
  await timers.pass(1_500);
  assert.deepEqual(heard, ["stall", "recover", "stall"]);
});
