import { LineQueue } from "./line_queue.ts";
import { cleanFields, cleanText, type LogFields, type Plain } from "./log_fields.ts";
import { jsonLine, LOG_LEVELS, type LogLevel, type LogLine, textLine } from "./log_line.ts";
import { Repeats } from "./repeats.ts";

/** Where a {@link Log} writes to. */
export interface LogOutput {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** How a {@link Log} writes. */
export interface LogOptions {
  /** Least important lines that are written. Default `info`. */
  level?: LogLevel;
  /** `auto` is text on a terminal, else JSON. Default `auto`. */
  format?: "auto" | "json" | "text";
  /** Default standard error. */
  output?: LogOutput;
  /** Unix milliseconds. */
  now?: () => number;
  /** For how long lines that repeat are gathered. Default 10 s. */
  repeatMs?: number;
  /** Lines that may wait for a slow reader. Default 1000. */
  capacity?: number;
}

const KINDS_MAX = 256;
const DRAIN_MS = 1000;

/**
 * What the program says to those who run it, one line each. It never throws, never waits for a slow reader, never prints
 * a secret, and says what repeats (same message, same stream) once and then how often.
 */
export class Log implements AsyncDisposable {
  #least: number;
  #write: (line: LogLine) => string;
  #now: () => number;
  #queue: LineQueue;
  #repeats: Repeats<LogLine>;

  constructor(options: LogOptions = {}) {
    const { level = "info", format = "auto", output = Deno.stderr, capacity = 1000, repeatMs = 10_000 } = options;
    const terminal = output.isTerminal();
    const text = format === "text" || (format === "auto" && terminal);
    this.#least = LOG_LEVELS.indexOf(level);
    this.#write = text ? (line) => textLine(line, terminal && !Deno.noColor) : jsonLine;
    this.#now = options.now ?? Date.now;
    this.#queue = new LineQueue(output, {
      capacity,
      lost: (count) =>
        this.#write(this.#line("warn", "Log lines were lost: they are read too slowly", { lost: count })),
    });
    this.#repeats = new Repeats({
      windowMs: repeatMs,
      bound: KINDS_MAX,
      now: this.#now,
      summarise: ({ level, msg, fields }, repeated, overMs) => {
        const often = `${msg} (${repeated} more in the last ${Math.max(1, Math.round(overMs / 1000))} s)`;
        this.#queue.push(this.#write(this.#line(level, often, { ...fields, repeated })));
      },
    });
  }

  /** Lines lost to a reader that was too slow, or gone. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** From here on these are the least important lines that are written. */
  set level(level: LogLevel) {
    this.#least = LOG_LEVELS.indexOf(level);
  }

  /** Whether lines of this level are written; what is costly to say can be left out. */
  says(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#least;
  }

  /** For whoever looks for a fault. */
  debug(msg: string, fields?: LogFields): void {
    this.#say("debug", msg, fields);
  }

  /** What went as it should and is worth knowing. */
  info(msg: string, fields?: LogFields): void {
    this.#say("info", msg, fields);
  }

  /** What went wrong and was coped with. */
  warn(msg: string, fields?: LogFields): void {
    this.#say("warn", msg, fields);
  }

  /** What went wrong and needs somebody. */
  error(msg: string, fields?: LogFields): void {
    this.#say("error", msg, fields);
  }

  /** Figures, at level `info`: each line differs though its message does not, so none is summarised. */
  report(msg: string, fields: LogFields): void {
    if (this.says("info")) this.#queue.push(this.#write(this.#clean("info", msg, fields)));
  }

  /** Writes what still waits, as far as somebody reads it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#repeats[Symbol.dispose]();
    await this.#queue.drain(DRAIN_MS);
  }

  #say(level: LogLevel, msg: string, fields: LogFields = {}): void {
    if (!this.says(level)) return;
    const line = this.#clean(level, msg, fields);
    const stream = typeof line.fields.stream === "string" ? line.fields.stream : "";
    if (this.#repeats.push(`${level}\n${stream}\n${line.msg}`, line)) this.#queue.push(this.#write(line));
  }

  #clean(level: LogLevel, msg: string, fields: LogFields): LogLine {
    try {
      return this.#line(level, cleanText(String(msg)), cleanFields(fields));
    } catch {
      // A getter that throws is no reason to lose the line, nor the caller.
      return this.#line(level, cleanText(String(msg)), { fields: "cannot be read" });
    }
  }

  #line(level: LogLevel, msg: string, fields: Record<string, Plain>): LogLine {
    return { atMs: this.#now(), level, msg, fields };
  }
}
