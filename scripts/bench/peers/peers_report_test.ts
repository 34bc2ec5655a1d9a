import assert from "node:assert/strict";
import { type LiveRow, type PeersReport, peersTables } from "./peers_report.ts";

const age = { count: 10, p50: 50, p95: 90, p99: 95, max: 100 };
const live: LiveRow = {
  model: "heavy",
  row: "weir",
  load: 4,
  cameras: 8,
  fps: 12.5,
  perSecond: 25,
  age,
  trendMsPerSecond: 0,
  rounds: 5,
  failures: [],
  void: false,
};

const report: PeersReport = {
  machine: { cores: 2, cpu: "A CPU", memoryMb: 8192, os: "linux", versions: {}, date: "2026-01-01" },
  command: "run.sh",
  versions: {},
  labels: { heavy: "a network" },
  throughput: [
    { model: "heavy", row: "weir", perSecond: 25, cpuMsPerResult: 80, rounds: [25], agreement: 1, void: false },
    { model: "heavy", row: "opencv", perSecond: 20, cpuMsPerResult: 90, rounds: [20], agreement: 0.5, void: true },
  ],
  live: [live, { ...live, row: "auto", perSecond: NaN, age: { ...age, p50: NaN }, rounds: 0, failures: ["it hung"] }],
};

Deno.test("a row that sees something else is void, and says by how much", () => {
  const [throughput] = peersTables(report);
  assert.deepEqual(throughput.rows[1].slice(2), ["20.0", "0.80", "90.0", "50 % VOID", "20.0"]);
});

Deno.test("a cell without one good run has dashes and the reason, also after its way through JSON", () => {
  for (const again of [report, JSON.parse(JSON.stringify(report))]) {
    const [, table] = peersTables(again);
    assert.equal(table.rows[1][5], "–");
    assert.equal(table.rows[1].at(-1), "it hung");
    for (const row of table.rows) assert.equal(row.length, table.head.length);
  }
});
