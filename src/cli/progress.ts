import { DROP_CAUSES } from "../core/drops.ts";
import type { StreamStatus } from "../core/stream.ts";
import { fitLine, type Piece } from "./fit_line.ts";
import { formatCounts, formatDuration, formatMs } from "./format.ts";

const NAME_MAX = 24;

/** How far a run has come. */
export interface Progress {
  /** From 0 to 1. */
  share: number;
  /** What is left at the pace so far; undefined while nothing can be said. */
  remainingMs?: number;
}

/** How far a stream is by its own length or by the time it was given, whichever ends it first; undefined without an end. */
export function progressOf(
  status: StreamStatus,
  { elapsedMs, durationMs, loop, lastPts }: {
    elapsedMs: number;
    durationMs?: number;
    loop?: boolean;
    lastPts?: number;
  },
): Progress | undefined {
  const { properties, frames } = status;
  const shares: number[] = [];
  if (durationMs !== undefined) shares.push(elapsedMs / durationMs);
  if (properties && !loop) {
    if (properties.frames) shares.push(frames.received / properties.frames);
    else if (properties.durationMs && lastPts !== undefined) shares.push((lastPts * 1000) / properties.durationMs);
  }
  if (shares.length === 0) return undefined;
  const share = Math.min(1, Math.max(0, ...shares));
  return { share, ...(share > 0.001 && { remainingMs: (elapsedMs * (1 - share)) / share }) };
}

/** `[#####-----]  50%  ETA 12s`. */
export function progressBar({ share, remainingMs }: Progress, width = 24): string {
  const filled = Math.round(share * width);
  const bar = "#".repeat(filled) + "-".repeat(width - filled);
  const eta = remainingMs === undefined ? "" : `  ETA ${formatDuration(remainingMs)}`;
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)}%${eta}`;
}

/** A progress bar for a line: short where there is little room. */
export function progressPiece(progress: Progress): Piece {
  return [24, 12, 6].map((width) => progressBar(progress, width));
}

/** One stream in one line of at most so many columns, for somebody who watches. */
export function statusLine(status: StreamStatus, progress?: Progress, columns = Infinity): string {
  const { id, state, cause, frames, fpsIn, fpsOut, age, timings } = status;
  const name = id.length > NAME_MAX ? `${id.slice(0, NAME_MAX - 1)}…` : id;
  const pieces: Piece[] = [[`${name}  ${state}${cause && state !== "running" ? ` (${cause.message})` : ""}`]];
  if (progress) pieces.push(progressPiece(progress));
  if (frames.received > 0) {
    pieces.push([`${fpsIn.toFixed(1)} fps in, ${fpsOut.toFixed(1)} out`, `${fpsOut.toFixed(1)} fps`]);
    if (age.count > 0) {
      pieces.push([`age ${formatMs(age.p50)} p50, ${formatMs(age.p95)} p95`, `age ${formatMs(age.p50)}`]);
    }
    const dropped = formatCounts(frames.dropped);
    const all = DROP_CAUSES.reduce((sum, name) => sum + frames.dropped[name], 0);
    if (dropped !== "none") pieces.push([`dropped ${dropped}`, `dropped ${all}`]);
    if (timings.inferMs.count > 0) pieces.push([`model ${formatMs(timings.inferMs.p50)}`]);
  }
  return fitLine(pieces, columns);
}
