import { median, percentile, round, slope } from "./statistics.ts";

/** One result as main received it. */
export interface Seen {
  receivedAtMs: number;
  /** The number burned into its frame, read back from the pixels. */
  counter: number;
  seq: number;
  /** Age by the product's own account. */
  ageMs: number;
  decodeMs: number;
  /** From decoded to the start of the network's run, without the scaling. */
  queueMs: number;
  prepareMs: number;
  inferMs: number;
  /** Reading the network's output, and the counter. */
  postMs: number;
}

/** One result and its age by the clip's schedule. */
export type Aged = Omit<Seen, "counter" | "seq">;

/** Timers fire up to so much early; a frame that was sent then is no older for it. */
const EARLY_MS = 2;

/**
 * The age of each result, counted from the moment its frame was sent. Frame n is due at start + n / fps, whatever the
 * product says of itself: a source that lags behind its schedule makes results old instead of moving the schedule. What
 * is believed of the product is only that it sent a frame a moment before it was due.
 */
export function aged(
  results: readonly Seen[],
  { fps, clipFrames }: { fps: number; clipFrames: number },
): { results: Aged[]; wrongCounters: number } {
  const periodMs = 1000 / fps;
  // What most results say, so that one misread counter is a wrong counter and not a wrong schedule.
  const offset = percentile(results.map(({ seq, counter }) => modulo(seq - counter, clipFrames)), 0.5);
  const frameNumber = ({ seq }: Seen) => seq - offset;
  const arrivedAtMs = ({ receivedAtMs, ageMs }: Seen) => receivedAtMs - ageMs;
  const starts = results.map((result) => arrivedAtMs(result) - frameNumber(result) * periodMs);
  const earliest = starts.reduce((a, b) => Math.min(a, b), Infinity);
  // A frame is sent when it is due unless its timer fired early, so the true start is the latest one within that.
  const startMs = starts.filter((start) => start <= earliest + EARLY_MS).reduce((a, b) => Math.max(a, b), -Infinity);
  const sentAtMs = (result: Seen) => {
    const dueAtMs = startMs + frameNumber(result) * periodMs;
    return Math.min(dueAtMs, Math.max(dueAtMs - EARLY_MS, arrivedAtMs(result)));
  };
  return {
    wrongCounters: results.filter((result) => modulo(frameNumber(result), clipFrames) !== result.counter).length,
    results: results.map((result) => ({ ...result, ageMs: result.receivedAtMs - sentAtMs(result) })),
  };
}

/** Fewer results than this say nothing about a trend. */
const LEAST_RESULTS = 90;

/** Ages grow when the last third of the time is worse than the middle one by more than noise. */
export function trend(results: readonly Aged[]): { trendMsPerSecond: number; grows: boolean } {
  const sorted = results.toSorted((a, b) => a.receivedAtMs - b.receivedAtMs);
  const third = Math.floor(sorted.length / 3);
  const middle = median(sorted.slice(third, 2 * third).map(({ ageMs }) => ageMs));
  const last = median(sorted.slice(2 * third).map(({ ageMs }) => ageMs));
  const points = sorted.slice(third).map(({ receivedAtMs, ageMs }) => ({
    x: (receivedAtMs - sorted[0].receivedAtMs) / 1000,
    y: ageMs,
  }));
  return {
    trendMsPerSecond: round(slope(points), 3),
    grows: sorted.length >= LEAST_RESULTS && last > middle * 1.25 + 10,
  };
}

/** The remainder that is never negative. */
export function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
