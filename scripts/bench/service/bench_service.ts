import { type Command, parseFlags } from "../../../src/cli/flags.ts";
import { helpPage } from "../../../src/cli/help.ts";
import { print } from "../../../src/cli/print.ts";
import { benchCacheFolder } from "../bench_cache.ts";
import { machineLine } from "../bench_report.ts";
import { machine } from "../machine.ts";
import { printReport } from "../print_report.ts";
import { say } from "../say.ts";
import { type Contestant, peer, peerPython, weir, weirForImages } from "./contestants.ts";
import { modelOfMs } from "../bench_models.ts";
import { fanOut } from "./fan_out.ts";
import { manyStreams } from "./many_streams.ts";
import { predict } from "./predict.ts";
import { type ServiceReport, type ServiceRow, serviceTables } from "./service_report.ts";
import { startUp } from "./start_up.ts";
import { webcams } from "./webcams.ts";

const PARTS = ["fan-out", "webcams", "streams", "start", "predict"] as const;
/** How long an image may take. */
const PREDICT_MS = 500;

const COMMAND = {
  name: "bench:service",
  summary: "measures the server with thousands of clients, beside a FastAPI service that does the same",
  usage: "[options]",
  flags: {
    json: { type: "boolean", description: "print the whole report as JSON instead of tables" },
    quick: { type: "boolean", description: "one short run of each, with fewer clients: to see that everything works" },
    seconds: { type: "number", min: 1, description: "measured seconds of each run, default 15" },
    rounds: { type: "number", min: 1, integer: true, description: "runs of each row, in turns, default 3" },
    clients: { type: "number", min: 1, integer: true, description: "SSE clients, default 2000" },
    only: {
      type: "string",
      multiple: true,
      choices: [...PARTS],
      description: "leave the other parts out",
    },
    alone: { type: "boolean", description: "without the other service, for which PyPI is needed once" },
  },
  examples: [
    ["deno task bench:service", "everything, in about half an hour; let nothing else run meanwhile"],
    ["deno task bench:service --quick --alone", "a first look at Weir, in two minutes"],
  ],
} as const satisfies Command;

async function main(args: string[]): Promise<void> {
  const { flags, help } = parseFlags(COMMAND, args);
  if (help) return print(helpPage(COMMAND));
  const { quick = false } = flags;
  const parts = new Set<string>(flags.only ?? PARTS);
  const rounds = flags.rounds ?? (quick ? 1 : 3);
  const seconds = flags.seconds ?? (quick ? 5 : 15);
  const clients = flags.clients ?? (quick ? 200 : 2000);
  const [cameras, streams] = quick ? [20, 10] : [100, 50];
  const python = flags.alone ? undefined : await peerPython(benchCacheFolder());
  const contestants = [weir, ...(python ? [await peer(python)] : [])];
  const report: ServiceReport = {
    machine: machine(),
    command: ["deno task bench:service", ...args].join(" "),
    versions: python ? await versions() : {},
    fanOut: [],
    webcams: [],
    manyStreams: [],
    startUp: [],
  };
  const rows = <R>(what: string, measure: (contestant: Contestant) => Promise<R>, of = contestants) =>
    inTurns({ what, contestants: of, rounds, measure });
  if (parts.has("fan-out")) {
    for (const deaf of await canNotRead() ? [0, 20] : [0]) {
      const found = await rows(`fan-out, ${deaf} not reading`, (who) => fanOut(who, { clients, deaf, seconds }));
      report.fanOut.push(...found.map((row) => ({ ...row, clients, deaf })));
    }
  }
  if (parts.has("webcams")) {
    const found = await rows("webcams", (who) => webcams(who, { cameras, seconds }));
    report.webcams.push(...found.map((row) => ({ ...row, cameras })));
  }
  if (parts.has("streams")) {
    const found = await rows("streams", (who) => manyStreams(who, { streams, seconds }));
    report.manyStreams.push(...found.map((row) => ({ ...row, streams })));
  }
  if (parts.has("start")) {
    const found = await rows("start", (who) => startUp(who, 20));
    report.startUp.push(...found.map((row) => ({ ...row, streams: 20 })));
  }
  if (parts.has("predict")) {
    const model = await modelOfMs(5);
    const of = [weirForImages(model, PREDICT_MS), ...(python ? [await peer(python, model)] : [])];
    const options = { model, cores: machine().cores, connections: 4 * machine().cores, seconds };
    const found = await rows("predict", (who) => predict(who, options), of);
    (report.predict ??= []).push(...found.map((row) => ({ ...row, deadlineMs: PREDICT_MS })));
  }
  printReport(report, { json: flags.json, lines: [machineLine(report.machine)], tables: serviceTables(report) });
}

/** Every contestant once in every round, another one first each time. What fails is told, and the others go on. */
async function inTurns<R>(
  { what, contestants, rounds, measure }: {
    what: string;
    contestants: readonly Contestant[];
    rounds: number;
    measure(contestant: Contestant): Promise<R>;
  },
): Promise<ServiceRow<R>[]> {
  const rows = contestants.map(({ label }): ServiceRow<R> => ({ label, runs: [], failures: [] }));
  for (let round = 1; round <= rounds; round++) {
    for (const turn of contestants.keys()) {
      const index = (turn + round - 1) % contestants.length;
      const row = rows[index];
      try {
        const run = await measure(contestants[index]);
        row.runs.push(run);
        say(`${what}, round ${round} of ${rounds}, ${row.label}: ${JSON.stringify(run)}`);
      } catch (error) {
        const [message] = (error instanceof Error ? error.message : String(error)).split("\n");
        row.failures.push(message);
        say(`${what}, round ${round} of ${rounds}, ${row.label}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return rows;
}

/** Only Python can ask the system for a receive buffer so small that not reading is felt. */
async function canNotRead(): Promise<boolean> {
  try {
    return (await new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    say("Without python3 the clients that do not read are left out");
    return false;
  }
}

async function versions(): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(new URL("./peer/requirements.txt", import.meta.url));
  const pins = text.matchAll(/^([\w-]+)(?:\[\w+\])?==(\S+)$/gm);
  return Object.fromEntries([...pins].map(([, name, version]) => [name, version]));
}

if (import.meta.main) await main(Deno.args);
