import assert from "node:assert/strict";
import { LogOutlet } from "./log_outlet.ts";

/** A reader that takes what it is given when it is told to. */
class SlowReader {
  text = "";
  #turn = Promise.withResolvers<void>();

  async write(bytes: Uint8Array): Promise<number> {
    await this.#turn.promise;
    // Like a pipe that is nearly full.
    const taken = Math.min(bytes.length, 1000);
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  }

  wake(): void {
    this.#turn.resolve();
  }

  leave(): void {
    this.#turn.reject(new Deno.errors.BrokenPipe("gone"));
  }
}

Deno.test("lines arrive in order and whole, though they are taken piece by piece", async () => {
  const reader = new SlowReader();
  const outlet = new LogOutlet(reader);
  const lines = Array.from({ length: 500 }, (_, n) => `line ${n} ${"x".repeat(n % 50)}`);
  for (const line of lines) outlet.push(line);
  reader.wake();
  await outlet.drain();
  outlet.push("later");
  await outlet.drain();
  assert.deepEqual(reader.text.split("\n"), [...lines, "later", ""]);
});

Deno.test("a reader that hangs costs the oldest lines, and the log says how many", async () => {
  const reader = new SlowReader();
  const outlet = new LogOutlet(reader);
  for (let n = 0; n < 5000; n++) outlet.push(`line ${n}`);
  reader.wake();
  await outlet.drain();
  const lines = reader.text.trimEnd().split("\n");
  const gap = JSON.parse(lines[0]);
  assert.deepEqual([gap.level, gap.source], ["warn", "parent"]);
  assert.match(gap.msg, /^3000 lines of the log are missing here/);
  assert.deepEqual([lines.length, lines[1], lines.at(-1)], [2001, "line 3000", "line 4999"]);
});

Deno.test("long lines are bounded by their size, not only by their number", async () => {
  const reader = new SlowReader();
  const outlet = new LogOutlet(reader);
  for (let n = 0; n < 200; n++) outlet.push("x".repeat(60_000));
  reader.wake();
  await outlet.drain();
  assert.ok(reader.text.length < 5 * 2 ** 20, `${reader.text.length} characters were kept`);
  assert.match(reader.text, /^\{.*lines of the log are missing/);
});

Deno.test("a reader that leaves is no reason to fail", async () => {
  const reader = new SlowReader();
  const outlet = new LogOutlet(reader);
  outlet.push("one");
  reader.leave();
  await outlet.drain();
  outlet.push("two");
  await outlet.drain();
  assert.equal(reader.text, "");
});
