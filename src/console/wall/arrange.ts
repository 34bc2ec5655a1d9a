import type { StreamView } from "../../core/services.ts";
import type { StreamState } from "../../core/stream.ts";

/** What needs somebody's eye comes first. */
const RANK: Record<StreamState, number> = {
  failed: 0,
  stalled: 1,
  backoff: 2,
  connecting: 4,
  running: 4,
  paused: 5,
  stopping: 6,
  stopped: 6,
};

/** Streams under one heading. */
export interface Group {
  /** Undefined when nothing is grouped. */
  name?: string;
  streams: StreamView[];
}

/** How the wall is arranged. */
export interface Arrangement {
  search: string;
  /** The label whose values make the groups. */
  groupBy?: string | undefined;
}

/** Whether a stream wants attention. */
export function inTrouble(view: StreamView): boolean {
  return rankOf(view) < RANK.connecting;
}

/** The streams that were searched for, in groups, those in trouble first. */
export function arranged(
  streams: readonly StreamView[],
  { search, groupBy }: Arrangement,
): Group[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = streams.filter((view) => words.every((word) => textOf(view).includes(word)));
  const sorted = found.toSorted((a, b) => rankOf(a) - rankOf(b) || a.id.localeCompare(b.id, "en", { numeric: true }));
  if (groupBy === undefined) {
    return sorted.length > 0 ? [{ streams: sorted }] : [];
  }
  const groups = Map.groupBy(
    sorted,
    ({ registration }) => registration.labels[groupBy],
  );
  return [...groups].toSorted(([a], [b]) => compareNames(a, b))
    .map(([value, streams]) => ({
      name: value === undefined ? `no ${groupBy}` : value,
      streams,
    }));
}

/** The labels that streams have, for grouping by them. */
export function labelKeys(streams: readonly StreamView[]): string[] {
  return [
    ...new Set(
      streams.flatMap(({ registration }) => Object.keys(registration.labels)),
    ),
  ].sort();
}

/** Moved from one thread to another is no trouble: it takes a moment. */
function rankOf({ status }: StreamView): number {
  if (!status) return RANK.connecting;
  // Between two waits it is tried once more: it stays where it was, or the wall would never rest.
  return status.state === "connecting" && status.cause ? RANK.backoff : RANK[status.state];
}

function textOf({ id, address, registration, status }: StreamView): string {
  const labels = Object.entries(registration.labels).map(([key, value]) => `${key}=${value}`);
  const steps = registration.pipeline.map((step) => "model" in step ? step.model : step.analyzer);
  return [id, address, status?.state, ...labels, ...steps].join(" ")
    .toLowerCase();
}

/** Those without the label come last. */
function compareNames(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  return a.localeCompare(b, "en", { numeric: true });
}
