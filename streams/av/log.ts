import { AV_LOG_ERROR, AV_LOG_INFO, AV_LOG_QUIET, AV_LOG_WARNING } from "node-av/constants";
import type { AVLogLevel } from "node-av/constants";
import { Log } from "node-av/lib";
import { redactUrls } from "../../src/core/redact.ts";

/** How grave a native message is. */
export type NativeLogLevel = "error" | "warning" | "info";

/** One message of a native library, without credentials. */
export interface NativeLogEntry {
  level: NativeLogLevel;
  message: string;
  /** How many more of the same there were since the last report; 0 for a message on its own. */
  repeated: number;
}

/** What is caught and how it is summed up. */
export interface NativeLogOptions {
  /** The least grave level that is caught; default `error`. */
  level?: NativeLogLevel;
  /** Repetitions are reported once in so long. */
  summaryMs?: number;
}

const LEVELS: Record<NativeLogLevel, AVLogLevel> = { error: AV_LOG_ERROR, warning: AV_LOG_WARNING, info: AV_LOG_INFO };

/**
 * Keeps FFmpeg off descriptor 2, to which it writes by default, addresses and all. The setting is the process's own:
 * one that somebody else chose stays.
 */
export function quietNatives(): void {
  if (Log.getLevel() === AV_LOG_INFO) Log.setLevel(AV_LOG_QUIET);
}

/**
 * Catches what the native libraries of the whole process have to say. FFmpeg knows one catcher a process, and it dies
 * with the thread that set it: one long-lived thread calls this, once.
 */
export function captureNativeLogs(
  listener: (entry: NativeLogEntry) => void,
  options: NativeLogOptions = {},
): Disposable {
  const { level = "error", summaryMs = 1000 } = options;
  const summary = new LogSummary(listener, summaryMs);
  quietNatives();
  Log.setCallback((given, message) => summary.push(levelOf(given), redactUrls(message.trim())), {
    maxLevel: LEVELS[level],
  });
  return {
    [Symbol.dispose]() {
      Log.setCallback(null);
      summary[Symbol.dispose]();
    },
  };
}

function levelOf(level: AVLogLevel): NativeLogLevel {
  if (level <= AV_LOG_ERROR) return "error";
  return level <= AV_LOG_WARNING ? "warning" : "info";
}

// A camera that misbehaves in ever new words is summed up as one.
const MOST_KINDS = 64;

/** Lets the first message of a kind through and counts the rest, which it reports once an interval. */
export class LogSummary implements Disposable {
  #kinds = new Map<string, NativeLogEntry>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly listener: (entry: NativeLogEntry) => void, private readonly intervalMs: number) {}

  /** Folds one message in. */
  push(level: NativeLogLevel, message: string): void {
    if (message === "") return;
    // Numbers differ from frame to frame where the fault is the same.
    let kind = `${level} ${message.replace(/0x[0-9a-f]+|\d+/gi, "#")}`;
    if (!this.#kinds.has(kind) && this.#kinds.size >= MOST_KINDS) kind = level;
    const known = this.#kinds.get(kind);
    if (known) {
      known.repeated++;
      known.message = message;
    } else {
      this.#kinds.set(kind, { level, message, repeated: 0 });
      this.listener({ level, message, repeated: 0 });
    }
    this.#timer ??= setTimeout(() => this.flush(), this.intervalMs);
  }

  /** Reports what repeated, and forgets. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const entry of this.#kinds.values()) if (entry.repeated > 0) this.listener(entry);
    this.#kinds.clear();
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}
