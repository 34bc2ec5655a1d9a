import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzerNamed } from "./registry.ts";

/** Upright in the middle, from y 100 to 400. */
const half = { from: [0.5, 0.2], to: [0.5, 0.8] };
const rigOf = (more: Record<string, unknown> = {}) => new AnalyzerRig("lines", { lines: { half }, ...more });

Deno.test("crossings are counted by direction and label, and told", () => {
  const rig = rigOf();
  rig.show(0, { at: [450, 250], track: 1 }, { at: [550, 250], track: 2, label: "car" });
  const { half: reading, events } = rig.show(0.1, { at: [550, 250], track: 1 }, {
    at: [450, 250],
    track: 2,
    label: "car",
  });
  assert.deepEqual(events, [
    { line: "half", direction: "in", track: 1, label: "person" },
    { line: "half", direction: "out", track: 2, label: "car" },
  ]);
  assert.deepEqual([reading.in, reading.out], [1, 1]);
  assert.deepEqual(reading.labels, { person: { in: 1, out: 0 }, car: { in: 0, out: 1 } });
  assert.deepEqual([reading.from, reading.to], [[500, 100], [500, 400]]);
});

Deno.test("who goes past an end of the line has not crossed it", () => {
  const rig = rigOf();
  rig.show(0, { at: [450, 450], track: 1 });
  const { half: reading } = rig.show(0.1, { at: [550, 450], track: 1 });
  assert.deepEqual([reading.in, reading.out], [0, 0]);
});

Deno.test("who dawdles on the line crosses it once, or not at all", () => {
  const rig = rigOf();
  const walk = (...places: number[]) => places.map((x, n) => rig.show(n / 10, { at: [x, 250], track: 1 })).at(-1).half;
  const onIt = walk(480, 497, 503, 498, 502, 499, 503, 497);
  assert.deepEqual([onIt.in, onIt.out], [0, 0]);
  assert.deepEqual(walk(480).in, 0);
  assert.deepEqual(walk(502, 498, 503, 520, 540).in, 1);
  assert.deepEqual([walk(503, 497, 502, 530).in, walk(540).out], [1, 0]);
  assert.deepEqual(walk(498, 470).out, 1);
});

Deno.test("who walks along the line and round its end has not crossed it", () => {
  const rig = rigOf();
  const way = [[480, 300], [499, 350], [499, 390], [499, 430], [520, 430], [520, 300]] as const;
  const readings = way.map(([x, y], n) => rig.show(n / 10, { at: [x, y], track: 1 }).half);
  assert.deepEqual([readings.at(-1).in, readings.at(-1).out], [0, 0]);
});

Deno.test("a leap over the line counts within the grace of a lost track, and not beyond it", () => {
  for (const [gapS, counted] of [[1.5, 1], [2.5, 0]]) {
    const rig = rigOf({ lostMs: 2000 });
    rig.show(0, { at: [300, 250], track: 1 });
    assert.equal(rig.show(gapS, { at: [700, 250], track: 1 }).half.in, counted);
  }
});

Deno.test("however people wander, what was counted is where they are against where they were", () => {
  const rig = new AnalyzerRig("lines", { lines: { wall: { from: [0.5, 0], to: [0.5, 1] } } });
  let state = 42;
  const random = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const walkers = Array.from({ length: 30 }, (_, track) => ({ track, at: [20 + 32 * track, 250] as [number, number] }));
  const started = walkers.map(({ at: [x] }) => x > 500);
  const net = walkers.map(() => 0);
  let crossings = 0;
  for (let frame = 0; frame < 600; frame++) {
    const { events = [] } = rig.show(frame / 10, ...walkers);
    for (const { track, direction } of events) {
      net[track] += direction === "in" ? 1 : -1;
      crossings++;
    }
    for (const walker of walkers) {
      walker.at = walker.at.map((place, axis) =>
        Math.max(5, Math.min(axis ? 480 : 990, place + 60 * (random() - 0.5)))
      ) as [number, number];
    }
  }
  // In the end everybody stands clear of the line.
  for (const walker of walkers) walker.at[0] += walker.at[0] > 500 ? 30 : -30;
  const { wall, events = [] } = rig.show(60, ...walkers);
  for (const { track, direction } of events) net[track] += direction === "in" ? 1 : -1;
  assert.deepEqual(net, walkers.map(({ at: [x] }, track) => Number(x > 500) - Number(started[track])));
  assert.ok(crossings > 50 && wall.in + wall.out === crossings + events.length, `${crossings}`);
});

Deno.test("directions have the names that people give them, and totals live on in a new epoch", () => {
  const rig = new AnalyzerRig("lines", { lines: { door: { ...half, directions: ["east", "west"] } } });
  rig.show(0, { at: [450, 250], track: 1 });
  assert.equal(rig.show(0.1, { at: [550, 250], track: 1 }).door.east, 1);
  rig.analyzer.reset();
  const { door, events } = rig.show(0, { at: [450, 250], track: 1 });
  assert.deepEqual([door.east, door.west, events], [1, 0, undefined]);
});

Deno.test("without tracks nothing can be counted, and the output says what is missing", () => {
  const rig = rigOf();
  assert.equal(rig.show(0, { at: [450, 250] }).needs, "tracks");
  assert.equal(rig.show(0.1).needs, undefined);
  assert.equal(rig.push(0.2, { motion: { moving: true } }).needs, "detections");
});

Deno.test("lines that are none are refused where they stand", () => {
  const refused = (line: Record<string, unknown>) => () => analyzerNamed("lines", { lines: { gate: line } });
  assert.throws(refused({ from: [0.5, 0.5], to: [0.5, 0.5] }), /no length[^]*lines\.gate\.to/);
  assert.throws(refused({ from: [0, 0], to: [2, 0] }), /from 0 to 1[^]*lines\.gate\.to/);
  assert.throws(refused({ ...half, directions: ["in", "in"] }), /same name/);
  assert.throws(refused({ ...half, directions: ["from", "out"] }), /cannot be called from/);
});
