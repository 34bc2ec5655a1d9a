import assert from "node:assert/strict";
import { Asks } from "./asks.ts";

/** Questions that nobody answers unless the test does. */
function rig() {
  const ended: string[] = [];
  const dropped: number[] = [];
  const asks = new Asks("somebody", 10, (id) => dropped.push(id));
  const open = (what: string, timeoutMs: number, signal?: AbortSignal) => {
    let number = 0;
    const answer = asks.open<string>({ timeoutMs, ...(signal && { signal }) }, (id) => number = id).then(
      (value) => void ended.push(`${what}: ${value}`),
      (error: Error) => void ended.push(`${what}: ${error.message}`),
    );
    return { number, answer };
  };
  return { asks, open, ended, dropped };
}

const none = (ms: number) => `Cannot get an answer from somebody: none came in ${ms} ms`;

Deno.test("each question is given up in its own time, whichever was asked first", async () => {
  const { asks, open, ended, dropped } = rig();
  const open1 = open("long", 400);
  const open2 = open("short", 20);
  const open3 = open("middle", 150);
  await Promise.all([open1.answer, open2.answer, open3.answer]);
  assert.deepEqual(ended, [`short: ${none(20)}`, `middle: ${none(150)}`, `long: ${none(400)}`]);
  assert.deepEqual([dropped, asks.depth], [[open2.number, open3.number, open1.number], 0]);
  const { answer } = open("later", 10);
  await answer;
  assert.equal(ended.at(-1), `later: ${none(10)}`);
});

Deno.test("what was answered or given up holds no timer, and others keep theirs", async () => {
  const { asks, open, ended, dropped } = rig();
  const giveUp = new AbortController();
  const first = open("answered", 60_000);
  const second = open("given up", 60_000, giveUp.signal);
  const third = open("overdue", 30);
  asks.resolve(first.number, "yes");
  giveUp.abort(new Error("enough"));
  await Promise.all([first.answer, second.answer, third.answer]);
  assert.deepEqual(ended, ["answered: yes", "given up: enough", `overdue: ${none(30)}`]);
  assert.deepEqual([dropped, asks.depth], [[second.number, third.number], 0]);
  const last = open("last", 60_000);
  asks.rejectAll(new Error("all over"));
  await last.answer;
  assert.equal(ended.at(-1), "last: all over");
});
