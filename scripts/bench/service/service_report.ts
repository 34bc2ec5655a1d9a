import type { ReportTable } from "../bench_report.ts";
import type { Machine } from "../machine.ts";
import { median, round } from "../statistics.ts";
import type { FanOutRun } from "./fan_out.ts";
import type { ManyStreamsRun } from "./many_streams.ts";
import type { PredictRun } from "./predict.ts";
import type { WebcamsRun } from "./webcams.ts";

/** All runs of one scenario with one service. */
export interface ServiceRow<R> {
  label: string;
  runs: R[];
  /** Why it gave nothing, where it did. */
  failures: string[];
}

/** Everything that a comparison of services found. */
export interface ServiceReport {
  machine: Machine;
  command: string;
  versions: Record<string, string>;
  fanOut: (ServiceRow<FanOutRun> & { clients: number; deaf: number })[];
  webcams: (ServiceRow<WebcamsRun> & { cameras: number })[];
  manyStreams: (ServiceRow<ManyStreamsRun> & { streams: number })[];
  startUp: (ServiceRow<number> & { streams: number })[];
  predict?: (ServiceRow<PredictRun> & { deadlineMs: number })[];
}

/** The comparison's tables. Figures are medians over the runs. */
export function serviceTables({ fanOut, webcams, manyStreams, startUp, predict = [] }: ServiceReport): ReportTable[] {
  const tables: ReportTable[] = [];
  if (fanOut.length > 0) tables.push(fanOutTable(fanOut));
  if (webcams.length > 0) tables.push(webcamsTable(webcams));
  if (manyStreams.length > 0) tables.push(manyStreamsTable(manyStreams));
  if (startUp.length > 0) tables.push(startUpTable(startUp));
  if (predict.length > 0) tables.push(steadyTable(predict), overloadTable(predict));
  return tables;
}

function fanOutTable(rows: ServiceReport["fanOut"]): ReportTable {
  const columns = ["results", "p50", "p95", "p99", "max", "missing", "dropped for these", "cores", "PSS MB", "MB more"];
  return {
    title:
      "Service: one stream at 10 results a second to many SSE clients, delivery in ms (aim: p99 ≤ 100, none missing)",
    head: ["service", "clients", "of them not reading", ...columns, "runs (p99 of each)"],
    rows: rows.map(({ label, clients, deaf, runs, failures }) => {
      const p = middleOf(runs);
      return [
        label,
        String(clients),
        String(deaf),
        whole(p(({ published }) => published)),
        ...(["p50", "p95", "p99", "max"] as const).map((key) => fixed(p(({ delivery }) => delivery[key]))),
        // Of what all should have seen, the worst run counts.
        runs.length > 0 ? String(Math.max(...runs.map(({ missing }) => missing))) : "–",
        whole(p(({ dropped }) => dropped)),
        fixed(p(({ cores }) => cores), 2),
        whole(p(({ pssMb }) => pssMb)),
        whole(p(({ grownMb }) => grownMb)),
        each(runs.map(({ delivery }) => fixed(delivery.p99)), failures),
      ];
    }),
  };
}

function webcamsTable(rows: ServiceReport["webcams"]): ReportTable {
  const head = [
    "service",
    "webcams",
    "due/s",
    "sent/s",
    "results/s",
    "age p50",
    "age p95",
    "age p99",
    "to and fro p95",
  ];
  return {
    title: "Service: webcams at 640×480 and 5 fps over WebSocket, ms (aim: all accounted for, p95 age ≤ 1000)",
    head: [
      ...head,
      "fewest/most of one",
      "CPU ms a result",
      "decoded",
      "dropped",
      "unacc.",
      "PSS MB",
      "runs (p95 of each)",
    ],
    rows: rows.map(({ label, cameras, runs, failures }) => {
      const p = middleOf(runs);
      const seconds = (run: WebcamsRun) => run.due / (cameras * 5);
      const worst = (key: "fewest" | "most") => whole(p((run) => run[key]));
      return [
        label,
        String(cameras),
        fixed(p((run) => run.due / seconds(run))),
        fixed(p((run) => run.sent / seconds(run))),
        fixed(p((run) => run.results / seconds(run))),
        ...(["p50", "p95", "p99"] as const).map((key) => fixed(p(({ age }) => age[key]), 0)),
        fixed(p(({ roundTrip }) => roundTrip.p95), 0),
        `${worst("fewest")}/${worst("most")}`,
        fixed(p((run) => (run.cores * 1000) / (run.results / seconds(run)))),
        decodedOf(runs[0]?.frames),
        causes(runs[0]?.frames?.dropped),
        runs.every(({ frames }) => frames)
          ? String(Math.max(0, ...runs.map(({ frames }) => frames!.unaccounted)))
          : "not told",
        whole(p(({ pssMb }) => pssMb)),
        each(runs.map(({ age }) => fixed(age.p95, 0)), failures),
      ];
    }),
  };
}

function manyStreamsTable(rows: ServiceReport["manyStreams"]): ReportTable {
  return {
    title:
      "Service: as many 1 fps streams, and as many that cannot be reached (aim: those ≤ 0.02 cores, API p99 ≤ 50 ms)",
    head: [
      "service",
      "streams",
      "cores of the unreachable",
      "idle cores",
      "results/s",
      "API p50",
      "p95",
      "p99",
      "max",
      "PSS MB",
      "runs (p99 of each)",
    ],
    rows: rows.map(({ label, streams, runs, failures }) => {
      const p = middleOf(runs);
      return [
        label,
        `${streams} + ${streams}`,
        fixed(p(({ unreachableCores }) => unreachableCores), 3),
        fixed(p(({ idleCores }) => idleCores), 3),
        fixed(p(({ perSecond }) => perSecond)),
        ...(["p50", "p95", "p99", "max"] as const).map((key) => fixed(p(({ api }) => api[key]))),
        whole(p(({ pssMb }) => pssMb)),
        each(runs.map(({ api }) => fixed(api.p99)), failures),
      ];
    }),
  };
}

function startUpTable(rows: ServiceReport["startUp"]): ReportTable {
  return {
    title: "Service: start to ready with registered streams, ms (aim: ≤ 1500)",
    head: ["service", "streams", "median", "runs"],
    rows: rows.map(({ label, streams, runs, failures }) => [
      label,
      String(streams),
      whole(runs.length > 0 ? median(runs) : undefined),
      each(runs.map((ms) => whole(ms)), failures),
    ]),
  };
}

function steadyTable(rows: NonNullable<ServiceReport["predict"]>): ReportTable {
  return {
    title: "Service: JPEGs to /predict, a 5 ms model, as fast as they are answered (aim: ≥ 0.9 of the bare line)",
    head: ["service", "bare/s", "completed/s", "share", "by CPU", "p50", "p95", "p99", "cores", "runs (share of each)"],
    rows: rows.map(({ label, runs, failures }) => {
      const p = middleOf(runs);
      return [
        label,
        fixed(p(({ barePerSecond }) => barePerSecond)),
        fixed(p(({ steady }) => steady.perSecond)),
        fixed(p(({ share }) => share), 3),
        fixed(p(({ byCpu }) => byCpu), 3),
        ...(["p50", "p95", "p99"] as const).map((key) => fixed(p(({ steady }) => steady.latency[key]))),
        fixed(p(({ steady }) => steady.cores), 2),
        each(runs.map(({ share }) => fixed(share, 3)), failures),
      ];
    }),
  };
}

function overloadTable(rows: NonNullable<ServiceReport["predict"]>): ReportTable {
  const deadlines = [...new Set(rows.map(({ deadlineMs }) => `${deadlineMs} ms`))].join(", ");
  return {
    title: `Service: three times as many JPEGs as can be looked at (Weir's deadline: ${deadlines})`,
    head: ["service", "offered/s", "completed/s", "refused/s", "statuses", "p50", "p99", "max", "runs (p99 of each)"],
    rows: rows.map(({ label, runs, failures }) => {
      const p = middleOf(runs);
      return [
        label,
        fixed(p(({ overload }) => overload.offered), 0),
        fixed(p(({ overload }) => overload.perSecond)),
        fixed(p(({ overload }) => overload.refusedPerSecond)),
        Object.entries(runs[0]?.overload.statuses ?? {}).map(([status, count]) => `${count} × ${status}`).join(" ") ||
        "–",
        ...(["p50", "p99", "max"] as const).map((key) => fixed(p(({ overload }) => overload.latency[key]))),
        each(runs.map(({ overload }) => fixed(overload.latency.p99)), failures),
      ];
    }),
  };
}

/** The median over the runs of what a run says; undefined when one of them does not say it. */
function middleOf<R>(runs: readonly R[]): (read: (run: R) => number | undefined) => number | undefined {
  return (read) => {
    const values = runs.map(read);
    return values.length === 0 || values.includes(undefined) ? undefined : median(values as number[]);
  };
}

function fixed(value: number | undefined, digits = 1): string {
  return value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits);
}

function whole(value: number | undefined): string {
  return value === undefined ? "–" : String(round(value, 0));
}

function each(values: readonly string[], failures: readonly string[]): string {
  return [values.join(" "), ...new Set(failures)].filter(Boolean).join("; ") || "–";
}

function decodedOf(frames: WebcamsRun["frames"]): string {
  return frames ? `${frames.decoded} for ${frames.completed} results` : "not told";
}

function causes(dropped: Record<string, number> | undefined): string {
  if (!dropped) return "not told";
  return Object.entries(dropped).map(([cause, count]) => `${count} ${cause}`).join(" ") || "none";
}
