import process from "node:process";

/** What one run of tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A tally, whether another run of the same tests could come to another one, and how long this one took. */
export interface GroupRun extends Tally {
  repeatable: boolean;
  seconds: number;
}

/** Longest a group may take before it counts as hung. */
const GROUP_TIMEOUT_MS = 20 * 60_000;
/** How long what a dead process said may still take to arrive. */
const LAST_WORDS_MS = 2000;
/** Reads a report in JUnit's format; a process that failed without naming a failed test counts as one failure. */
export function tally(report: string, exitCode: number): Tally {
  const count = (pattern: RegExp) => report.match(pattern)?.length ?? 0;
  const failed = count(/<(?:failure|error)\b/g);
  const skipped = count(/<skipped\b/g);
  const passed = count(/<testcase\b/g) - failed - skipped;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/** Runs a group; what it says is said when it is done, unless it is the only one. */
export async function runGroup(
  files: string[],
  options: string[],
  root: string,
  alone: boolean,
  write: (said: Uint8Array | string) => unknown = (said) => process.stdout.write(said),
): Promise<GroupRun> {
  const report = await Deno.makeTempFile({ prefix: "weir-tests-", suffix: ".xml" });
  const startedAtMs = performance.now();
  try {
    // Types are the business of `deno task check`, which sees every file at once.
    const args = [
      "test",
      "-A",
      "--no-check",
      "--trace-leaks",
      "--sanitize-ops",
      "--sanitize-resources",
      `--junit-path=${report}`,
      ...options.map((option) => option.replace("{group}", files[0].replaceAll("/", "+"))),
      ...files,
    ];
    const out = alone ? "inherit" : "piped";
    const child = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null", stdout: out, stderr: out })
      .spawn();
    const words = alone ? undefined : new LastWords([child.stdout, child.stderr]);
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, GROUP_TIMEOUT_MS);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    for (const bytes of await words?.all() ?? []) write(bytes);
    if (hung) write(`${files.join(" ")}: not done after ${GROUP_TIMEOUT_MS / 60_000} minutes\n`);
    else if (signal) write(`${files.join(" ")}: the process died of ${signal}\n`);
    const counts = tally(await Deno.readTextFile(report), code);
    const seconds = (performance.now() - startedAtMs) / 1000;
    return { ...counts, repeatable: counts.failed > 0 && !hung && !signal, seconds };
  } finally {
    await Deno.remove(report);
  }
}

/** What a process says, in the order in which it came. */
class LastWords {
  #said: Uint8Array[] = [];
  #readers: ReadableStreamDefaultReader<Uint8Array>[];
  #ended: Promise<unknown>;

  constructor(streams: ReadableStream<Uint8Array>[]) {
    this.#readers = streams.map((stream) => stream.getReader());
    this.#ended = Promise.all(this.#readers.map(async (reader) => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) this.#said.push(next.value);
    }));
  }

  /** All of it, once the process is dead. What it started may live on and hold its pipes open: that is not waited for. */
  async all(): Promise<Uint8Array[]> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_WORDS_MS);
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    for (const reader of this.#readers) await reader.cancel();
    return this.#said;
  }
}

/** A line of the test run's own. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
