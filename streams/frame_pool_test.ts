import assert from "node:assert/strict";
import { FramePool } from "./frame_pool.ts";

Deno.test("a pool makes as many buffers as it may and then lets takers wait in turn", async () => {
  const pool = new FramePool(8, 2);
  const first = await pool.take();
  await pool.take();
  const order: string[] = [];
  const third = Promise.resolve(pool.take()).then((buffer) => (order.push("third"), buffer));
  const fourth = Promise.resolve(pool.take()).then((buffer) => (order.push("fourth"), buffer));
  pool.give(first);
  assert.equal(await third, first);
  pool.give(first);
  await fourth;
  assert.deepEqual(order, ["third", "fourth"]);
  assert.equal(pool.out, 2);
});

Deno.test("a buffer that went down with its thread is replaced, so the pool does not run dry", async () => {
  const pool = new FramePool(8, 1);
  await pool.take();
  const next = pool.take();
  pool.forget();
  assert.equal((await next).byteLength, 8);
});

Deno.test("a buffer of another size is refused", () => {
  assert.throws(() => new FramePool(8, 1).give(new ArrayBuffer(4)), RangeError);
});
