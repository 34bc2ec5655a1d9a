import type { ReportTable } from "../bench_report.ts";
import type { Machine } from "../machine.ts";
import type { Ages } from "../statistics.ts";

/** Who is compared. */
export const ROWS = {
  weir: "Weir",
  opencv: "OpenCV + ONNX Runtime loop",
  latest: "the same with a reader thread and a latest-frame slot",
  legacy: "Roboflow InferencePipeline, legacy mode",
  auto: "Roboflow InferencePipeline, auto mode",
} as const;

/** One way to do it. */
export type PeerRow = keyof typeof ROWS;

/** A file, every frame. */
export interface ThroughputRow {
  model: string;
  row: PeerRow;
  /** Median over the rounds. */
  perSecond: number;
  cpuMsPerResult: number;
  rounds: number[];
  /** Share of detections in common with Weir; a row below the bar is void. */
  agreement: number;
  void: boolean;
}

/** Live cameras over RTSP. */
export interface LiveRow {
  model: string;
  row: PeerRow;
  load: number;
  cameras: number;
  fps: number;
  /** Medians over the rounds. */
  perSecond: number;
  age: Ages;
  /** How much older results get with every second. */
  trendMsPerSecond: number;
  rounds: number;
  /** Why a round gave nothing, where one did. */
  failures: string[];
  void: boolean;
}

/** Everything a comparison found. */
export interface PeersReport {
  machine: Machine;
  command: string;
  versions: Record<string, string>;
  labels: Record<string, string>;
  throughput: ThroughputRow[];
  live: LiveRow[];
}

/** The comparison's tables. */
export function peersTables({ throughput, live, labels }: PeersReport): ReportTable[] {
  return [
    {
      title: "Peers: a 720p file on each core, every frame",
      head: ["network", "row", "results/s", "× Weir", "CPU ms", "agreement", "rounds"],
      rows: throughput.map(({ model, row, perSecond, cpuMsPerResult, agreement, rounds, void: isVoid }) => {
        const weir = throughput.find((other) => other.model === model && other.row === "weir");
        return [
          labels[model] ?? model,
          ROWS[row],
          perSecond.toFixed(1),
          weir ? (perSecond / weir.perSecond).toFixed(2) : "–",
          cpuMsPerResult.toFixed(1),
          row === "weir" ? "–" : `${(agreement * 100).toFixed(0)} %${isVoid ? " VOID" : ""}`,
          rounds.map((rate) => rate.toFixed(1)).join(" "),
        ];
      }),
    },
    {
      title: "Peers: live 720p cameras over RTSP, age of results in ms",
      head: [
        "network",
        "load",
        "cameras",
        "fps each",
        "row",
        "results/s",
        "p50",
        "p95",
        "p99",
        "max",
        "trend ms/s",
        "notes",
      ],
      rows: live.map((cell) => [
        labels[cell.model] ?? cell.model,
        `${cell.load}×`,
        String(cell.cameras),
        cell.fps.toFixed(1),
        ROWS[cell.row],
        fixed(cell.perSecond, 1),
        ...[cell.age.p50, cell.age.p95, cell.age.p99, cell.age.max].map((ms) => fixed(ms, 0)),
        fixed(cell.trendMsPerSecond, 0),
        [cell.void && "VOID", ...cell.failures].filter(Boolean).join(", ") || "–",
      ]),
    },
  ];
}

/** A cell without a single good run has no figures; JSON makes `null` of them. */
function fixed(value: number | null, digits: number): string {
  return value !== null && Number.isFinite(value) ? value.toFixed(digits) : "–";
}
