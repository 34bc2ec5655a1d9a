import { basename } from "node:path";
import type { SupervisorSnapshot } from "../../actors/supervisor.ts";
import type { ReplicaStats } from "../../actors/protocol.ts";
import type { Port } from "../../models/graph_info.ts";
import type { Examination } from "../../models/manifest.ts";
import { distributionOf } from "../core/distribution.ts";
import type { ModelPort, ModelState } from "../core/services.ts";
import type { Distribution } from "../core/stream.ts";

const SHOWN_LABELS = 20;

/** What a model is, for people. */
export function about({ spec, graph, why }: Pick<Examination, "spec" | "graph" | "why">) {
  const { task, adapter, file, sha256, licence, version, input, labels, minScore, iou, maxDetections } = spec;
  return {
    task,
    adapter,
    why,
    file: basename(file),
    bytes: graph.sizeBytes,
    sha256,
    ...(licence !== undefined && { licence }),
    ...(version !== undefined && { version }),
    input,
    inputs: graph.inputs.map(portOf),
    outputs: graph.outputs.map(portOf),
    labels: { count: labels.length, first: labels.slice(0, SHOWN_LABELS) },
    minScore,
    iou,
    maxDetections,
  };
}

/** An input or output, for people. */
export function portOf({ name, kind, type, dims }: Port): ModelPort {
  return { name, type: kind === "tensor" ? type : kind, ...(dims && { shape: dims }) };
}

/** What all copies of a model have done together. */
export function sums(stats: readonly ReplicaStats[]): { runs: number; frames: number; failures: number } {
  const sum = (key: "runs" | "frames" | "failures") => stats.reduce((total, replica) => total + replica[key], 0);
  return { runs: sum("runs"), frames: sum("frames"), failures: sum("failures") };
}

/** What the latest runs of all copies took, milliseconds. */
export function timesOf(stats: readonly ReplicaStats[]): Distribution {
  return distributionOf(Float64Array.from(stats.flatMap(({ recentMs }) => [...recentMs])), sums(stats).runs);
}

/** Copies by state. */
export function byState({ children }: SupervisorSnapshot): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of children) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What a model's copies make of its state. */
export function stateOf({ state, children }: SupervisorSnapshot): ModelState {
  if (state === "failed" || children.every((child) => child.state === "failed")) return "failed";
  if (children.every((child) => child.state === "running")) return "ready";
  return children.some((child) => child.state === "running" || child.restarts > 0) && state !== "starting"
    ? "failing"
    : "loading";
}

/** Why a model is in that state. */
export function causeOf({ cause, children }: SupervisorSnapshot): string | undefined {
  return cause?.message ?? children.find((child) => child.cause)?.cause?.message;
}
