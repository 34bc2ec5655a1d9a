import { basename } from "node:path";
import { PARENT_VARIABLE } from "./leave_with_parent.ts";
import { LineSplitter } from "./line_splitter.ts";

/** What a {@link ChildProcess} is started with. */
export interface ChildProcessOptions {
  command: readonly string[];
  env: Record<string, string>;
  /** Takes what it writes to standard error, line by line. */
  onLine(text: string, cut: boolean): void;
}

/** How a child ended. */
export interface ChildEnd {
  /** 128 and the signal's number, if it was a signal. */
  code: number;
  signal: Deno.Signal | null;
}

/** How long what a dead child wrote may still take to arrive; a grandchild may hold the pipe open for ever. */
const LAST_WORDS_MS = 1000;

/** The child, its two pipes and its end. */
export class ChildProcess {
  /** Resolves once it is dead and all that it said has arrived. */
  readonly end: Promise<ChildEnd>;
  #process: Deno.ChildProcess;
  #stdin: WritableStreamDefaultWriter<Uint8Array>;

  constructor({ command: [program, ...args], env, onLine }: ChildProcessOptions) {
    try {
      this.#process = new Deno.Command(program, {
        args,
        env: { ...env, [PARENT_VARIABLE]: String(Deno.pid) },
        stdin: "piped",
        stdout: "inherit",
        stderr: "piped",
        // A session of its own: the terminal's Ctrl-C would otherwise reach it twice, from the terminal and from here.
        detached: Deno.build.os !== "windows",
      }).spawn();
    } catch (error) {
      throw new Error(`Cannot start ${basename(program)}: ${(error as Error).message}`, { cause: error });
    }
    this.#stdin = this.#process.stdin.getWriter();
    this.end = this.#live(new LineSplitter(onLine));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Asks it to stop. */
  stop(signal: Deno.Signal): void {
    // Windows knows no such request; the end of its standard input means the same.
    if (Deno.build.os === "windows") void this.#stdin.close().catch(() => {});
    else this.#signal(signal);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch { /* It is dead already. */ }
  }

  async #live(lines: LineSplitter): Promise<ChildEnd> {
    const reader = this.#process.stderr.getReader();
    const reading = (async () => {
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) lines.push(next.value);
      } catch { /* A pipe that breaks has ended, too. */ }
    })();
    const { code, signal } = await this.#process.status;
    await this.#stdin.close().catch(() => {});
    const timer = setTimeout(() => void reader.cancel().catch(() => {}), LAST_WORDS_MS);
    await reading;
    clearTimeout(timer);
    lines.end();
    return { code, signal };
  }
}
