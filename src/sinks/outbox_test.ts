import assert from "node:assert/strict";
import { until } from "../../tests/support/until.ts";
import { Outbox, type OutboxOptions, type Spool } from "./outbox.ts";
import { SendError } from "./send_error.ts";

/** A spool in memory, which can be full. */
class MemorySpool implements Spool<number> {
  items: number[] = [];
  dropped = 0;
  full = false;
  get waiting(): number {
    return this.items.length;
  }
  append(items: readonly number[]): Promise<void> {
    if (this.full) return Promise.reject(new Error("No space left on device"));
    this.items.push(...items);
    return Promise.resolve();
  }
  peek(count: number): Promise<number[]> {
    return Promise.resolve(this.items.slice(0, count));
  }
  shift(count: number): Promise<void> {
    this.items.splice(0, count);
    return Promise.resolve();
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

function make(options: Partial<OutboxOptions<number>> & Pick<OutboxOptions<number>, "send">): Outbox<number> {
  return new Outbox<number>({
    capacity: 10,
    capacityBytes: 1000,
    sizeBytes: () => 1,
    retry: { initialMs: 2, maxMs: 4 },
    tell: (error) => (error as Error).message,
    now: Date.now,
    flushMs: 10_000,
    ...options,
  });
}

const settled = (outbox: Outbox<number>) =>
  until(() => outbox.status().waiting === 0, () => JSON.stringify(outbox.status()));

Deno.test("what stumbles is sent a limited number of times, what is refused only once, and neither holds up the rest", async () => {
  const tries: number[] = [];
  await using outbox = make({
    attempts: 3,
    send([item]) {
      tries.push(item);
      if (item === 1) return Promise.reject(new SendError("stumbled", "it fell"));
      if (item === 2) return Promise.reject(new SendError("refused", "it said no"));
      return Promise.resolve();
    },
  });
  for (const item of [0, 1, 2, 3]) outbox.push(item);
  await settled(outbox);
  assert.deepEqual(tries, [0, 1, 1, 1, 2, 3]);
  const { state, sent, dropped, lastError } = outbox.status();
  assert.deepEqual({ state, sent, dropped, lastError }, { state: "ok", sent: 2, dropped: 2, lastError: "it said no" });
});

Deno.test("a batch is sent again as it was, though more has come since", async () => {
  const batches: number[][] = [];
  await using outbox = make({
    batch: 5,
    send(items) {
      batches.push([...items]);
      if (batches.length > 1) return Promise.resolve();
      outbox.push(8);
      outbox.push(9);
      return Promise.reject(new Error("away"));
    },
  });
  outbox.push(0);
  outbox.push(1);
  await settled(outbox);
  assert.deepEqual(batches, [[0, 1], [0, 1], [8, 9]]);
});

Deno.test("waits are drawn from a range that doubles up to its cap, and a peer that asks for more gets it", async () => {
  const draws: number[] = [];
  let asked = 0;
  const at: number[] = [];
  await using outbox = make({
    retry: { initialMs: 1, maxMs: 3 },
    random: () => (draws.push(1), 0),
    send() {
      at.push(performance.now());
      if (at.length === 3) return Promise.reject(new SendError("away", "busy", { retryAfterMs: asked = 120 }));
      return at.length < 5 ? Promise.reject(new Error("away")) : Promise.resolve();
    },
  });
  outbox.push(0);
  await settled(outbox);
  assert.equal(draws.length, 4);
  // Timers may fire a little early, never much.
  assert.ok(at[3] - at[2] >= asked - 5);
});

Deno.test("a batch waits for company as long as it may, and no longer when it is full or everything ends", async () => {
  const batches: number[][] = [];
  const outbox = make({
    batch: 3,
    lingerMs: 3_600_000,
    send: (items) => (batches.push([...items]), Promise.resolve()),
  });
  for (const item of [0, 1, 2, 3]) outbox.push(item);
  await until(() => batches.length === 1, () => `${batches.length} batches`);
  assert.equal(outbox.status().waiting, 1);
  await outbox[Symbol.asyncDispose]();
  assert.deepEqual(batches, [[0, 1, 2], [3]]);
});

Deno.test("a connection that is lost is made anew, waiting in between, and what was being sent is sent again", async () => {
  let connects = 0;
  const sent: number[] = [];
  await using outbox = make({
    connect: () => (connects++, Promise.resolve()),
    send([item]) {
      if (connects > 1) return Promise.resolve(void sent.push(item));
      queueMicrotask(() => outbox.lost(new Error("reset by peer")));
      return new Promise(() => {});
    },
  });
  outbox.push(7);
  await settled(outbox);
  assert.deepEqual(sent, [7]);
  assert.equal(connects, 2);
  assert.equal(outbox.status().lastError, "reset by peer");
  outbox.lost(new Error("reset again"));
  await until(() => connects === 3 && outbox.status().state === "ok", () => `${connects} connections`);
});

Deno.test("disposing cuts off a peer that hangs, and what it did not take is dropped", async () => {
  const outbox = make({ flushMs: 20, send: () => new Promise(() => {}) });
  for (const item of [0, 1, 2]) outbox.push(item);
  await outbox[Symbol.asyncDispose]();
  const { state, dropped, waiting } = outbox.status();
  assert.deepEqual({ state, dropped, waiting }, { state: "closed", dropped: 3, waiting: 0 });
});

Deno.test("memory spills to the spool while the peer is away, comes back in order, and the spool's fullness stops nothing", async () => {
  const spool = new MemorySpool();
  const sent: number[] = [];
  let away = true;
  await using outbox = make({
    batch: 4,
    spool: () => Promise.resolve(spool),
    send: (items) => away ? Promise.reject(new Error("away")) : Promise.resolve(void sent.push(...items)),
  });
  for (let item = 0; item < 60; item++) {
    outbox.push(item);
    if (item % 5 === 4) await until(() => spool.items.length > item - 5, () => `${spool.items.length} spooled`);
  }
  spool.full = true;
  outbox.push(60);
  away = false;
  await settled(outbox);
  assert.deepEqual(sent, Array.from({ length: 61 }, (_, index) => index));
  assert.equal(outbox.status().dropped, 0);
});

Deno.test("what is too large for its bounds is dropped and counted, also while something is being sent", async () => {
  const sending = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const send = () => (started.resolve(), sending.promise);
  await using outbox = make({ capacityBytes: 100, sizeBytes: (item) => item, send });
  outbox.push(500);
  assert.deepEqual([outbox.status().waiting, outbox.status().dropped], [0, 1]);
  outbox.push(60);
  await started.promise;
  for (const item of [60, 30, 20]) outbox.push(item);
  const { waiting, dropped } = outbox.status();
  assert.deepEqual([waiting, dropped], [3, 2]);
  sending.resolve();
  await settled(outbox);
});

Deno.test("a connection that is gone as soon as it is there is not taken for one", async () => {
  let connects = 0;
  await using outbox = make({
    async connect() {
      connects++;
      await Promise.resolve();
      if (connects === 1) outbox.lost(new Error("slammed"));
    },
    send: () => Promise.resolve(),
  });
  await until(() => connects === 2 && outbox.status().state === "ok", () => JSON.stringify(outbox.status()));
  assert.equal(outbox.status().lastError, "slammed");
});

Deno.test("a batch is no larger than it may be, and what is larger goes alone", async () => {
  for (const spool of [undefined, new MemorySpool()]) {
    spool?.items.push(...[40, 40, 40, 150, 10]);
    const batches: number[][] = [];
    await using outbox = make({
      batch: 10,
      batchBytes: 100,
      sizeBytes: (item) => item,
      send: (items) => (batches.push([...items]), Promise.resolve()),
      ...(spool && { spool: () => Promise.resolve(spool) }),
    });
    if (!spool) { for (const item of [40, 40, 40, 150, 10]) outbox.push(item); }
    await until(() => outbox.status().sent === 5, () => JSON.stringify(outbox.status()));
    assert.deepEqual(batches, [[40, 40], [40], [150], [10]]);
  }
});

Deno.test("a slow disk costs the oldest, never the newest", async () => {
  const spool = new MemorySpool();
  const begun = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const append = spool.append.bind(spool);
  spool.append = async (items) => {
    begun.resolve();
    await slow.promise;
    await append(items);
  };
  const sent: number[] = [];
  let away = true;
  await using outbox = make({
    spool: () => Promise.resolve(spool),
    send: (items) => away ? Promise.reject(new Error("away")) : Promise.resolve(void sent.push(...items)),
  });
  for (let item = 0; item < 10; item++) outbox.push(item);
  await begun.promise;
  for (let item = 10; item < 25; item++) outbox.push(item);
  away = false;
  slow.resolve();
  await settled(outbox);
  assert.deepEqual(sent, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
  assert.equal(outbox.status().dropped, 5);
});
