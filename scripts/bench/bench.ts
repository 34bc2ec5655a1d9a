import { type Command, parseFlags } from "../../src/cli/flags.ts";
import { helpPage } from "../../src/cli/help.ts";
import { dataDirOf, registryOf } from "../../src/cli/models_place.ts";
import { print } from "../../src/cli/print.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { busyWarning, machineLine, reportTables } from "./bench_report.ts";
import { benchModels, userModels } from "./bench_models.ts";
import { benchRun } from "./bench_run.ts";
import { rememberCeiling } from "./remember_ceiling.ts";
import { camera, CAMERA_FLAG } from "./camera.ts";
import { MEASURE_FLAG } from "./fresh_process.ts";
import { measure } from "./measure.ts";
import { printReport } from "./print_report.ts";

const COMMAND = {
  name: "bench",
  summary: "measures how close Weir comes to this machine's ceiling",
  usage: "[options]",
  flags: {
    json: { type: "boolean", description: "print the whole report as JSON instead of tables" },
    quick: {
      type: "boolean",
      description: "one network, one round, three cells: about a minute, good for a first look",
    },
    model: {
      type: "string",
      multiple: true,
      value: "MODEL",
      description: "measure with this ONNX file, or model of the registry, instead of the built-in choice",
    },
    streams: { type: "string", value: "LIST", description: "streams of the age cells, default 1,4,8" },
    loads: {
      type: "string",
      value: "LIST",
      description: "loads of the age cells as multiples of capacity, default 0.5,1,4",
    },
    seconds: { type: "number", min: 1, description: "measured seconds of each run, default 8" },
    rounds: { type: "number", min: 1, integer: true, description: "pairs of runs, bare and Weir in turns, default 5" },
    only: {
      type: "string",
      multiple: true,
      choices: ["efficiency", "age", "figures"],
      description: "leave the other parts out",
    },
    soak: {
      type: "number",
      min: 0.1,
      value: "MINUTES",
      description: "also watch memory while a camera flaps every 5 s",
    },
    "data-dir": {
      type: "string",
      value: "DIR",
      description: "whose server shows the ceiling found (default: WEIR_DATA_DIR, or a folder of yours)",
    },
  },
  examples: [
    ["weir bench", "everything, in about twenty minutes; let nothing else run meanwhile"],
    ["weir bench --quick", "a first look"],
    [
      "weir bench --quick --only efficiency --model weir-pitch",
      "one model's ceiling; the console's System page shows it",
    ],
    ["weir bench --json > bench.json", "for tools"],
  ],
} as const satisfies Command;

/** `weir bench`: answers the exit code. */
export async function benchCommand(args: string[]): Promise<number> {
  if (args[0] === MEASURE_FLAG) return await measure(args[1], args[2]);
  if (args[0] === CAMERA_FLAG) return await camera(JSON.parse(args[1]));
  const { flags, help } = parseFlags(COMMAND, args);
  if (help) {
    print(helpPage(COMMAND));
    return 0;
  }
  const quick = flags.quick ?? false;
  const chosen = flags.model ? await userModels(flags.model, registryOf(flags)) : await benchModels();
  const report = await benchRun({
    models: quick ? chosen.slice(0, 1) : chosen,
    parts: new Set(flags.only ?? ["efficiency", "age", "figures"]),
    streams: numbers("streams", flags.streams, quick ? [4] : [1, 4, 8]),
    loads: numbers("loads", flags.loads, [0.5, 1, 4]),
    seconds: flags.seconds ?? (quick ? 4 : 8),
    rounds: flags.rounds ?? (quick ? 1 : 5),
    // V8 goes on compiling for seconds; a server runs for days, and the bare loop gets the same.
    warmupMs: quick ? 1000 : 8000,
    repeats: quick ? 0 : 2,
    soakMinutes: flags.soak,
  }, ["weir bench", ...args].join(" "));
  await rememberCeiling(dataDirOf(flags), report);
  const warning = busyWarning(report);
  const lines = [machineLine(report.machine), ...(warning ? [warning] : [])];
  printReport(report, { json: flags.json, lines, tables: reportTables(report) });
  return 0;
}

function numbers(flag: string, list: string | undefined, otherwise: number[]): number[] {
  if (list === undefined) return otherwise;
  const values = list.split(",").map(Number);
  if (values.every((value) => value > 0 && (flag === "loads" || Number.isInteger(value)))) return values;
  throw new UsageError(`Option --${flag} wants positive numbers with commas between them, not "${list}"`);
}
