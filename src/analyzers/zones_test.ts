import assert from "node:assert/strict";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzerNamed } from "./registry.ts";

const left = { points: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] };
const options = { zones: { left }, enterMs: 200, leaveMs: 300, lostMs: 1000 };

Deno.test("a zone counts what stands in it, by the feet, without any tracks", () => {
  const rig = new AnalyzerRig("zones", options);
  const { left: reading, needs } = rig.show(0, { at: [100, 100] }, { at: [499, 300] }, { at: [501, 300] });
  assert.equal(reading.count, 2);
  assert.deepEqual(reading.labels, { person: 2 });
  assert.deepEqual([reading.inside, reading.entered, reading.tracks], [0, 0, []]);
  assert.deepEqual(reading.points, [[0, 0], [500, 0], [500, 500], [0, 500]]);
  assert.equal(needs, "tracks");
  assert.equal(rig.push(1, {}).needs, "detections");
});

Deno.test("who enters, stays and leaves is told with the time it stayed, and the totals add up", () => {
  const rig = new AnalyzerRig("zones", options);
  assert.equal(rig.show(0, { at: [600, 300], track: 7 }).events, undefined);
  assert.equal(rig.show(1, { at: [400, 300], track: 7 }).events, undefined);
  const entered = rig.show(1.2, { at: [400, 300], track: 7 });
  assert.deepEqual(entered.events, [{ zone: "left", type: "enter", track: 7, label: "person" }]);
  assert.deepEqual(entered.left.tracks, [7]);
  assert.equal(rig.show(3, { at: [100, 300], track: 7 }).left.longestS, 2);
  assert.equal(rig.show(4, { at: [600, 300], track: 7 }).events, undefined);
  const gone = rig.show(4.3, { at: [700, 300], track: 7 });
  assert.deepEqual(gone.events, [{ zone: "left", type: "leave", track: 7, label: "person", dwellS: 3 }]);
  assert.deepEqual([gone.left.entered, gone.left.left, gone.left.inside, gone.left.meanS], [1, 1, 0, 3]);
});

Deno.test("flickering over the edge is neither coming nor going", () => {
  const rig = new AnalyzerRig("zones", options);
  const events: { type: string }[] = [];
  for (let n = 0; n < 40; n++) {
    events.push(...rig.show(n / 10, { at: [n % 2 ? 490 : 510, 300], track: 1 }).events ?? []);
  }
  assert.equal(events.length, 0);
  for (let n = 40; n < 80; n++) {
    events.push(...rig.show(n / 10, { at: [n < 50 || n % 2 ? 490 : 510, 300], track: 1 }).events ?? []);
  }
  assert.deepEqual(events.map(({ type }) => type), ["enter"]);
});

Deno.test("a track that is lost has left when its grace is over, at the time it was last seen", () => {
  const rig = new AnalyzerRig("zones", options);
  for (const time of [0, 1, 2]) rig.show(time, { at: [100, 300], track: 3 });
  assert.equal(rig.show(2.9).left.inside, 1);
  assert.equal(rig.show(2.95, { at: [100, 300], track: 3 }).left.inside, 1);
  rig.show(3.5);
  const { events, left: reading } = rig.show(4);
  assert.deepEqual(events, [{ zone: "left", type: "leave", track: 3, label: "person", dwellS: 2.95 }]);
  assert.equal(reading.inside, 0);
});

Deno.test("a new epoch ends every stay, and the totals live on", () => {
  const rig = new AnalyzerRig("zones", options);
  for (const time of [0, 1]) rig.show(time, { at: [100, 300], track: 3 });
  rig.analyzer.reset();
  const { left: reading, events } = rig.show(0, { at: [100, 300], track: 9 });
  assert.deepEqual(events.map(({ type, track, dwellS }: Record<string, unknown>) => [type, track, dwellS]), [
    ["leave", 3, 1],
  ]);
  assert.deepEqual([reading.entered, reading.left, reading.inside], [1, 1, 0]);
  assert.deepEqual(rig.show(0.5, { at: [100, 300], track: 9 }).left.entered, 2);
});

Deno.test("however people wander and vanish, everybody who entered is there or has left, and the stays add up", () => {
  const rig = new AnalyzerRig("zones", options);
  let state = 7;
  const random = () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const walkers = Array.from({ length: 30 }, (_, track) => ({ track, at: [20 + 32 * track, 250] as [number, number] }));
  const there = new Set<number>();
  const stays: number[] = [];
  for (let frame = 0; frame < 600; frame++) {
    const shown = walkers.filter(() => random() > 0.1);
    const { left: reading, events = [] } = rig.show(frame / 10, ...shown);
    for (const { type, track, dwellS } of events) {
      if (type === "enter") assert.ok(!there.has(track) && there.add(track), "nobody enters twice");
      else {
        assert.ok(there.delete(track), "nobody leaves who was not there");
        stays.push(dwellS);
      }
    }
    assert.deepEqual([reading.inside, reading.left, reading.entered], [
      there.size,
      stays.length,
      there.size + stays.length,
    ]);
    assert.deepEqual(reading.tracks.toSorted(), [...there].toSorted());
    assert.equal(reading.count, shown.filter(({ at: [x] }) => x < 500).length);
    for (const walker of walkers) walker.at[0] = Math.max(5, Math.min(990, walker.at[0] + 60 * (random() - 0.5)));
  }
  assert.ok(stays.length > 25 && stays.every((stay) => stay >= 0.1), `${stays.length}`);
  const mean = stays.reduce((sum, stay) => sum + stay, 0) / stays.length;
  assert.ok(Math.abs(rig.show(60, ...walkers).left.meanS - mean) < 0.1);
});

Deno.test("labels, steps, anchors and units decide what is counted", () => {
  const outputs = {
    first: { model: "a", detections: [{ box: [400, 0, 200, 100], label: "car", classId: 2, score: 1 }] },
    second: { model: "b", detections: [{ box: [480, 0, 60, 100], label: "person", classId: 0, score: 1 }] },
  };
  const count = (more: Record<string, unknown>) => {
    return new AnalyzerRig("zones", { ...options, ...more }).push(0, outputs).left.count;
  };
  assert.equal(count({}), 0, "the latest step, by the feet");
  assert.equal(count({ anchor: "overlap" }), 1);
  assert.equal(count({ anchor: "overlap", of: "car" }), 0, "the latest step has none");
  assert.equal(count({ anchor: "overlap", of: "car", on: "first" }), 1);
  assert.equal(count({ anchor: "overlap", of: ["first.car", "second.person"] }), 2);
  const points = [[0, 60], [520, 60], [520, 200], [0, 200]];
  assert.equal(count({ units: "pixels", zones: { left: { points } } }), 1);
  assert.equal(count({ units: "pixels", zones: { left: { points } }, anchor: "centre" }), 0);
});

Deno.test("who is cut off by the picture's edge stands in the zone that reaches it", () => {
  const rig = new AnalyzerRig("zones", { zones: { all: { points: [[0, 0], [1, 0], [1, 1], [0, 1]] } } });
  assert.equal(rig.show(0, { at: [0, 500] }, { at: [1000, 500] }, { at: [500, 520] }).all.count, 3);
});

Deno.test("areas that are none are refused where they stand", () => {
  const refused = (points: number[][], more = {}) => () =>
    analyzerNamed("zones", { zones: { gate: { points } }, ...more });
  assert.throws(refused([[0, 0], [1, 1], [1, 0], [0, 1]]), /meets the side[^]*zones\.gate\.points/);
  assert.throws(refused([[0, 0], [0.5, 0.5], [1, 1]]), /no area[^]*zones\.gate\.points/);
  assert.throws(refused([[0, 0], [1, 0]]), /zones\.gate\.points/);
  assert.throws(refused([[0, 0], [1, 0], [640, 480]]), /pixels[^]*zones\.gate\.points\[2\]/);
  assert.throws(() => analyzerNamed("zones", { zones: {} }), /at least one zone/);
  assert.throws(() => analyzerNamed("zones", { zones: { events: left } }), /cannot be called events/);
  assert.throws(() => analyzerNamed("zones", { zones: { "a.b": left } }), /letters, digits/);
});
