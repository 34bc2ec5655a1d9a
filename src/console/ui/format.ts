/** Milliseconds as people read them: `0.8`, `48`, `1,240`. */
export function msText(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en");
}

/** A rate: `0.5`, `9.8`, `25`. */
export function rateText(rate: number): string {
  return rate < 9.95 ? rate.toFixed(1) : `${Math.round(rate)}`;
}

/** A count with separators. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString("en");
}

/** Bytes in the unit that leaves few digits, by thousands. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(
    units.length - 1,
    bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3),
  );
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A length of time in its two largest units: `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map((
    [count, unit],
  ) => `${count} ${unit}`).join(
    " ",
  );
}

/** When something happened: today the time alone, else with its day. */
export function momentText(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs), new Date(nowMs)];
  return at.toDateString() === now.toDateString() ? timeText(atMs) : at.toLocaleString("en-GB");
}

/** The time of day, to the second. */
export function timeText(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}
