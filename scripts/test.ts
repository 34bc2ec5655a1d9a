import { join, relative } from "node:path/posix";
import { type GroupRun, runGroup, say, type Tally } from "./test_group.ts";

/** Tests of pages in a real browser. */
const PAGES = /^tests\/integration\/console_/;
/** Groups under way at once where there are cores for it: most of what they do is to wait. */
const LANES = Math.min(2, navigator.hardwareConcurrency);
/** Of how many groups it is said how long they took. */
const SHOWN_LONGEST = 12;
/** How often the machine may be to blame: more groups than these fail for a reason of their own. */
const MOST_REPEATED = 4;

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

function* testFiles(folder: string, root: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name.startsWith(".") || ["node_modules", "dist", "coverage", "out"].includes(name)) continue;
    const path = join(folder, name);
    if (isDirectory) yield* testFiles(path, root);
    else if (name.endsWith("_test.ts")) yield relative(root, path);
  }
}

/**
 * Runs what the arguments name (files or folders, default all; options go to `deno test`, `{group}` in them stands for
 * a name that each process has for itself), answers the exit code. A group that fails is run once more when nothing else
 * runs, and named: a machine too busy for a test is no failure of Weir's, but a test that minds is to be mended.
 */
async function main(args: string[]): Promise<number> {
  const root = join(import.meta.dirname!, "..");
  const wanted = args.filter((arg) => !arg.startsWith("-")).map((arg) => relative(root, join(Deno.cwd(), arg)));
  const options = args.filter((arg) => arg.startsWith("-"));
  const within = (file: string) => wanted.some((path) => path === "" || file === path || file.startsWith(`${path}/`));
  const all = groups([...testFiles(root, root)].filter((file) => wanted.length === 0 || within(file)));
  const alone = all.length < 2 || LANES < 2;
  // What a page shows, and when, is for a browser that has the machine to itself.
  const pages = all.filter(([file]) => PAGES.test(file));
  const waiting = all.filter((group) => !pages.includes(group));
  const ran = new Map<string[], GroupRun>();
  const lane = async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      ran.set(group, await runGroup(group, options, root, alone));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  waiting.push(...pages);
  await lane();
  const failed = [...ran].filter(([, { repeatable }]) => repeatable).map(([group]) => group);
  if (all.length > 1 && failed.length <= MOST_REPEATED) {
    for (const group of failed) {
      say(`once more, with nothing beside it: ${group.join(" ")}`);
      const second = await runGroup(group, options, root, true);
      if (second.failed === 0) say(`failed by chance, to be mended: ${group.join(" ")}`);
      ran.set(group, second);
    }
  }
  sayLongest(ran);
  return conclude([...ran.values()]);
}

/** Where the time of a run goes. */
function sayLongest(ran: ReadonlyMap<readonly string[], GroupRun>): void {
  if (ran.size <= SHOWN_LONGEST) return;
  const longest = [...ran].sort(([, a], [, b]) => b.seconds - a.seconds).slice(0, SHOWN_LONGEST);
  const name = ([first, ...more]: readonly string[]) => more.length === 0 ? first : `${first.split("/")[0]}/`;
  say(`Longest: ${longest.map(([group, { seconds }]) => `${name(group)} ${seconds.toFixed(0)} s`).join(", ")}`);
}

/** Says what all of it came to, answers the exit code. */
function conclude(runs: readonly Tally[]): number {
  const sum = (key: keyof Tally) => runs.reduce((total, tally) => total + tally[key], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  if (skipped > 0) say(`${skipped} skipped for want of something on this machine; each says of what`);
  const none = passed + failed === 0;
  if (none) say("No test ran");
  say(`${passed} passed, ${none ? 1 : failed} failed`);
  return none || failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
