import assert from "node:assert/strict";
import { readMeasured, thisMachine } from "../../src/service/measured_ceiling.ts";
import { inDirectory } from "../../tests/support/in_directory.ts";
import type { BenchReport, EfficiencyRow } from "./bench_report.ts";
import { rememberCeiling } from "./remember_ceiling.ts";

const loop = { perSecond: 42, cpuSecondsPerResult: 0.01, coresUsed: 2, coresTaken: 0, results: 80, stagesMs: {} };

function report(rows: Partial<EfficiencyRow>[]): Pick<BenchReport, "machine" | "efficiencies"> {
  const machine = { cores: 2, cpu: "", memoryMb: 1, os: "", versions: { weir: "1.2.3" }, date: "2026-01-31" };
  const weir = { ...loop, perSecond: 40, unaccounted: 0 };
  const efficiencies = rows.map((row) => ({ label: "a network", bare: loop, weir, ...row }) as EfficiencyRow);
  return { machine, efficiencies };
}

Deno.test("what a benchmark found of each network is kept for the server, with whether it was alone on the machine", async () => {
  await inDirectory(async (dataDir) => {
    const [alone, crowded] = ["a", "b"].map((digit) => digit.repeat(64));
    await rememberCeiling(
      dataDir,
      report([{ sha256: alone }, { sha256: crowded, bare: { ...loop, coresTaken: 0.5 } }, { label: "of no file" }]),
    );
    const kept = await readMeasured(dataDir);
    const { measuredAt, ...first } = kept[0];
    assert.ok(Math.abs(Date.parse(measuredAt) - Date.now()) < 60_000);
    assert.deepEqual(first, {
      label: "a network",
      sha256: alone,
      ...thisMachine(),
      version: "1.2.3",
      weirPerSecond: 40,
      barePerSecond: 42,
      disturbed: false,
    });
    assert.deepEqual(kept.map(({ sha256, disturbed }) => [sha256, disturbed]), [[alone, false], [crowded, true]]);
  });
});

Deno.test("a data folder that cannot be written to spoils no benchmark", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/file`, "");
    await rememberCeiling(`${directory}/file/below`, report([{ sha256: "c".repeat(64) }]));
    assert.deepEqual(await readMeasured(`${directory}/file/below`), []);
  });
});
