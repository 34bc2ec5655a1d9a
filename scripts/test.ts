import { join, relative } from "node:path/posix";
import process from "node:process";

/** What one run of tests came to. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Longest a group may take before it counts as hung. */
const GROUP_TIMEOUT_MS = 20 * 60_000;
/** Tests of pages in a real browser. */
const PAGES = /^tests\/integration\/console_/;
/** How long what a dead process said may still take to arrive. */
const LAST_WORDS_MS = 2000;
/** Groups under way at once where there are cores for it: most of what they do is to wait. */
const LANES = Math.min(2, navigator.hardwareConcurrency);

/**
 * Which test files run together. Native code shares its process' fate, so every folder of unit tests and every
 * integration test has a process of its own: one crash is one failure, and what it names is near the cause.
 */
export function groups(files: readonly string[]): string[][] {
  const byGroup = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    const key = file.startsWith("tests/") ? file : file.split("/")[0];
    byGroup.set(key, [...byGroup.get(key) ?? [], file]);
  }
  const last = (key: string) => key.startsWith("tests/") ? 1 : 0;
  return [...byGroup].sort(([a], [b]) => last(a) - last(b)).map(([, group]) => group);
}

/** Reads a report in JUnit's format; a process that failed without naming a failed test counts as one failure. */
export function tally(report: string, exitCode: number): Tally {
  const count = (pattern: RegExp) => report.match(pattern)?.length ?? 0;
  const failed = count(/<(?:failure|error)\b/g);
  const skipped = count(/<skipped\b/g);
  const passed = count(/<testcase\b/g) - failed - skipped;
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

function* testFiles(folder: string, root: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name.startsWith(".") || ["node_modules", "dist", "coverage", "out"].includes(name)) continue;
    const path = join(folder, name);
    if (isDirectory) yield* testFiles(path, root);
    else if (name.endsWith("_test.ts")) yield relative(root, path);
  }
}

/** Runs a group; what it says is said when it is done, unless it is the only one. */
async function runGroup(files: string[], options: string[], root: string, alone: boolean): Promise<Tally> {
  const report = await Deno.makeTempFile({ prefix: "weir-tests-", suffix: ".xml" });
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
    for (const bytes of await words?.all() ?? []) process.stdout.write(bytes);
    if (hung) say(`${files.join(" ")}: not done after ${GROUP_TIMEOUT_MS / 60_000} minutes`);
    else if (signal) say(`${files.join(" ")}: the process died of ${signal}`);
    return tally(await Deno.readTextFile(report), code);
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

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs what the arguments name (files or folders, default all; options go to `deno test`, `{group}` in them stands for
 * a name that each process has for itself), answers the exit code.
 */
async function main(args: string[]): Promise<number> {
  const root = join(import.meta.dirname!, "..");
  const wanted = args.filter((arg) => !arg.startsWith("-")).map((arg) => relative(root, join(Deno.cwd(), arg)));
  const options = args.filter((arg) => arg.startsWith("-"));
  const within = (file: string) => wanted.some((path) => path === "" || file === path || file.startsWith(`${path}/`));
  const files = [...testFiles(root, root)].filter((file) => wanted.length === 0 || within(file));
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  const all = groups(files);
  const alone = all.length < 2 || LANES < 2;
  // What a page shows, and when, is for a browser that has the machine to itself.
  const pages = all.filter(([file]) => PAGES.test(file));
  const waiting = all.filter((group) => !pages.includes(group));
  const lane = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const { passed, failed, skipped } = await runGroup(group, options, root, alone);
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  waiting.push(...pages);
  await lane();
  if (total.skipped > 0) say(`${total.skipped} skipped for want of something on this machine; each says of what`);
  if (total.passed + total.failed === 0) {
    say("No test ran");
    total.failed = 1;
  }
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
