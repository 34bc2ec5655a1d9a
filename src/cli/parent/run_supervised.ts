import { Backoff, type BackoffOptions } from "../../../actors/backoff.ts";
import { Budget } from "../../../actors/budget.ts";
import { settledInTime } from "../../core/settled_in_time.ts";
import { ChildLog } from "./child_log.ts";
import { type ChildEnd, ChildProcess } from "./child_process.ts";
import { EXIT } from "./exit_codes.ts";
import { LogOutlet } from "./log_outlet.ts";
import { StopRequest } from "./stop_request.ts";

/** How a program is kept running. */
export interface SupervisedOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /** Added to this process' environment. */
  env?: Record<string, string>;
  /** Takes the log, line by line. Default: it goes to standard error. */
  onLine?(line: string): void;
  /** Asks the program to stop, as SIGTERM does. */
  signal?: AbortSignal;
  /** Restarts allowed in `withinMs`; past them it is given up. Default 5. */
  maxRestarts?: number;
  /** Default 10 minutes. */
  withinMs?: number;
  /** Waits between a crash and the next start. Default up to half a second, growing up to 15. */
  backoff?: BackoffOptions;
  /** A life this long is a healthy one: waits begin small again. Default 1 minute. */
  healthyAfterMs?: number;
  /** How long it may take to stop before it is killed. Default 20 seconds. */
  stopWithinMs?: number;
}

const BACKOFF: BackoffOptions = { minMs: 100, initialMs: 500, maxMs: 15_000 };

/** How long a slow reader of the log is waited for at the end. */
const DRAIN_MS = 2000;

/**
 * Runs a program as a child and starts it again when it crashes, until it is done, asked to stop, or crashes too
 * often. Answers the exit code of its last life.
 */
export async function runSupervised(options: SupervisedOptions): Promise<number> {
  if (options.onLine) return await new Supervision(options, options.onLine).run();
  const outlet = new LogOutlet(Deno.stderr);
  const code = await new Supervision(options, (line) => outlet.push(line)).run();
  await settledInTime(outlet.drain(), DRAIN_MS);
  return code;
}

class Supervision {
  #child: ChildProcess | undefined;
  #stopping = new AbortController();
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #lives = 0;

  constructor(private readonly options: SupervisedOptions, private readonly onLine: (line: string) => void) {}

  async run(): Promise<number> {
    const { maxRestarts = 5, withinMs = 10 * 60_000, healthyAfterMs = 60_000, stopWithinMs = 20_000 } = this.options;
    const backoff = new Backoff(this.options.backoff ?? BACKOFF);
    const budget = new Budget({ restarts: maxRestarts, withinMs });
    using stop = new StopRequest({
      signal: this.options.signal,
      onFirst: (signal) => this.#stop(signal, stopWithinMs),
      onSecond: () => this.#kill("it was asked to stop twice"),
    });
    try {
      while (!stop.made) {
        const startedMs = performance.now();
        const end = await this.#live();
        if (stop.made || isFinal(end)) return end.code;
        const healthy = performance.now() - startedMs >= healthyAfterMs;
        if (healthy) backoff.reset();
        if (!budget.spend(performance.now())) {
          const often = maxRestarts === 1 ? "once" : `${maxRestarts} times`;
          this.#log("error", `Gave up: ${told(end)}, and it was started again ${often} in ${spoken(withinMs)} already`);
          return end.code;
        }
        // A fresh process is no cure for anything if it is wanted again at once.
        const waitMs = end.code === EXIT.restart && healthy ? 0 : backoff.next();
        const level = end.code === EXIT.restart ? "warn" : "error";
        this.#log(level, `Starting again in ${spoken(waitMs)}: ${told(end)}`);
        await pause(waitMs, this.#stopping.signal);
      }
      return EXIT.done;
    } finally {
      clearTimeout(this.#deadline);
    }
  }

  async #live(): Promise<ChildEnd> {
    using log = new ChildLog({ onLine: this.onLine });
    const { command, env = {} } = this.options;
    try {
      this.#child = new ChildProcess({ command, env, onLine: (text, cut) => log.push(text, { cut }) });
    } catch (error) {
      if (this.#lives === 0) throw error;
      // What could be started before may be again: the machine is short of something, or the program is being replaced.
      this.#log("error", (error as Error).message);
      return { code: 1, signal: null };
    }
    this.#lives++;
    const end = await this.#child.end;
    this.#child = undefined;
    return end;
  }

  #stop(signal: Deno.Signal, withinMs: number): void {
    this.#stopping.abort();
    this.#child?.stop(signal);
    this.#deadline = setTimeout(() => this.#kill(`it did not stop in ${spoken(withinMs)}`), withinMs);
  }

  #kill(why: string): void {
    if (!this.#child) return;
    this.#log("warn", `Killing the program: ${why}`);
    this.#child.kill();
  }

  #log(level: "warn" | "error", msg: string): void {
    this.onLine(JSON.stringify({ time: new Date().toISOString(), level, msg, source: "parent" }));
  }
}

function isFinal({ code, signal }: ChildEnd): boolean {
  return signal === null && (code === EXIT.done || code === EXIT.usage);
}

function told({ code, signal }: ChildEnd): string {
  if (signal !== null) return `the program was killed by ${signal}`;
  return code === EXIT.restart ? "the program asked for a fresh process" : `the program ended with code ${code}`;
}

function spoken(ms: number): string {
  return ms < 1000
    ? `${Math.round(ms)} ms`
    : ms < 120_000
    ? `${+(ms / 1000).toFixed(1)} s`
    : `${Math.round(ms / 60_000)} min`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
