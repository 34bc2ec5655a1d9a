import assert from "node:assert/strict";
import { FairBuffers } from "./fair_buffers.ts";

Deno.test("callers who wait for a buffer take turns, whoever came first", async () => {
  const buffers = new FairBuffers(4, 1);
  const held = await buffers.take("a", new AbortController().signal);
  const order: string[] = [];
  const asked = ["a1", "a2", "a3", "b1", "c1", "b2"].map(async (name) => {
    const buffer = await buffers.take(name[0], new AbortController().signal);
    order.push(name);
    buffers.give(buffer);
  });
  buffers.give(held);
  await Promise.all(asked);
  assert.deepEqual(order, ["a1", "b1", "c1", "a2", "b2", "a3"]);
});

Deno.test("whoever gives up takes no buffer, and a lost one is made anew", async () => {
  const buffers = new FairBuffers(4, 1);
  await buffers.take("a", new AbortController().signal);
  const leaving = new AbortController();
  const left = buffers.take("a", leaving.signal);
  const stays = buffers.take("b", new AbortController().signal);
  leaving.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  await assert.rejects(buffers.take("c", leaving.signal), /gone/);
  buffers.forget();
  assert.equal((await stays).byteLength, 4);
});
