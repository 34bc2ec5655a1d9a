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

async function runGroup(files: string[], options: string[], root: string): Promise<Tally> {
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
    const child = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null" }).spawn();
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, GROUP_TIMEOUT_MS);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    if (hung) say(`${files.join(" ")}: not done after ${GROUP_TIMEOUT_MS / 60_000} minutes`);
    else if (signal) say(`${files.join(" ")}: the process died of ${signal}`);
    return tally(await Deno.readTextFile(report), code);
  } finally {
    await Deno.remove(report);
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
  for (const group of groups(files)) {
    const { passed, failed, skipped } = await runGroup(group, options, root);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  if (total.skipped > 0) say(`${total.skipped} skipped for want of something on this machine; each says of what`);
  if (total.passed + total.failed === 0) {
    say("No test ran");
    total.failed = 1;
  }
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
