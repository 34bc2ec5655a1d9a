import { dirname, join, normalize, relative } from "node:path/posix";
import process from "node:process";

/** Where one file takes something from. */
export interface Import {
  specifier: string;
  line: number;
  /** Erased before anything runs. */
  typeOnly: boolean;
}

/** One breach of the layer table. */
export interface Breach {
  file: string;
  line: number;
  message: string;
}

/** What a file needs to be judged by. */
export interface SourceFile {
  /** Relative to the repository's root, with slashes. */
  path: string;
  text: string;
}

interface Layer {
  name: string;
  /** Path prefixes; the longest match of all layers decides. */
  paths: readonly string[];
  /** Layers it may take from, besides itself. */
  from: readonly string[];
  /** Layers it may take types from. */
  types?: readonly string[];
}

const DATA = ["core", "vision"];
const PLUGINS = ["scenes", "sources", "av", "models", "analyzers", "sinks"];
const PATH = [...DATA, ...PLUGINS, "streams"];

/** DESIGN.md's table: imports point one way. `app` composes everything; scripts and tests stand outside. */
const LAYERS: readonly Layer[] = [
  { name: "core", paths: ["src/core/"], from: [] },
  { name: "vision", paths: ["src/vision/"], from: ["core"] },
  { name: "av", paths: ["streams/av/"], from: DATA },
  { name: "scenes", paths: ["streams/scenes/"], from: DATA },
  { name: "sources", paths: ["streams/sources/"], from: [...DATA, "av", "scenes"] },
  { name: "models", paths: ["models/"], from: DATA },
  { name: "analyzers", paths: ["src/analyzers/"], from: DATA },
  { name: "sinks", paths: ["src/sinks/"], from: DATA },
  { name: "capture", paths: ["src/capture/"], from: [...DATA, "sinks"] },
  { name: "streams", paths: ["streams/"], from: [...DATA, ...PLUGINS] },
  { name: "config", paths: ["config/"], from: [...PATH, "capture"] },
  { name: "actors", paths: ["actors/"], from: [...PATH, "config"] },
  { name: "hub", paths: ["src/hub/"], from: ["core"] },
  { name: "store", paths: ["src/store/"], from: ["core"] },
  { name: "telemetry", paths: ["src/telemetry/"], from: ["core"] },
  { name: "api", paths: ["src/api/"], from: ["core", "hub", "store"], types: ["config"] },
  { name: "jobs", paths: ["src/jobs/"], from: ["core", "hub", "store"], types: ["config"] },
  { name: "cluster", paths: ["src/cluster/"], from: ["core", "hub", "store"], types: ["config"] },
  { name: "console", paths: ["src/console/"], from: ["core"] },
];

/** Packages that only one folder or file may import, by what the specifier begins with. */
const DRIVERS: readonly { package: string; home: string }[] = [
  { package: "node-av", home: "streams/av/" },
  { package: "onnxruntime-node", home: "models/onnx.ts" },
  { package: "preact", home: "src/console/" },
  { package: "@preact/signals", home: "src/console/" },
  { package: "uplot", home: "src/console/ui/plot.tsx" },
];

/** Files longer than this are asked why. Tests are lists of cases and may be as long as these need. */
export const MAX_LINES = 400;

/** Longer files that have a reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** Everything a file imports: static, dynamic, exported from, and by URL (workers, assets). */
export function importsOf(text: string): Import[] {
  const code = blankComments(text);
  const found: (Import & { index: number })[] = [];
  const add = (pattern: RegExp, typeOnly: (match: RegExpMatchArray) => boolean) => {
    for (const match of code.matchAll(pattern)) {
      const line = code.slice(0, match.index).split("\n").length;
      found.push({ specifier: match.groups!.specifier, line, typeOnly: typeOnly(match), index: match.index });
    }
  };
  const names = "(?<clause>[\\w$*\\s{},:.\\-]+?)";
  add(
    new RegExp(`^[ \\t]*(?:import|export)\\s+${names}\\s*\\bfrom\\s*["'](?<specifier>[^"'\\n]+)["']`, "gm"),
    isTypeOnly,
  );
  add(/^[ \t]*import\s*["'](?<specifier>[^"'\n]+)["']/gm, () => false);
  add(/\bimport\s*\(\s*["'`](?<specifier>[^"'`\n]+)["'`]/g, (match) => isTypeImport(code, match.index!));
  add(/\bnew\s+URL\s*\(\s*["'`](?<specifier>\.[^"'`\n]*)["'`]\s*,\s*import\.meta\.url/g, () => false);
  add(/\bimport\.meta\.resolve\s*\(\s*["'`](?<specifier>[^"'`\n]+)["'`]/g, () => false);
  return found.sort((a, b) => a.index - b.index).map(({ index: _, ...rest }) => rest);
}

/** Every breach among the files, in their order. */
export function breaches(files: readonly SourceFile[]): Breach[] {
  return files.flatMap((file) => [...fileBreaches(file), ...lengthBreach(file)]);
}

function fileBreaches({ path, text }: SourceFile): Breach[] {
  const layer = outside(path) ? undefined : layerOf(path);
  return importsOf(text).flatMap(({ specifier, line, typeOnly }) => {
    const breach = (message: string) => [{ file: path, line, message }];
    if (layer && !typeOnly && specifier === "rxjs") {
      return breach(
        "rxjs loads two hundred files into every thread that names it; take what you need: rxjs/internal/…",
      );
    }
    if (!specifier.startsWith(".")) return foreign(path, specifier, layer, breach);
    const target = normalize(join(dirname(path), specifier));
    if (target.startsWith("..")) return breach(`${specifier} leaves the repository`);
    if (!layer) return [];
    // Assets are data, whoever reads them.
    if (!/\.tsx?$/.test(target)) return [];
    if (isTest(target)) return breach(`${specifier} is a test`);
    const to = layerOf(target);
    if (!to) {
      const composes = layer.name === "app" && target.startsWith("scripts/bench/");
      return composes ? [] : breach(`${specifier} is in no layer (${target})`);
    }
    const allowed = to.name === layer.name || layer.from.includes(to.name) ||
      (typeOnly && (layer.types?.includes(to.name) ?? false));
    const takes = [...layer.from, ...(layer.types ?? []).map((name) => `${name} (types)`)].join(", ") || "nothing";
    return allowed
      ? []
      : breach(`${layer.name} must not import from ${to.name} (${specifier}); it may take from: ${takes}`);
  });
}

function foreign(path: string, specifier: string, layer: Layer | undefined, breach: (message: string) => Breach[]) {
  if (specifier.startsWith("node:")) {
    return layer?.name === "core" ? breach(`core imports nothing, so not ${specifier}`) : [];
  }
  if (/^(?:https?|jsr|data|file):/.test(specifier)) return breach(`${specifier}: every package is pinned in deno.json`);
  if (layer?.name === "core") return breach(`core imports nothing, so not ${specifier}`);
  const bare = specifier.replace(/^npm:/, "");
  const driver = DRIVERS.find((driver) =>
    bare === driver.package || /^[/@]/.test(bare.slice(driver.package.length)) &&
      bare.startsWith(driver.package)
  );
  if (driver && layer && !path.startsWith(driver.home)) {
    return breach(`${driver.package} is imported by ${driver.home} alone`);
  }
  return [];
}

function lengthBreach({ path, text }: SourceFile): Breach[] {
  const lines = text.split("\n").length - 1;
  if (lines <= MAX_LINES || isTest(path) || Object.hasOwn(LONG_FILES, path)) return [];
  return [{ file: path, line: MAX_LINES, message: `${lines} lines: split it, or list it with its reason` }];
}

function layerOf(path: string): Layer | undefined {
  let best: { layer: Layer; length: number } | undefined;
  for (const layer of [...LAYERS, APP]) {
    for (const prefix of layer.paths) {
      if (path.startsWith(prefix) && prefix.length > (best?.length ?? -1)) best = { layer, length: prefix.length };
    }
  }
  return best?.layer;
}

const APP: Layer = {
  name: "app",
  paths: [
    "src/app.ts",
    "src/main.ts",
    "src/loaded_models.ts",
    "src/model_pool.ts",
    "src/pooled_model.ts",
    "src/switchboard.ts",
    "src/service/",
    "src/cli/",
  ],
  from: LAYERS.map(({ name }) => name),
};

function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.startsWith("tests/");
}

function outside(path: string): boolean {
  return isTest(path) || path.startsWith("scripts/");
}

function isTypeOnly(match: RegExpMatchArray): boolean {
  const clause = match.groups!.clause.trim();
  if (/^type\b(?!\s*,)/.test(clause)) return true;
  const braced = /^\{(?<names>[\s\S]*)\}$/.exec(clause);
  const names = braced?.groups?.names.split(",").map((name) => name.trim()).filter(Boolean);
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith("type "));
}

/** `import("…").Name` in a type annotation is not a call; only a call is awaited, chained by `.then` or handed on. */
function isTypeImport(code: string, index: number): boolean {
  return /(?::|<|\||&|\bas|\btypeof|\btype\s+\w+\s*=)\s*$/.test(code.slice(Math.max(0, index - 80), index)) &&
    /^import\s*\([^)]*\)\s*\.\s*[A-Z]/.test(code.slice(index, index + 200));
}

/** The text with comments blanked out, lines kept, so that what they quote is not taken for an import. */
function blankComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g,
    (match, quoted) => quoted ?? match.replace(/[^\n]/g, " "),
  );
}

function* sourceFiles(root: string): Generator<SourceFile> {
  const skipped = new Set(["node_modules", "dist", "coverage", "out", ".venv"]);
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory, isFile } of entries) {
      if (name.startsWith(".") || skipped.has(name)) continue;
      const path = join(folder, name);
      if (isDirectory) folders.push(path);
      else if (isFile && /\.tsx?$/.test(name)) yield { path: relative(root, path), text: Deno.readTextFileSync(path) };
    }
  }
}

if (import.meta.main) {
  const files = [...sourceFiles(join(import.meta.dirname!, ".."))];
  const found = breaches(files);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  for (const { file, line, message } of found) say(`${file}:${line}: ${message}`);
  say(
    found.length === 0 ? `Layers hold in ${files.length} files` : `${found.length} breaches in ${files.length} files`,
  );
  Deno.exit(found.length === 0 ? 0 : 1);
}
