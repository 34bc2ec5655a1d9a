import assert from "node:assert/strict";
import type { BenchReport } from "./bench_report.ts";
import { markdownTable } from "./text_table.ts";
import { understandingReport } from "./understanding.ts";

const round = { perSecond: 18, cropsPerResult: 4, ceilingPerSecond: 20, efficiency: 0.9, cpuEfficiency: 0.95 };
const straight = { straightLinePerSecond: 19, ofStraightLine: 0.947, cpuOfStraightLine: 0.98 };

Deno.test("the tracker's time is told beside its peer's, and every round of a cascade beside its ceiling", () => {
  const machine = {} as BenchReport["machine"];
  const { tables, command, notes } = understandingReport({
    command: "measure",
    track: {
      v: 1,
      objects: 50,
      results: [
        { name: "weir", medianMs: 0.2, p99Ms: 0.4, tracked: 100, identities: 50 },
        { name: "other", medianMs: 3, p99Ms: 5, tracked: 99, identities: 51 },
      ],
    },
    cascade: {
      machine,
      crops: 4,
      maxBatch: 1,
      rounds: [{ ...round, ...straight, coresTaken: 0.75 }, { ...round, ...straight, efficiency: 0.8 }],
      medians: { efficiency: 0.9, cpuEfficiency: 0.95 },
    },
  });
  assert.equal(command, "measure");
  assert.match(notes![0], /Others were at work/);
  const [track, cascade] = tables.map(({ head, rows }) => markdownTable(head, rows));
  assert.match(track, /^\| weir \| 0\.200 \| 0\.400 \| 100 \| 50 \| 1\.0 \|$/m);
  assert.match(track, /^\| other \| 3\.000 \| 5\.000 \| 99 \| 51 \| 15\.0 \|$/m);
  assert.match(cascade, /^\| 1 \| 20\.00 \| 18\.00 \| 0\.900 \| 0\.950 \| 0\.75 \|$/m);
  assert.match(cascade, /^\| 2 \| 20\.00 \| 18\.00 \| 0\.800 \| 0\.950 \| – \|$/m);
  assert.match(cascade, /^\| median \| {2}\| {2}\| 0\.900 \| 0\.950 \| {2}\|$/m);
});
