// The tracker and a cascade, measured one after the other, as tables for BENCHMARKS.md.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { print } from "../../src/cli/print.ts";
import type { CascadeReport } from "./cascade.ts";
import type { TablesReport } from "./render_benchmarks.ts";
import { markdownTable } from "./text_table.ts";
import type { TrackReport } from "./track_bench.ts";

const HELP =
  `Measure what makes sense of boxes: the tracker, beside supervision's, and a cascade, beside its bare models.

  deno run -A scripts/bench/understanding.ts [--python PYTHON] [--rounds 5] [--json]

PYTHON has the package supervision (0.27 is the last with its ByteTrack). --json is for render_benchmarks.ts.`;

const OBJECTS = 50;
/** What issues ask for. */
const AIM = { trackMs: 0.3, ratio: 10, efficiency: 0.9 };
/** Of all cores; what others take beyond it makes results a second mean nothing. */
const TAKEN_MOST = 0.2;

/** The tables of both measurements. */
export function understandingReport(
  { track, cascade, command }: { track: TrackReport; cascade: CascadeReport; command: string },
): TablesReport {
  const digits = (value: number) => value.toFixed(3);
  const [ours] = track.results;
  const { medians, rounds, crops } = cascade;
  const disturbed = rounds.some(({ coresTaken = 0 }) => coresTaken > TAKEN_MOST);
  return {
    command,
    notes: [
      ...(disturbed ? ["**Others were at work while the cascade was measured: only its ratio by CPU counts.**"] : []),
      `**Tracker**: a call of \`push()\`, from detections to identities, over ${track.objects} made-up walkers seen by a ` +
      "detector that misses some; the same boxes go to `supervision`'s ByteTrack (0.27), in turns, with its authors' " +
      `settings. Aims: ${AIM.trackMs} ms a frame, and ${AIM.ratio} times less than supervision.`,
      `**Cascade**: a YOLOv8n-sized detector on every frame of a 720p clip and a small network on its ${crops} best boxes, ` +
      "one stream a core. The *ceiling* is what the two bare networks could do over one and the same tensor, without a " +
      "frame being decoded, scaled or read; *by CPU* is the same by time of processors, which depends less on who else " +
      `is at work. Aim: ${AIM.efficiency} of the ceiling.`,
    ],
    tables: [
      {
        title: `Tracker: milliseconds a frame, ${track.objects} objects`,
        head: ["tracker", "median ms", "p99 ms", "tracked", "identities", "× weir's time"],
        rows: track.results.map(({ name, medianMs, p99Ms, tracked, identities }) => [
          name,
          digits(medianMs),
          digits(p99Ms),
          String(tracked),
          String(identities),
          (medianMs / ours.medianMs).toFixed(1),
        ]),
      },
      {
        title: `Cascade: a detector and ${crops} crops a frame, against the bare models`,
        head: ["round", "ceiling/s", "Weir/s", "efficiency", "by CPU", "cores taken by others"],
        rows: [
          ...rounds.map(({ ceilingPerSecond, perSecond, efficiency, cpuEfficiency, coresTaken }, n) => [
            String(n + 1),
            ceilingPerSecond.toFixed(2),
            perSecond.toFixed(2),
            digits(efficiency),
            digits(cpuEfficiency),
            coresTaken?.toFixed(2) ?? "–",
          ]),
          ["median", "", "", digits(medians.efficiency), digits(medians.cpuEfficiency), ""],
        ],
      },
    ],
  };
}

/** Runs one of the benchmarks beside this file, and answers what it prints. */
async function measured<T>(script: string, ...args: string[]): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", file, ...args], stderr: "inherit" });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`Cannot measure: ${script} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      python: { type: "string" },
      rounds: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return print(HELP);
  const { python, rounds } = values;
  const peer = python === undefined ? [] : ["--python", python];
  const track = await measured<TrackReport>(
    "./track_bench.ts",
    ...["--objects", `${OBJECTS}`, "--runs", rounds, "--json", ...peer],
  );
  const cascade = await measured<CascadeReport>("./cascade.ts", "--rounds", rounds);
  const words = ["deno run -A scripts/bench/understanding.ts", ...(python ? ["--python PYTHON"] : []), "--json"];
  const report = understandingReport({ track, cascade, command: words.join(" ") });
  if (values.json) return print(JSON.stringify(report, null, 2));
  for (const { title, head, rows } of report.tables) print(`${title}\n\n${markdownTable(head, rows)}\n`);
}

if (import.meta.main) await main();
