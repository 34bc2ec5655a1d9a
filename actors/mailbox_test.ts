import assert from "node:assert/strict";
import { Mailbox, type MailboxPolicy } from "./mailbox.ts";

function make(policy: MailboxPolicy, capacity = 2) {
  const dropped: number[] = [];
  return { box: new Mailbox<number>({ capacity, policy, onDrop: (message) => dropped.push(message) }), dropped };
}

Deno.test("a full drop-oldest mailbox gives up what has waited longest", async () => {
  const { box, dropped } = make("drop-oldest");
  assert.deepEqual([1, 2, 3].map((n) => box.push(n)), [true, true, true]);
  assert.deepEqual([dropped, box.depth, box.dropped], [[1], 2, 1]);
  assert.deepEqual([await box.next(), await box.next()], [2, 3]);
});

Deno.test("a full drop-newest mailbox turns the newcomer away", async () => {
  const { box, dropped } = make("drop-newest");
  assert.deepEqual([1, 2, 3].map((n) => box.push(n)), [true, true, false]);
  assert.deepEqual(dropped, [3]);
  assert.deepEqual([await box.next(), await box.next()], [1, 2]);
});

Deno.test("a full blocking mailbox makes writers wait, in turn, until there is a place", async () => {
  const { box, dropped } = make("block", 1);
  assert.equal(box.push(1), true);
  const order: string[] = [];
  const second = Promise.resolve(box.push(2)).then((taken) => order.push(`2 ${taken}`));
  const third = Promise.resolve(box.push(3)).then((taken) => order.push(`3 ${taken}`));
  await Promise.resolve();
  assert.deepEqual(order, []);
  assert.equal(await box.next(), 1);
  await second;
  assert.deepEqual(order, ["2 true"]);
  assert.equal(await box.next(), 2);
  await third;
  assert.equal(await box.next(), 3);
  assert.deepEqual([order, dropped], [["2 true", "3 true"], []]);
});

Deno.test("a writer that waits can be called off, its message is dropped", async () => {
  const { box, dropped } = make("block", 1);
  box.push(1);
  const abort = new AbortController();
  const taken = box.push(2, abort.signal);
  abort.abort();
  assert.equal(await taken, false);
  assert.deepEqual([dropped, box.depth], [[2], 1]);
});

Deno.test("readers wait for a message, in turn", async () => {
  const { box } = make("drop-oldest");
  const first = box.next();
  const second = box.next();
  box.push(1);
  box.push(2);
  assert.deepEqual(await Promise.all([first, second]), [1, 2]);
  assert.equal(box.depth, 0);
});

Deno.test("a reader that is called off takes no message with it", async () => {
  const { box } = make("drop-oldest");
  const abort = new AbortController();
  const gone = box.next(abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(gone, /enough/);
  box.push(1);
  assert.equal(await box.next(), 1);
  await assert.rejects(box.next(abort.signal), /enough/);
});

Deno.test("a closed mailbox delivers what waits in it, then ends, and takes no more", async () => {
  const { box, dropped } = make("drop-oldest");
  box.push(1);
  box.push(2);
  box.close();
  assert.equal(box.push(3), false);
  assert.deepEqual(dropped, [3]);
  const seen: number[] = [];
  for await (const message of box) seen.push(message);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(await box.next(), undefined);
});

Deno.test("closing lets go of everybody who waits", async () => {
  const empty = make("drop-oldest");
  const reader = empty.box.next();
  empty.box.close();
  assert.equal(await reader, undefined);

  const full = make("block", 1);
  full.box.push(1);
  const writer = full.box.push(2);
  full.box.close();
  assert.equal(await writer, false);
  assert.deepEqual(full.dropped, [2]);
});

Deno.test("disposing releases what waits", () => {
  const { box, dropped } = make("block", 3);
  {
    using open = box;
    open.push(1);
    open.push(2);
  }
  assert.deepEqual([dropped, box.depth, box.closed], [[1, 2], 0, true]);
});

Deno.test("clearing makes room for writers that wait", async () => {
  const { box, dropped } = make("block", 1);
  box.push(1);
  const writer = box.push(2);
  assert.equal(box.clear(), 1);
  assert.equal(await writer, true);
  assert.deepEqual([dropped, await box.next()], [[1], 2]);
});

Deno.test("waiting leaves no listener on a long-lived signal", async () => {
  const { box } = make("block", 1);
  const abort = new AbortController();
  let listeners = 0;
  const { signal } = abort;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...rest: Parameters<typeof add>) => (listeners++, add(...rest));
  signal.removeEventListener = (...rest: Parameters<typeof remove>) => (listeners--, remove(...rest));
  for (let n = 1; n <= 100; n++) {
    const message = box.next(signal);
    box.push(n, signal);
    assert.equal(await message, n);
    box.push(n, signal);
    const writer = box.push(n, signal);
    assert.ok(listeners > 0);
    await box.next(signal);
    await writer;
    await box.next(signal);
  }
  assert.equal(listeners, 0);
});

Deno.test("a mailbox without a place is refused", () => {
  for (const capacity of [0, -1, 1.5, NaN]) assert.throws(() => make("block", capacity), /at least 1 place/);
});

/** A reproducible stream of numbers in [0, 1). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

for (const policy of ["drop-oldest", "drop-newest", "block"] as const) {
  Deno.test(`whatever happens, a ${policy} mailbox delivers or drops every message exactly once, in order`, async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const draw = random(seed);
      const { box, dropped } = make(policy, 1 + Math.floor(draw() * 5));
      const delivered: number[] = [];
      const aborts: AbortController[] = [];
      const waits: Promise<unknown>[] = [];
      let pushed = 0;
      const read = (signal?: AbortSignal) =>
        waits.push(box.next(signal).then((message) => message !== undefined && delivered.push(message), () => {}));
      const signal = () => {
        if (draw() < 0.5) return;
        const abort = new AbortController();
        aborts.push(abort);
        return abort.signal;
      };
      for (let step = 0; step < 120; step++) {
        const dice = draw();
        if (dice < 0.5) waits.push(Promise.resolve(box.push(++pushed, signal())));
        else if (dice < 0.88) read(signal());
        else if (dice < 0.96) aborts.splice(Math.floor(draw() * aborts.length), 1)[0]?.abort();
        else if (dice < 0.98) box.clear();
        else if (step > 100) box.close();
        if (draw() < 0.5) await Promise.resolve();
        assert.ok(box.depth <= box.capacity, `seed ${seed}: ${box.depth} messages in ${box.capacity} places`);
      }
      box[Symbol.dispose]();
      await Promise.all(waits);
      const ended = [...delivered, ...dropped].sort((a, b) => a - b);
      assert.deepEqual(ended, Array.from({ length: pushed }, (_, index) => index + 1), `seed ${seed}`);
      assert.deepEqual(delivered, delivered.toSorted((a, b) => a - b), `seed ${seed}: out of order`);
      assert.equal(box.dropped, dropped.length);
    }
  });
}
