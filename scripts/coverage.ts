import { stop, transform } from "esbuild";
import { join, relative } from "node:path/posix";
import process from "node:process";

/** Lines of a file, or of several. */
export interface Lines {
  found: number;
  hit: number;
}

/** The share of lines that tests must reach. */
const WANTED = 0.8;

/** What is not ours to test line by line: tests and tools, and the page, which real browsers go through. */
const LEFT_OUT = /(?:^|\/)(?:tests|scripts|examples|node_modules|src\/console)\/|_test\.tsx?$/;

/** Reads a report in lcov's format: lines by file, relative to the root. */
export function linesByFile(lcov: string, root: string): Map<string, Lines> {
  const files = new Map<string, Lines>();
  let file = "";
  for (const line of lcov.split("\n")) {
    const [key, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
    if (key === "SF") file = value.startsWith(root) ? value.slice(root.length).replace(/^\//, "") : value;
    if (LEFT_OUT.test(file) || file.startsWith("/")) continue;
    const lines = files.get(file) ?? { found: 0, hit: 0 };
    if (key === "LF") files.set(file, { ...lines, found: lines.found + Number(value) });
    if (key === "LH") files.set(file, { ...lines, hit: lines.hit + Number(value) });
  }
  return files;
}

/** What is shipped: the folders of the program, and what lies in them. */
const SHIPPED = ["actors", "config", "models", "src", "streams"];

function* sources(folder: string, root: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path, root);
    else if (/\.tsx?$/.test(name) && !LEFT_OUT.test(relative(root, path))) yield relative(root, path);
  }
}

/** Files that no test has loaded: a report knows nothing of them. Their lines count as not reached; types are none. */
export async function unloaded(files: ReadonlyMap<string, Lines>, root: string): Promise<Map<string, Lines>> {
  const left = new Map<string, Lines>();
  for (const file of SHIPPED.flatMap((folder) => [...sources(join(root, folder), root)])) {
    if (files.has(file)) continue;
    const { code } = await transform(await Deno.readTextFile(join(root, file)), { loader: "ts" });
    const found = code.split("\n").filter((line) => line.trim() !== "").length;
    if (found > 0) left.set(file, { found, hit: 0 });
  }
  await stop();
  return left;
}

/** All lines, and those of each part of the program. */
export function totals(files: ReadonlyMap<string, Lines>): { all: Lines; parts: Map<string, Lines> } {
  const all: Lines = { found: 0, hit: 0 };
  const parts = new Map<string, Lines>();
  for (const [file, { found, hit }] of files) {
    const part = /^(?:src\/[^/]+(?=\/)|[^/]+)/.exec(file)![0];
    const before = parts.get(part) ?? { found: 0, hit: 0 };
    parts.set(part, { found: before.found + found, hit: before.hit + hit });
    all.found += found;
    all.hit += hit;
  }
  return { all, parts: new Map([...parts].sort(([a], [b]) => a < b ? -1 : 1)) };
}

const share = ({ found, hit }: Lines) => found === 0 ? 1 : hit / found;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function deno(...args: string[]): Promise<boolean> {
  return (await new Deno.Command(Deno.execPath(), { args }).spawn().status).success;
}

/** A process that was killed may have left a file that ends in its midst, and the whole report would fail for it. */
function dropHalfWritten(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    using file = Deno.openSync(join(folder, name));
    const last = new Uint8Array(1);
    if (file.statSync().size > 0) file.seekSync(-1, Deno.SeekMode.End);
    if (file.readSync(last) !== 1 || last[0] !== "}".charCodeAt(0)) Deno.removeSync(join(folder, name));
  }
}

/**
 * Runs the tests that the arguments name, default all, and tells what share of lines they reach; with `--add` together
 * with those that ran before.
 */
async function main(words: string[]): Promise<number> {
  const args = words.filter((word) => word !== "--add");
  const root = join(import.meta.dirname!, "..");
  const folder = join(root, "coverage");
  if (args.length === words.length) await Deno.remove(folder, { recursive: true }).catch(() => {});
  // A process begins by emptying its folder.
  const collect = [`--coverage=${join(folder, "{group}")}`, "--coverage-raw-data-only"];
  // What tests start, such as servers and the command line, inherits the folder and tells what it reached, too.
  const passed = await deno("run", "-A", join(root, "scripts", "test.ts"), ...collect, ...args);
  const report = join(folder, "lcov.info");
  const collected = [...Deno.readDirSync(folder)].filter((one) => one.isDirectory).map(({ name }) =>
    join(folder, name)
  );
  for (const folder of collected) dropHalfWritten(folder);
  if (!await deno("coverage", ...collected, "--lcov", `--output=${report}`, "--quiet")) return 1;
  const loaded = linesByFile(await Deno.readTextFile(report), root);
  const left = await unloaded(loaded, root);
  const { all, parts } = totals(new Map([...loaded, ...left]));
  for (const [part, lines] of parts) {
    say(`${`${(share(lines) * 100).toFixed(1)} %`.padStart(8)}  ${part} (${lines.hit} of ${lines.found})`);
  }
  if (left.size > 0) say(`No test loads ${[...left.keys()].join(", ")}`);
  say(`${(share(all) * 100).toFixed(1)} % of ${all.found} lines are reached; ${WANTED * 100} % are wanted`);
  return passed && (args.length > 0 || share(all) >= WANTED) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
