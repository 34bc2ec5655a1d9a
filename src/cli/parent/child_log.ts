import { realTimers, type Timers } from "../../../actors/timers.ts";
import { redactUrls } from "../../core/redact.ts";

/** What a {@link ChildLog} is told. */
export interface ChildLogOptions {
  /** Takes each line that is to be seen, without its line feed. */
  onLine(line: string): void;
  timers?: Timers;
}

const MESSAGE_CHARACTERS = 2000;
const WINDOW_MS = 1000;
/** Lines of one kind that pass in a window before the others are counted only. */
const EACH = 5;
/** Kinds of lines told apart in a window. */
const KINDS = 100;

interface Kind {
  passed: number;
  more: number;
  last: string;
}

/**
 * What a child writes to its standard error, as lines of the log. What is a line of the log already passes unchanged;
 * all else comes from native code, which knows nothing of logs or of secrets, and can be talkative.
 */
export class ChildLog implements Disposable {
  #onLine: (line: string) => void;
  #timers: Timers;
  #kinds = new Map<string, Kind>();
  #others = 0;
  #closeWindow: (() => void) | undefined;

  constructor({ onLine, timers = realTimers }: ChildLogOptions) {
    this.#onLine = onLine;
    this.#timers = timers;
  }

  /** Takes a line in; `cut` says that its end is missing. */
  push(line: string, { cut = false } = {}): void {
    if (!cut && isLogLine(line)) return this.#onLine(line);
    const text = presentable(line, cut);
    if (text === "") return;
    this.#closeWindow ??= this.#timers.after(WINDOW_MS, () => this.#summarise());
    const name = text.replace(/\b0x[0-9a-f]+|\d+/gi, "#");
    let kind = this.#kinds.get(name);
    if (!kind) {
      if (this.#kinds.size >= KINDS) {
        this.#others++;
        return;
      }
      this.#kinds.set(name, kind = { passed: 0, more: 0, last: "" });
    }
    if (kind.passed < EACH) {
      kind.passed++;
      this.#write(text);
    } else {
      kind.more++;
      kind.last = text;
    }
  }

  /** Tells what was only counted so far. */
  [Symbol.dispose](): void {
    this.#closeWindow?.();
    this.#summarise();
    this.#closeWindow?.();
    this.#closeWindow = undefined;
    this.#kinds.clear();
  }

  #summarise(): void {
    this.#closeWindow = undefined;
    for (const [name, kind] of this.#kinds) {
      if (kind.more === 0) {
        this.#kinds.delete(name);
        continue;
      }
      this.#write(`${kind.more} more like this in the last second: ${kind.last}`);
      // It goes on: from now on one line a second tells of it.
      kind.more = 0;
    }
    if (this.#others > 0) this.#write(`${this.#others} more lines of many other kinds in the last second`);
    this.#others = 0;
    if (this.#kinds.size > 0) this.#closeWindow = this.#timers.after(WINDOW_MS, () => this.#summarise());
  }

  #write(message: string): void {
    const msg = shortened(message);
    this.#onLine(JSON.stringify({ time: new Date().toISOString(), level: "warn", msg, source: "native" }));
  }
}

function isLogLine(line: string): boolean {
  if (!line.startsWith("{") || !line.endsWith("}")) return false;
  try {
    const { time, level, msg } = JSON.parse(line) as Record<string, unknown>;
    return [time, level, msg].every((value) => typeof value === "string");
  } catch {
    return false;
  }
}

// ONNX Runtime paints its lines, whoever reads them.
// deno-lint-ignore no-control-regex
const PAINT = /\x1b\[[\d;?]*[A-Za-z]/g;
const CREDENTIAL_HEADER = /\b((?:proxy-)?authorization|cookie)(\s*[:=]\s*).+/gi;

/** A line of native code as it may be seen. */
function presentable(line: string, cut: boolean): string {
  const bare = line.replace(PAINT, "");
  // Twice of what is shown is enough to redact; more would only take time.
  const whole = !cut && bare.length <= 2 * MESSAGE_CHARACTERS;
  // An address that is cut within its password has lost the "@" it would be known by.
  const safe = whole ? bare : bare.slice(0, 2 * MESSAGE_CHARACTERS).replace(/:\/\/[^\s"'<>]*$/, "://***");
  return shortened(redactUrls(safe).replace(CREDENTIAL_HEADER, "$1$2***").trim());
}

function shortened(text: string): string {
  return text.length <= MESSAGE_CHARACTERS ? text : `${text.slice(0, MESSAGE_CHARACTERS - 1)}…`;
}
