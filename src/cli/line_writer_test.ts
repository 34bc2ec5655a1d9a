import assert from "node:assert/strict";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** A reader that takes a few bytes at a time, and only when let. */
class SlowReader implements ByteSink {
  text = "";
  #gate = Promise.withResolvers<void>();
  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate.promise;
    const taken = bytes.subarray(0, 7);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
  open(): void {
    this.#gate.resolve();
  }
}

const live = (seq: number) => ({ stream: "a", seq, keep: false });
const every = (seq: number) => ({ stream: "f", seq, keep: true });

Deno.test("lines come out whole and in order, however few bytes the reader takes", async () => {
  const reader = new SlowReader();
  const writer = new LineWriter(reader, { capacity: 100 });
  for (let seq = 1; seq <= 20; seq++) writer.push(`line ${seq}`, live(seq));
  reader.open();
  await writer.drain();
  assert.deepEqual(reader.text.split("\n"), [...Array.from({ length: 20 }, (_, i) => `line ${i + 1}`), ""]);
});

Deno.test("a slow reader costs a live stream its oldest lines, and a gap line says which", async () => {
  const reader = new SlowReader();
  const writer = new LineWriter(reader, { capacity: 4 });
  writer.push("first", live(1));
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(writer.waiting, 0, "the first line is being written");
  for (let seq = 2; seq <= 10; seq++) writer.push(`${seq}`, live(seq));
  assert.equal(writer.waiting, 4);
  reader.open();
  await writer.drain();
  const gap = { v: 1, type: "gap", stream: "a", from: 2, to: 6, count: 5 };
  assert.deepEqual(reader.text.trimEnd().split("\n"), ["first", JSON.stringify(gap), "7", "8", "9", "10"]);
});

Deno.test("a stream whose every frame counts loses no line; its source is told to wait and to go on", async () => {
  const reader = new SlowReader();
  const backlog: boolean[] = [];
  const writer = new LineWriter(reader, { capacity: 4, onBacklog: (full) => backlog.push(full) });
  for (let seq = 1; seq <= 9; seq++) writer.push(`${seq}`, every(seq));
  assert.deepEqual(backlog, [true]);
  reader.open();
  await writer.drain();
  assert.deepEqual(backlog, [true, false]);
  assert.equal(reader.text, "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
});

Deno.test("a reader that leaves ends the writing, once, and later lines go nowhere", async () => {
  const broken: string[] = [];
  const sink = { write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) };
  const writer = new LineWriter(sink, { capacity: 4, onBroken: (error) => broken.push(error.name) });
  writer.push("a", live(1));
  await writer.drain();
  writer.push("b", live(2));
  await writer.drain();
  assert.deepEqual(broken, ["BrokenPipe"]);
  assert.equal(writer.broken, true);
  assert.equal(writer.waiting, 0);
});
