import type { Plain } from "./log_fields.ts";

/** How important lines are, least first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One level out of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line, clean already. */
export interface LogLine {
  atMs: number;
  level: LogLevel;
  msg: string;
  fields: Record<string, Plain>;
}

const COLOURS: Record<LogLevel, string> = { debug: "90", info: "36", warn: "33", error: "31" };
const OWN = new Set(["time", "level", "msg"]);

/** A line as JSON; a field that is called as the line's own goes by a name with an underscore. */
export function jsonLine({ atMs, level, msg, fields }: LogLine): string {
  const line: Record<string, Plain> = { time: new Date(atMs).toISOString(), level, msg };
  for (const [key, value] of Object.entries(fields)) line[OWN.has(key) ? `${key}_` : key] = value;
  return JSON.stringify(line);
}

/** A line for people: `2026-01-31T12:00:00.123Z WARN  Cannot open rtsp://gate/ stream=gate`. */
export function textLine({ atMs, level, msg, fields }: LogLine, colours: boolean): string {
  const mark = level.toUpperCase().padEnd(5);
  const said = Object.entries(fields).map(([key, value]) => ` ${plainWord(key)}=${wordOf(value)}`).join("");
  const painted = (code: string, text: string) => colours && text ? `\x1b[${code}m${text}\x1b[0m` : text;
  const time = painted("90", new Date(atMs).toISOString());
  return `${time} ${painted(COLOURS[level], mark)} ${plainWord(msg, true)}${painted("90", said)}`;
}

function wordOf(value: Plain): string {
  return typeof value === "string" ? plainWord(value) : plainWord(JSON.stringify(value), true);
}

/** What comes from outside must not look like another line, nor paint the terminal. */
function plainWord(text: string, spaces = false): string {
  // deno-lint-ignore no-control-regex
  const odd = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
  return odd.test(text) || (!spaces && /[\s"=]|^$/.test(text))
    ? JSON.stringify(text).replace(
      /[\x7f-\x9f\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    : text;
}
