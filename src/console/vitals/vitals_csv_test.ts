import assert from "node:assert/strict";
import { vitalsCsv } from "./vitals_csv.ts";

Deno.test("readings become a table that spreadsheets read, with nothing where nothing was known", () => {
  const text = vitalsCsv([
    {
      atMs: Date.UTC(2026, 0, 31, 12),
      epoch: 2,
      pts: 10.033333,
      track: 4,
      bpm: 71.9,
      interval: [70, 74],
      confidence: 0.93,
      snrDb: 8.1,
      method: "pos",
      windowS: 10,
      skin: 0.8,
      rgb: [180, 120, 100],
      reasons: [],
    },
    {
      atMs: Date.UTC(2026, 0, 31, 12, 0, 1),
      epoch: 2,
      pts: 11,
      confidence: 0,
      windowS: 0,
      reasons: ["dark", "motion"],
    },
    { atMs: 0, epoch: 1, pts: 0, confidence: 0, windowS: 0, reasons: [], method: 'a "new", one' },
  ]);
  assert.deepEqual(text.split("\r\n"), [
    "time,epoch,pts_s,face,bpm,low_bpm,high_bpm,confidence,snr_db,method,window_s,skin,red,green,blue,reasons,notice",
    "2026-01-31T12:00:00.000Z,2,10.033,4,71.9,70,74,0.93,8.1,pos,10,0.8,180,120,100,,not a medical device",
    "2026-01-31T12:00:01.000Z,2,11,,,,,0,,,0,,,,,dark motion,not a medical device",
    '1970-01-01T00:00:00.000Z,1,0,,,,,0,,"a ""new"", one",0,,,,,,not a medical device',
    "",
  ]);
});
