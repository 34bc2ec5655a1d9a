import assert from "node:assert/strict";
import type { FacePulse, SkinColour } from "../../core/face_pulse.ts";
import { summaryOf, VitalsRecord } from "./vitals_record.ts";

const result = (pts: number, faces: Partial<FacePulse>[], epoch = 1) => ({
  pts,
  epoch,
  outputs: {
    face: { model: "m", detections: [] },
    pulse: {
      reasons: faces.length === 0 ? ["noFace"] : [],
      faces: faces.map((face) => ({ confidence: 0.9, reasons: [], windowS: 10, ...face })),
    },
  },
});
const colours = (...times: number[]) => times.map((time): SkinColour => [time, 150, 110, 90]);

Deno.test("readings are remembered face by face, once each, without what is only looked at", () => {
  const record = new VitalsRecord();
  record.push({ pts: 0.5, epoch: 1, outputs: { face: { model: "m", detections: [] } } });
  assert.equal(record.heard.peek(), undefined);
  const first = result(1, [{ track: 4, bpm: 70, wave: { fps: 30, values: [1] } }, { track: 9 }]);
  record.push(first, 1000);
  record.push(first, 1001);
  record.push(result(2, []), 2000);
  assert.deepEqual(record.rows.map(({ atMs, track, bpm }) => [atMs, track, bpm]), [
    [1000, 4, 70],
    [1000, 9, undefined],
    [2000, undefined, undefined],
  ]);
  assert.ok(!("wave" in record.rows[0]));
  assert.deepEqual(record.of(9).map(({ pts }) => pts), [1]);
  assert.deepEqual(record.of(undefined).map(({ pts, track }) => [pts, track]), [[1, 4], [2, undefined]]);
  assert.deepEqual([record.heard.value?.pts, record.heard.value?.reasons], [2, ["noFace"]]);
  record.clear();
  assert.deepEqual([record.rows, record.heard.value], [[], undefined]);
});

Deno.test("colours are those of the last twenty seconds, and begin anew with an epoch or a clip", () => {
  const record = new VitalsRecord();
  record.push(result(1, [{ colours: colours(0.5, 1) }]));
  record.push(result(20.8, [{ colours: colours(20, 20.8) }]));
  assert.deepEqual(record.colours(undefined).map(([time]) => time), [1, 20, 20.8]);
  record.push(result(1, [{ colours: colours(0.5, 1) }, { track: 3, colours: colours(1) }]));
  assert.deepEqual(record.colours(undefined).map(([time]) => time), [0.5, 1]);
  assert.equal(record.colours(3).length, 1);
  record.push(result(30, [{ colours: colours(30) }], 2));
  assert.deepEqual([record.colours(undefined).length, record.colours(3).length], [1, 0]);
});

Deno.test("an hour is kept, and what had to go is counted; hostile crowds leave no more than some faces' colours", () => {
  const record = new VitalsRecord();
  for (let second = 0; second < 3605; second++) record.push(result(second, [{ bpm: 60 }]), second * 1000);
  assert.deepEqual([record.rows.length, record.forgotten, record.rows[0].pts], [3600, 5, 5]);
  record.push(result(5000, Array.from({ length: 50 }, (_, track) => ({ track, colours: colours(5000) }))));
  const kept = Array.from({ length: 50 }, (_, track) => record.colours(track).length).filter((count) => count > 0);
  assert.equal(kept.length, 8);
});

Deno.test("a summary is of the rates that were given", () => {
  const row = (bpm?: number) => ({
    atMs: 0,
    pts: 0,
    epoch: 1,
    confidence: 1,
    reasons: [],
    windowS: 10,
    ...(bpm && { bpm }),
  });
  assert.equal(summaryOf([row()]), undefined);
  assert.deepEqual(summaryOf([row(80), row(), row(60), row(70)]), {
    median: 70,
    lowest: 60,
    highest: 80,
    readings: 4,
    rates: 3,
  });
  assert.equal(summaryOf([row(80), row(60)])?.median, 70);
});
