import assert from "node:assert/strict";
import type { LogEvent } from "../core/events.ts";
import type { Detection, ResultEnvelope } from "../core/results.ts";
import { Sieve } from "./filter.ts";

const thing = (label: string, score: number): Detection => ({ box: [0, 0, 1, 1], label, classId: 0, score });

const EVENT: ResultEnvelope = {
  v: 1,
  type: "result",
  stream: "gate",
  epoch: 2,
  seq: 7,
  pts: 0.7,
  ageMs: 40,
  frame: { width: 640, height: 480 },
  timings: { decodeMs: 1, queueMs: 2, prepareMs: 3, inferMs: 4, postMs: 5 },
  outputs: {
    detect: { model: "m", detections: [thing("person", 0.9), thing("car", 0.6), thing("person", 0.3)] },
    classify: { model: "c", classes: [{ label: "day", classId: 0, score: 0.8 }] },
    track: { active: 2, total: 5 },
  },
};
const STATE: LogEvent = {
  v: 1,
  type: "state",
  stream: "gate",
  state: "running",
  previous: "connecting",
  at: "2026-01-31T12:00:00.000Z",
  epoch: 2,
  restarts: 0,
};

const IDENTITY = { v: 1, type: "result", stream: "gate", epoch: 2, seq: 7, pts: 0.7 };

Deno.test("an empty filter hands on the event itself", () => {
  const sieve = new Sieve({});
  assert.ok(sieve.wants(EVENT) && sieve.wants(STATE));
  assert.equal(sieve.sift(EVENT), EVENT);
});

Deno.test("streams and types choose among events", () => {
  assert.deepEqual([new Sieve({ streams: ["gate"] }), new Sieve({ streams: ["door"] })].map((s) => s.wants(EVENT)), [
    true,
    false,
  ]);
  assert.deepEqual([EVENT, STATE].map((event) => new Sieve({ types: ["state"] }).wants(event)), [false, true]);
});

Deno.test("labels and scores thin out what was found, and leave the rest of the result alone", () => {
  const sifted = new Sieve({ labels: ["person"], minScore: 0.5 }).sift(EVENT) as ResultEnvelope;
  assert.deepEqual(sifted.outputs, {
    detect: { model: "m", detections: [thing("person", 0.9)] },
    classify: { model: "c", classes: [] },
    track: { active: 2, total: 5 },
  });
  assert.equal((EVENT.outputs.detect.detections as unknown[]).length, 3, "others still need the event as it was");
  assert.equal(new Sieve({ labels: ["cat"] }).sift(EVENT), undefined);
  assert.equal(new Sieve({ labels: ["cat"] }).sift(STATE), STATE);
});

Deno.test("an analyzer that calls something else detections does not break the filter", () => {
  const odd = { ...EVENT, outputs: { own: { detections: [null, "x", 3], classes: [["a"]] } } };
  assert.equal(new Sieve({ minScore: 0.1 }).sift(odd), undefined);
});

Deno.test("fields keep what they name, at any depth, and what the frame is", () => {
  const sift = (...fields: string[]) => new Sieve({ fields }).sift(EVENT);
  assert.deepEqual(sift("ageMs"), { ...IDENTITY, ageMs: 40 });
  assert.deepEqual(sift("outputs.track", "timings.inferMs", "frame.width", "timings.postMs"), {
    ...IDENTITY,
    outputs: { track: { active: 2, total: 5 } },
    timings: { inferMs: 4, postMs: 5 },
    frame: { width: 640 },
  });
  assert.deepEqual(sift("outputs.track.total"), { ...IDENTITY, outputs: { track: { total: 5 } } });
  assert.deepEqual(sift("frame", "frame.width"), { ...IDENTITY, frame: EVENT.frame });
  assert.deepEqual(sift("frame.width", "frame"), { ...IDENTITY, frame: EVENT.frame });
  assert.deepEqual(sift("outputs.none.x", "nothing", "ageMs.x", "__proto__.x", "outputs.constructor"), IDENTITY);
  assert.deepEqual(EVENT.frame, { width: 640, height: 480 });
});

Deno.test("a step whose name has a dot in it can be named", () => {
  const event = { ...EVENT, outputs: { "detect.two": { model: "m", classes: [] } } };
  assert.deepEqual(new Sieve({ fields: ["outputs.detect.two"] }).sift(event), { ...IDENTITY, outputs: event.outputs });
});

Deno.test("filters that make the same of an event have the same form, others do not", () => {
  const form = (filter: ConstructorParameters<typeof Sieve>[0]) => new Sieve(filter).form;
  assert.equal(form({ streams: ["a"], maxRate: 3 }), form({}));
  assert.equal(form({ labels: ["a", "b"] }), form({ labels: ["b", "a"] }));
  const different = [{}, { labels: ["a"] }, { fields: ["a"] }, { minScore: 0 }, { labels: ["a,b"] }, {
    labels: ["a", "b"],
  }];
  assert.equal(new Set(different.map(form)).size, different.length);
});

Deno.test("a rate thins out each stream by itself, and results only", () => {
  const sieve = new Sieve({ maxRate: 5 });
  const passed = (stream: string, fps: number) => {
    let count = 0;
    for (let n = 0; n < 10 * fps; n++) count += Number(sieve.inTime({ ...EVENT, stream }, 1000 * n / fps));
    return count;
  };
  assert.equal(passed("five", 5), 50, "a stream of just this rate loses nothing");
  assert.ok(Math.abs(passed("thirty", 30) - 50) <= 1);
  assert.ok(Math.abs(passed("seven", 7) - 50) <= 1);
  assert.equal(passed("two", 2), 20);
  for (let n = 0; n < 5; n++) assert.ok(sieve.inTime(STATE, 0));
});

Deno.test("a result without anything that was asked for does not use up the rate", async () => {
  const { Hub } = await import("./hub.ts");
  let next = 1;
  const hub = new Hub({ positions: { reserve: (count) => (next += count) - count } });
  using subscription = hub.subscribe({ filter: { labels: ["person"], maxRate: 0.001 } });
  hub.publish({ ...EVENT, outputs: {} });
  hub.publish(EVENT);
  hub.publish(EVENT);
  assert.equal(subscription.take().length, 1);
});
