import type { CaptureView } from "../../core/captures.ts";

/** What was kept of one stream on one day, newest first. */
export interface StreamOfDay {
  stream: string;
  captures: CaptureView[];
}

/** One day of the reader's own calendar. */
export interface CaptureDay {
  /** `2026-01-31`. */
  day: string;
  streams: StreamOfDay[];
}

/** Captures by day, newest first, and in a day by stream. */
export function byDay(captures: readonly CaptureView[]): CaptureDay[] {
  const days = Map.groupBy(captures, ({ at }) => dayOf(new Date(at)));
  return [...days].map(([day, ofDay]) => ({
    day,
    streams: [...Map.groupBy(ofDay, ({ stream }) => stream)]
      .map(([stream, captures]) => ({ stream, captures }))
      .toSorted((a, b) => a.stream.localeCompare(b.stream)),
  }));
}

/** The day of the reader's calendar that a moment is in. */
export function dayOf(moment: Date): string {
  const two = (part: number) => `${part}`.padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** Where a day of the reader's calendar begins and where the next one does; undefined for what is no day. */
export function boundsOf(day: string): { from: string; to: string } | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)?.map(Number) ?? [];
  if (year === undefined) return undefined;
  // Not every day has 24 hours.
  return {
    from: new Date(year, month - 1, date).toISOString(),
    to: new Date(year, month - 1, date + 1).toISOString(),
  };
}

/** A day in words: today, yesterday, or its date. */
export function dayText(day: string, now: Date): string {
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return "Yesterday";
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date).toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}
