import assert from "node:assert/strict";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { AnalyzerRig } from "../../tests/support/analyzer_rig.ts";
import { analyzerNamed } from "./registry.ts";

const [WIDTH, HEIGHT] = [320, 160];

/** A gray picture with a bright square of 40 pixels somewhere, or without. */
function picture(left?: number) {
  const data = new Uint8Array(WIDTH * HEIGHT).fill(90);
  if (left !== undefined) { for (let y = 60; y < 100; y++) data.fill(220, y * WIDTH + left, y * WIDTH + left + 40); }
  return pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "gray", data });
}

function show(rig: AnalyzerRig, timeS: number, left?: number) {
  using shown = picture(left);
  return rig.push(timeS, {}, shown);
}

Deno.test("a still picture is held back but for one now and then; motion passes, and for a while after", () => {
  const rig = new AnalyzerRig("motion", { holdMs: 1000, idleEveryMs: 5000 });
  const passed: number[] = [];
  for (let n = 0; n < 200; n++) {
    const time = n / 10;
    if (show(rig, time, n >= 100 && n < 110 ? n : undefined)) passed.push(time);
  }
  const moving = Array.from({ length: 20 }, (_, n) => 10 + n / 10);
  assert.deepEqual(passed.filter((time) => time < 10), [0, 5]);
  assert.deepEqual(passed.filter((time) => moving.includes(time)), moving);
  assert.equal(rig.held, 200 - passed.length);
  assert.ok(passed.length < 30, `${passed}`);
});

Deno.test("where it moves and how much is told in source pixels", () => {
  const rig = new AnalyzerRig("motion");
  assert.deepEqual(show(rig, 0), { moving: false, share: 0, regions: [], held: 0 });
  const { moving, share, regions: [[x, y, width, height]] } = show(rig, 0.1, 200);
  assert.equal(moving, true);
  assert.ok(Math.abs(share - (40 * 40) / (WIDTH * HEIGHT)) < 0.015, `${share}`);
  for (const [side, wanted] of [[x, 200], [y, 60], [width, 40], [height, 40]]) assert.ok(Math.abs(side - wanted) <= 8);
});

Deno.test("nothing that happens in an ignored area counts", () => {
  const ignore = [[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]];
  const rig = new AnalyzerRig("motion", { ignore, gate: false });
  show(rig, 0);
  assert.equal(show(rig, 0.1, 200).moving, false);
  assert.equal(show(rig, 0.2, 40).moving, true);
});

Deno.test("sensitivity decides what is too faint", () => {
  const faint = (sensitivity: number) => {
    const rig = new AnalyzerRig("motion", { sensitivity, gate: false });
    const frame = (level: number) => {
      const data = new Uint8Array(WIDTH * HEIGHT).fill(90);
      for (let y = 60; y < 100; y++) data.fill(90 + level, y * WIDTH + 100, y * WIDTH + 140);
      return pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "gray", data });
    };
    using before = frame(0);
    using after = frame(10);
    rig.push(0, {}, before);
    return rig.push(0.1, {}, after).moving;
  };
  assert.deepEqual([faint(0.2), faint(0.9)], [false, true]);
});

Deno.test("another picture altogether passes once and is the background from then on", () => {
  const rig = new AnalyzerRig("motion", { holdMs: 0 });
  const flat = (level: number, from: number) => {
    const data = new Uint8Array(WIDTH * HEIGHT).map((_, index) => index % WIDTH < from ? level : 255 - level);
    return pictureFromPixels({ width: WIDTH, height: HEIGHT, format: "gray", data });
  };
  using one = flat(40, 160);
  using other = flat(215, 160);
  const passes = [one, one, other, other, other].map((shown, n) => rig.push(n / 10, {}, shown) !== undefined);
  assert.deepEqual(passes, [true, false, true, false, false]);
});

Deno.test("a new epoch learns the picture anew, and what was held back is still counted", () => {
  const rig = new AnalyzerRig("motion");
  for (let n = 0; n < 5; n++) show(rig, n / 10);
  rig.analyzer.reset();
  assert.deepEqual(show(rig, 0, 100), { moving: false, share: 0, regions: [], held: 4 });
});

Deno.test("without a picture it has nothing to say, and areas are checked", () => {
  assert.equal(new AnalyzerRig("motion").push(0, {}), undefined);
  assert.throws(() => analyzerNamed("motion", { ignore: [[[0, 0], [1, 1], [1, 0], [0, 1]]] }), /ignore\[0\]/);
});
