import assert from "node:assert/strict";
import { type AgeRow, type BenchReport, busyWarning, reportTables } from "./bench_report.ts";
import { renderBenchmarks } from "./render_benchmarks.ts";

const loop = { perSecond: 100, cpuSecondsPerResult: 0.01, coresUsed: 2, results: 800, stagesMs: { decode: 1 } };
const weir = { ...loop, perSecond: 90, unaccounted: 0 };

const cell: AgeRow = {
  model: "heavy",
  load: 4,
  streams: 8,
  fps: 12.5,
  limitMs: 130,
  age: { count: 100, p50: 80, p95: 140, p99: 150, max: 160 },
  decodeP95Ms: 4,
  inferP95Ms: 36,
  added: { count: 100, p50: 1, p95: 5, p99: 9, max: 12 },
  own: { count: 100, p50: 0.5, p95: 4, p99: 8, max: 11 },
  counterMs: 0.3,
  queueP50Ms: 0.6,
  postP50Ms: 0.4,
  perSecond: 95,
  dropped: { stale: 12 },
  unaccounted: 0,
  wrongCounters: 0,
  trendMsPerSecond: 0.1,
  grows: false,
  decodeBound: true,
  cpuSecondsPerResult: 0.01,
  coresUsed: 1.9,
  coresTaken: 0.02,
};

const report: BenchReport = {
  machine: {
    cores: 2,
    cpu: "A CPU",
    memoryMb: 8192,
    os: "linux",
    versions: { weir: "1", deno: "2" },
    date: "2026-01-01",
  },
  command: "weir bench",
  efficiency: 0.9,
  bare: loop,
  weir,
  efficiencies: [{
    model: "heavy",
    label: "a network",
    target: 0.95,
    efficiency: 0.9,
    cpuEfficiency: 0.92,
    bare: loop,
    weir,
    runOnly: loop,
    rounds: [{ bare: 100, weir: 90 }],
    repeated: 0,
  }],
  decode: loop,
  age: [cell],
  unaccounted: 0,
};

Deno.test("a missed aim, a cell over its limit and a decoding bottleneck are said in the tables", () => {
  const [efficiency, , age] = reportTables(report);
  assert.ok(efficiency.rows[0].includes("≥ 0.95 missed"));
  assert.equal(age.rows[0].at(-1), "decoding is the bottleneck, over the limit");
  assert.ok(age.rows[0].includes("12 stale"));
  for (const { head, rows } of reportTables(report)) for (const row of rows) assert.equal(row.length, head.length);
});

Deno.test("a run beside which other programs had a core is a warning, in the page too", () => {
  assert.equal(busyWarning(report), undefined);
  const busy = { ...report, age: [cell, { ...cell, coresTaken: 0.9 }] };
  assert.match(busyWarning(busy)!, /0\.90 of 2 cores/);
  assert.match(renderBenchmarks(busy), /do not trust/);
});

Deno.test("the page holds every table, the machine and the commands that make it", () => {
  const page = renderBenchmarks(report);
  for (const { title } of reportTables(report)) assert.ok(page.includes(`## ${title}`));
  assert.match(page, /2 cores of A CPU/);
  assert.match(page, /render_benchmarks/);
});
