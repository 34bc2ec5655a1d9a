import assert from "node:assert/strict";
import { DispatchQueue } from "./dispatch_queue.ts";

let made = 0;
const offer = (stream: string, deadlineMs: number, weight = 1) => ({
  key: `${made++}`,
  stream,
  deadlineMs,
  weight,
  late: true,
  offeredAtMs: made,
});

Deno.test("among streams with equal shares the earliest deadline goes first", () => {
  const queue = new DispatchQueue();
  queue.offer(offer("a", 300));
  queue.offer(offer("b", 100));
  queue.offer(offer("c", 200));
  assert.deepEqual([1, 2, 3].map(() => queue.take(10)!.stream), ["b", "c", "a"]);
  assert.equal(queue.take(10), undefined);
});

Deno.test("a greedy stream with ever shorter deadlines gets no more than its share", () => {
  const queue = new DispatchQueue();
  const served = new Map<string, number>();
  for (const stream of ["a", "b", "c"]) queue.offer(offer(stream, 10_000));
  for (let n = 0; n < 300; n++) {
    queue.offer(offer("greedy", n));
    const next = queue.take(40)!;
    served.set(next.stream, (served.get(next.stream) ?? 0) + 1);
    if (next.stream !== "greedy") queue.offer(offer(next.stream, 10_000 + n));
  }
  for (const count of served.values()) assert.ok(Math.abs(count - 75) <= 2, JSON.stringify([...served]));
});

Deno.test("weights divide the model's time", () => {
  const queue = new DispatchQueue();
  const served: Record<string, number> = { heavy: 0, light: 0 };
  queue.offer(offer("heavy", 100, 3));
  queue.offer(offer("light", 100, 1));
  for (let n = 0; n < 400; n++) {
    const next = queue.take(10)!;
    served[next.stream]++;
    queue.offer(offer(next.stream, 100 + n, next.weight));
  }
  assert.ok(Math.abs(served.heavy - 300) <= 3, JSON.stringify(served));
});

Deno.test("a stream that was away has no claim on the time it did not use", () => {
  const queue = new DispatchQueue();
  for (let n = 0; n < 100; n++) {
    queue.offer(offer("busy", n));
    queue.take(10);
  }
  queue.offer(offer("back", 1000));
  queue.offer(offer("busy", 1000));
  const order: string[] = [];
  for (let n = 0; n < 10; n++) {
    const next = queue.take(10)!;
    order.push(next.stream);
    queue.offer(offer(next.stream, 1000 + n));
  }
  assert.ok(order.filter((stream) => stream === "busy").length >= 4, order.join());
});

Deno.test("what is withdrawn is not granted, and idle streams leave nothing behind", () => {
  const queue = new DispatchQueue();
  const withdrawn = offer("a", 1);
  queue.offer(withdrawn);
  queue.withdraw(withdrawn.key);
  assert.equal(queue.depth, 0);
  assert.equal(queue.take(1), undefined);
});
