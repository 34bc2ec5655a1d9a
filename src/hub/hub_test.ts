import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEvent } from "../core/events.ts";
import type { ResultEnvelope } from "../core/results.ts";
import { Hub } from "./hub.ts";
import type { Positions } from "./event_log.ts";
import type { Delivery, Subscription } from "./subscription.ts";

function countingPositions(): Positions {
  let next = 1;
  return {
    reserve(count) {
      next += count;
      return next - count;
    },
  };
}

const hubOf = (bounds: { events?: number; bytes?: number; queue?: number } = {}) =>
  new Hub({ positions: countingPositions(), ...bounds });

function result(seq: number, over: Partial<ResultEnvelope> = {}): ResultEnvelope {
  return {
    v: 1,
    type: "result",
    stream: "gate",
    epoch: 1,
    seq,
    pts: seq / 10,
    frame: { width: 4, height: 2 },
    outputs: {},
    ...over,
  };
}

/** Everything there is, as `seq` of results and `first-last/count reason` of gaps. */
function drain(subscription: Subscription): (number | string)[] {
  const all: (number | string)[] = [];
  for (;;) {
    const deliveries = subscription.take();
    if (deliveries.length === 0) return all;
    all.push(...deliveries.map(told));
  }
}

function told(delivery: Delivery): number | string {
  if (!("gap" in delivery)) return (delivery.event as ResultEnvelope).seq;
  const { first, last, count, reason } = delivery.gap;
  return `${first}-${last}/${count ?? "?"} ${reason}`;
}

Deno.test("who listens gets what comes from now on, in order", () => {
  const hub = hubOf();
  hub.publish(result(1));
  using subscription = hub.subscribe();
  assert.deepEqual(drain(subscription), []);
  for (let seq = 2; seq < 5; seq++) hub.publish(result(seq));
  assert.deepEqual(drain(subscription), [2, 3, 4]);
});

Deno.test("who comes back gets what was missed, once, and then what is new", () => {
  const hub = hubOf();
  const entries = Array.from({ length: 1000 }, (_, seq) => hub.publish(result(seq)));
  using subscription = hub.subscribe({ after: entries[299].position });
  const first = subscription.take({ events: 100 }).map(told);
  hub.publish(result(1000));
  const all = [...first, ...drain(subscription)];
  hub.publish(result(1001));
  all.push(...drain(subscription));
  assert.deepEqual(all, Array.from({ length: 702 }, (_, index) => 300 + index));
});

Deno.test("what has left the log is told as a gap, and the rest follows", () => {
  const hub = hubOf({ events: 10 });
  for (let seq = 1; seq <= 30; seq++) hub.publish(result(seq));
  using subscription = hub.subscribe({ after: 5 });
  assert.deepEqual(drain(subscription), ["6-20/15 forgotten", 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  using atTheEdge = hub.subscribe({ after: 20 });
  assert.equal(drain(atTheEdge)[0], 21, "nothing is missing after the latest position that was forgotten");
  using choosy = hub.subscribe({ after: 5, filter: { streams: ["gate"] } });
  assert.equal(drain(choosy)[0], "6-20/? forgotten", "nobody knows any more what a filter would have let through");
});

Deno.test("a position that another log gave is answered with a gap over all of this one", () => {
  const hub = hubOf();
  for (let seq = 1; seq <= 3; seq++) hub.publish(result(seq));
  using subscription = hub.subscribe({ after: 5000 });
  hub.publish(result(4));
  assert.deepEqual(drain(subscription), ["1-3/3 forgotten", 4]);
});

Deno.test("a slow reader loses its oldest events, is told which and how many, and nobody else notices", () => {
  const hub = hubOf({ queue: 3 });
  using slow = hub.subscribe();
  using quick = hub.subscribe({ capacity: 3 });
  const got: (number | string)[] = [];
  for (let seq = 1; seq <= 10; seq++) {
    hub.publish(result(seq));
    got.push(...drain(quick));
  }
  assert.deepEqual(got, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(slow.position, 0, "who goes now has had nothing");
  assert.deepEqual(drain(slow), ["1-7/7 slow", 8, 9, 10]);
  assert.equal(slow.position, hub.last);
  assert.deepEqual([hub.stats().dropped, hub.stats().subscribers], [7, 2]);
});

Deno.test("what a gap counts is what was asked for", () => {
  const hub = hubOf();
  using slow = hub.subscribe({ capacity: 2, filter: { labels: ["person"] } });
  for (let seq = 1; seq <= 10; seq++) {
    const label = seq % 2 ? "person" : "car";
    hub.publish(result(seq, { outputs: { detect: { model: "m", classes: [{ label, classId: 0, score: 0.9 }] } } }));
  }
  assert.deepEqual(drain(slow), ["1-5/3 slow", 7, 9]);
});

Deno.test("a queue is bounded by memory as well as by number", () => {
  const hub = hubOf();
  using slow = hub.subscribe({ capacityBytes: 100_000 });
  const embedding = Array.from({ length: 5000 }, () => 0.5);
  for (let seq = 1; seq <= 20; seq++) hub.publish(result(seq, { outputs: { embed: { model: "m", embedding } } }));
  assert.ok(slow.depth <= 2, `${slow.depth} wait`);
  assert.equal(drain(slow).length, slow.depth + 3);
});

Deno.test("one take hands over a bounded amount, and at least one event", () => {
  const hub = hubOf();
  using subscription = hub.subscribe();
  const embedding = Array.from({ length: 5000 }, () => 0.5);
  for (let seq = 1; seq <= 4; seq++) hub.publish(result(seq, { outputs: { embed: { model: "m", embedding } } }));
  assert.equal(subscription.take({ bytes: 100_000 }).length, 2);
  assert.equal(subscription.take({ bytes: 1 }).length, 1);
  assert.equal(subscription.take({ events: 5 }).length, 1);
});

Deno.test("a reader that catches up more slowly than the log forgets is told so", () => {
  const hub = hubOf({ events: 10 });
  for (let seq = 1; seq <= 10; seq++) hub.publish(result(seq));
  using subscription = hub.subscribe({ after: 0 });
  assert.deepEqual(subscription.take({ events: 3 }).map(told), [1, 2, 3]);
  for (let seq = 11; seq <= 17; seq++) hub.publish(result(seq));
  assert.deepEqual(drain(subscription), ["4-7/4 slow", 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
});

Deno.test("who looks for little in a long past lets others have their turn, and misses nothing", async () => {
  const hub = hubOf();
  for (let seq = 1; seq <= 15_000; seq++) hub.publish(result(seq, { stream: seq % 5000 ? "gate" : "door" }));
  using subscription = hub.subscribe({ after: 0, filter: { streams: ["door"] } });
  const all: (number | string)[] = [];
  let turns = 0;
  for (;;) {
    all.push(...subscription.take().map(told));
    if (all.length >= 3) break;
    const other = new Promise<void>((resolve) => setTimeout(() => resolve(void turns++), 0));
    await subscription.wait();
    await other;
  }
  assert.deepEqual(all, [5000, 10_000, 15_000]);
  assert.ok(turns > 3, `${turns} turns`);
});

Deno.test("a closed hub lets what waits be taken and wakes whoever waits", async () => {
  const hub = hubOf();
  using idle = hub.subscribe();
  using behind = hub.subscribe();
  hub.publish(result(1));
  drain(idle);
  const woken = idle.wait();
  hub[Symbol.dispose]();
  await woken;
  assert.deepEqual([idle.ended, behind.ended, behind.closed], [true, false, true]);
  hub.publish(result(2));
  assert.deepEqual(drain(behind), [1]);
  assert.ok(behind.ended);
  using late = hub.subscribe();
  assert.ok(late.ended);
});

Deno.test("a subscription that is disposed of, twice even, is counted out once and wakes its reader", async () => {
  const hub = hubOf();
  const subscription = hub.subscribe({ capacity: 1 });
  hub.publish(result(1));
  hub.publish(result(2));
  drain(subscription);
  const woken = subscription.wait();
  subscription[Symbol.dispose]();
  subscription[Symbol.dispose]();
  await woken;
  hub.publish(result(3));
  assert.deepEqual(drain(subscription), []);
  assert.deepEqual(hub.stats(), { subscribers: 0, published: 3, dropped: 1, log: hub.stats().log });
});

Deno.test("the latest events that pass a filter can be had, oldest first", () => {
  const hub = hubOf();
  for (let seq = 1; seq <= 10; seq++) hub.publish(result(seq, { stream: seq % 2 ? "gate" : "door" }));
  const recent = hub.recent({ streams: ["door"] }, 3);
  assert.deepEqual(recent.map(({ event }) => (event as ResultEnvelope).seq), [6, 8, 10]);
});

Deno.test("equal filters share what is made of an event; its texts go when it is news no longer", () => {
  const hub = hubOf();
  const filter = { fields: ["ageMs"] };
  using one = hub.subscribe({ filter });
  using other = hub.subscribe({ filter: { fields: ["ageMs"] } });
  hub.publish(result(1, { ageMs: 5 }));
  const [first] = one.take();
  const [second] = other.take();
  assert.ok(!("gap" in first) && first === second);
  assert.equal(first.bytes(({ json }) => new TextEncoder().encode(json)), first.bytes(() => assert.fail("made twice")));
  for (let seq = 2; seq < 100; seq++) hub.publish(result(seq));
  let made = 0;
  for (let again = 0; again < 2; again++) first.bytes(() => new Uint8Array(++made));
  assert.equal(made, 2, "old events must not hold on to texts");
  assert.equal(JSON.parse(first.json).ageMs, 5);
});

Deno.test("positions rise over restarts, and a client from before is told of the gap", async () => {
  const { Store } = await import("../store/store.ts");
  const folder = mkdtempSync(join(tmpdir(), "weir-hub-"));
  const path = join(folder, "weir.db");
  let last: number;
  {
    using store = Store.open(path);
    const hub = new Hub({ positions: store });
    for (let seq = 1; seq <= 10_500; seq++) hub.publish(result(seq));
    last = hub.last;
    assert.equal(last, 10_500, "one position follows the other across blocks");
  }
  {
    using store = Store.open(path);
    const hub = new Hub({ positions: store });
    const { position } = hub.publish(result(10_501));
    assert.ok(position > last, `${position} after ${last}`);
    using back = hub.subscribe({ after: last });
    assert.deepEqual(drain(back), [`${last + 1}-${position - 1}/? forgotten`, 10_501]);
  }
  rmSync(folder, { recursive: true });
});

Deno.test("a store that cannot be written stops no event, and positions go on rising when it can be again", () => {
  const positions = countingPositions();
  const faults: unknown[] = [];
  let broken = false;
  const hub = new Hub({
    positions: {
      reserve(count) {
        if (broken) throw new Error("the disk is full");
        return positions.reserve(count);
      },
    },
    onFault: (error) => faults.push(error),
  });
  broken = true;
  const given = new Set<number>();
  for (let seq = 0; seq < 10_250; seq++) given.add(hub.publish(result(seq)).position);
  assert.ok(faults.length > 0);
  broken = false;
  for (let seq = 0; seq < 20_000; seq++) given.add(hub.publish(result(seq)).position);
  assert.deepEqual([given.size, hub.last], [30_250, 30_250]);
});

Deno.test("the log keeps to its bound of memory, whatever kind of event fills it", () => {
  const bytes = 1_000_000;
  const numbers = Array.from({ length: 2000 }, () => 0.25);
  const detections = Array.from({ length: 50 }, (_, index) => ({
    box: [1, 2, 3, 4] as [number, number, number, number],
    label: "person",
    classId: 0,
    score: 0.5,
    track: index,
    keypoints: Array.from({ length: 17 }, () => [1, 2, 0.5]),
  }));
  const kinds: LogEvent[] = [
    result(1, { outputs: { raw: { model: "m", tensors: { out: { shape: [2000], data: numbers } } } } }),
    result(1, { outputs: { embed: { model: "m", embedding: numbers } } }),
    result(1, { outputs: { pose: { model: "m", detections } } }),
    result(1, { outputs: { own: { deep: { deeper: { text: "x".repeat(16_000) } } } } }),
  ];
  for (const event of kinds) {
    const hub = hubOf({ bytes });
    for (let count = 0; count < 500; count++) hub.publish(event);
    const { log } = hub.stats();
    assert.ok(log.bytes <= bytes && log.events < 100 && log.events > 5, JSON.stringify(log));
  }
  const hub = hubOf({ bytes: 100 });
  hub.publish(kinds[0]);
  assert.equal(hub.stats().log.events, 1, "the latest event stays, however large");
});

Deno.test("alerts with pictures count by their pictures: a log holds fewer of them, and so does a slow reader", () => {
  const picture = { width: 640, height: 360, jpeg: "x".repeat(100_000) };
  const alert = (seq: number): LogEvent => ({
    v: 1,
    type: "alert",
    stream: "gate",
    alert: "crowd",
    message: "many",
    at: "2026-01-31T12:00:00.000Z",
    seq,
    picture,
  });
  const hub = hubOf({ bytes: 1_000_000 });
  using slow = hub.subscribe({ capacityBytes: 450_000 });
  for (let seq = 1; seq <= 50; seq++) hub.publish(alert(seq));
  const { events, bytes } = hub.stats().log;
  assert.ok(events === 9 && bytes > 900_000 && bytes <= 1_000_000, `${events} events, ${bytes} bytes`);
  assert.deepEqual(drain(slow), ["1-46/46 slow", 47, 48, 49, 50]);
});
