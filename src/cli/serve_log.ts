import { LOG_LEVELS, type LogLevel, textLine } from "../telemetry/log_line.ts";

/** Writes a server's JSON log so that a person at a terminal can read it. */
export function readableLog(output: { writeSync(bytes: Uint8Array): number }): (line: string) => void {
  const encoder = new TextEncoder();
  return (line) => {
    try {
      output.writeSync(encoder.encode(`${readable(line, !Deno.noColor)}\n`));
    } catch { /* A terminal that is gone reads nothing. */ }
  };
}

/** One JSON line as text; what is none stays as it is. */
export function readable(line: string, colours: boolean): string {
  try {
    const { time, level, msg, ...fields } = JSON.parse(line);
    const atMs = Date.parse(time);
    if (!LOG_LEVELS.includes(level) || typeof msg !== "string" || Number.isNaN(atMs)) return line;
    return textLine({ atMs, level: level as LogLevel, msg, fields }, colours).trimEnd();
  } catch {
    return line;
  }
}
