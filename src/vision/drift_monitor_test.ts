import assert from "node:assert/strict";
import { DriftMonitor, type DriftSample } from "./drift_monitor.ts";

/** Numbers in [0, 1), the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
}

/** Something that is seen on a usual day; `over` makes the day another one. */
function usual(next: () => number, over: Partial<DriftSample> = {}): DriftSample {
  const angle = (next() - 0.5) * 0.3;
  return {
    score: 0.6 + 0.3 * (next() + next()) / 2,
    class: next() < 0.7 ? "person" : "car",
    size: 0.1 + 0.2 * next(),
    brightness: 100 + 40 * next(),
    embedding: [Math.cos(angle), Math.sin(angle), 0.1 * next()],
    ...over,
  };
}

function filled(seed = 1): { monitor: DriftMonitor; next: () => number } {
  const monitor = new DriftMonitor({ reference: 500, window: 500 });
  const next = random(seed);
  for (let n = 0; n < 500; n++) assert.equal(monitor.push(usual(next)), n === 499);
  return { monitor, next };
}

Deno.test("the first samples become the reference, and nothing is judged before the window is full", () => {
  const monitor = new DriftMonitor({ reference: 500, window: 500 });
  const next = random(1);
  for (let n = 0; n < 100; n++) monitor.push(usual(next));
  assert.deepEqual(monitor.check(), { state: "learning", reference: 100, current: 0, figures: {}, reasons: [] });
  for (let n = 0; n < 500; n++) monitor.push(usual(next));
  const { state, reference, current } = monitor.check();
  assert.deepEqual({ state, reference, current }, { state: "gathering", reference: 500, current: 100 });
});

Deno.test("days like those before are never worth doing something about, and hardly ever worth watching", () => {
  const states = Array.from({ length: 60 }, (_, seed) => {
    const { monitor, next } = filled((seed + 1) * 7919);
    for (let n = 0; n < 500; n++) monitor.push(usual(next));
    const { state, figures } = monitor.check();
    assert.deepEqual(Object.keys(figures), ["score", "class", "size", "brightness", "embedding"]);
    return state;
  });
  assert.ok(!states.includes("act"), `${states}`);
  assert.ok(states.filter((state) => state === "watch").length <= 4, `${states}`);
});

const CHANGES: [name: string, over: (next: () => number) => Partial<DriftSample>, reason: RegExp][] = [
  ["score", (next) => ({ score: 0.4 + 0.3 * next() }), /^score 0\.7\d → 0\.5\d \(PSI /],
  ["class", (next) => ({ class: next() < 0.2 ? "person" : "dog" }), /^class dog 0 % → \d\d % \(PSI /],
  ["size", (next) => ({ size: 0.02 + 0.05 * next() }), /^size /],
  ["brightness", (next) => ({ brightness: 20 + 30 * next() }), /^brightness 1\d\d → 3\d \(PSI /],
  ["embedding", (next) => ({ embedding: [next() - 0.5, next(), next()] }), /^embedding /],
];

for (const [name, over, reason] of CHANGES) {
  Deno.test(`another ${name} is worth doing something about, and only that is blamed`, () => {
    const { monitor, next } = filled();
    for (let n = 0; n < 500; n++) monitor.push(usual(next, over(next)));
    const { state, figures, reasons } = monitor.check();
    assert.equal(state, "act");
    const moved = Object.entries(figures).filter(([, { level }]) => level !== "steady").map(([figure]) => figure);
    assert.deepEqual(moved, [name]);
    assert.equal(reasons.length, 1);
    assert.match(reasons[0], reason);
  });
}

Deno.test("a window that slides back to what was usual is steady again", () => {
  const { monitor, next } = filled();
  for (let n = 0; n < 500; n++) monitor.push(usual(next, { brightness: 20 }));
  assert.equal(monitor.check().state, "act");
  for (let n = 0; n < 500; n++) monitor.push(usual(next));
  assert.equal(monitor.check().state, "steady");
});

Deno.test("what is told to be usual now is the reference from here on, and can be learnt anew", () => {
  const { monitor, next } = filled();
  const dark = (): DriftSample => usual(next, { brightness: 20 + 30 * next() });
  for (let n = 0; n < 500; n++) monitor.push(dark());
  assert.equal(monitor.check().figures.brightness?.level, "act");
  monitor.freeze();
  for (let n = 0; n < 500; n++) monitor.push(dark());
  assert.ok(monitor.check().figures.brightness!.psi < 0.1);
  monitor.relearn();
  assert.equal(monitor.check().state, "learning");
  assert.throws(() => monitor.freeze(), /Cannot take 0 samples/);
});

Deno.test("a reference of earlier times is as good as one's own", () => {
  const { monitor, next } = filled();
  const again = new DriftMonitor({ reference: 500, window: 500 });
  again.restore(JSON.parse(JSON.stringify(monitor.reference)));
  for (let n = 0; n < 500; n++) {
    const sample = usual(next, { score: 0.3 });
    monitor.push(sample);
    again.push(sample);
  }
  assert.deepEqual(again.check(), monitor.check());
});
