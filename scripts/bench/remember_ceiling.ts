import { type Measured, rememberMeasured, thisMachine } from "../../src/service/measured_ceiling.ts";
import { type BenchReport, isDisturbed } from "./bench_report.ts";
import { say } from "./say.ts";

/** What of a report says how much a machine can do with each network. */
type Measuring = Pick<BenchReport, "machine" | "efficiencies">;

/** Keeps what was found where the server that works in a data directory finds it. A folder that refuses spoils no benchmark. */
export async function rememberCeiling(dataDir: string, report: Measuring): Promise<void> {
  try {
    await rememberMeasured(dataDir, measuredIn(report));
    say(`kept for the console in ${dataDir}`);
  } catch (error) {
    say(`cannot be kept for the console in ${dataDir}: ${error instanceof Error ? error.message : error}`);
  }
}

function measuredIn({ machine, efficiencies }: Measuring): Measured[] {
  const measuredAt = new Date().toISOString();
  return efficiencies.flatMap(({ label, sha256, weir, bare }) =>
    sha256 === undefined ? [] : [{
      label: label.slice(0, 200),
      sha256,
      measuredAt,
      ...thisMachine(),
      version: machine.versions.weir,
      weirPerSecond: weir.perSecond,
      barePerSecond: bare.perSecond,
      disturbed: [weir, bare].some((side) => isDisturbed(side, machine.cores)),
    }]
  );
}
