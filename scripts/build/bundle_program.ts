import { build, type OnLoadArgs, type OnLoadResult, type Plugin, stop } from "esbuild";
import { basename, dirname, extname, join, relative, resolve } from "node:path";

/** The program as it is shipped. */
export interface ProgramBundle {
  /** By path below the program's folder. */
  files: Map<string, Uint8Array>;
  /** Folders of the packages whose code is in it, below the repository. */
  packageFolders: string[];
}

/** What the program is bundled with. */
export interface BundleOptions {
  /** The repository. */
  root: string;
  /** Told by `weir version`. */
  commit: string;
}

/** Packages that stay as they are: what loads a native library finds it beside itself. */
export const UNBUNDLED = ["onnxruntime-node"];

const ENTRY = "src/main.ts";

/** What other shipped files refer to. */
const BESIDES = ["models/cards"];

/** A file beside a module, as `new URL("./x", import.meta.url)`. */
const BESIDE = /new URL\(\s*"(?<path>\.{1,2}\/[^"]*)"\s*,\s*import\.meta\.url\s*,?\s*\)/g;

/** A command's module, which is loaded by its path when it is called for. */
const LATER = /\blater<typeof import\("[^"]*"\)>\("(?<path>[^"]*)"\)/g;

/** Any other use of a module's own address. */
const ADDRESS = /(?<!new URL\("[^"]*", |import\(new URL\(path, )import\.meta\.(?!main\b)\w+/;

/**
 * Bundles the program into modules that lie side by side. What a module starts or reads by its own address (threads,
 * processes, models) comes along: modules as further entries, everything else below `files/`.
 */
export async function bundleProgram({ root, commit }: BundleOptions): Promise<ProgramBundle> {
  const neighbours = new Neighbours(root);
  neighbours.entry(join(root, ENTRY));
  try {
    for (;;) {
      const known = neighbours.entries.size;
      const { outputFiles, metafile } = await build({
        absWorkingDir: root,
        // Their order is in the bytes, and they are found in any.
        entryPoints: [...neighbours.entries].sort().map(([out, path]) => ({ in: path, out })),
        outdir: join(root, "dist"),
        entryNames: "[name]",
        chunkNames: "part-[hash]",
        bundle: true,
        splitting: true,
        write: false,
        metafile: true,
        format: "esm",
        platform: "node",
        target: "esnext",
        // Every thread keeps the text of what it runs, at two bytes a letter if a single one is not of Latin-1, be it in
        // a comment. Names stay, and lines end now and then, so that a stack still tells where something happened.
        charset: "ascii",
        minifyWhitespace: true,
        lineLimit: 160,
        legalComments: "none",
        external: UNBUNDLED,
        define: { "import.meta.main": "false", WEIR_COMMIT: JSON.stringify(commit) },
        // Packages in CommonJS ask for Node's own modules by `require`.
        banner: { js: 'import{createRequire as _r}from"node:module";var require=_r(import.meta.url);' },
        plugins: [neighbours.plugin, nodeModules, englishOnly],
        logLevel: "error",
      });
      if (neighbours.entries.size > known) continue;
      const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
      for (const path of [...neighbours.assets, ...BESIDES]) await addFiles(files, root, path);
      return { files, packageFolders: packageFolders(Object.keys(metafile.inputs)) };
    }
  } finally {
    await stop();
  }
}

/** What modules refer to by their own address. */
class Neighbours {
  /** Modules by the name under which they lie in the bundle. */
  readonly entries = new Map<string, string>();
  /** Files and folders below the repository. */
  readonly assets = new Set<string>();
  readonly plugin: Plugin;

  constructor(private readonly root: string) {
    this.plugin = {
      name: "neighbours",
      setup: (build) => {
        build.onLoad({ filter: /.*/ }, (args) => args.path.includes("/node_modules/") ? undefined : this.#load(args));
      },
    };
  }

  entry(path: string): string {
    const name = basename(path, extname(path));
    const other = this.entries.get(name);
    if (other !== undefined && other !== path) throw new Error(`Cannot bundle ${path}: ${other} has its name`);
    this.entries.set(name, path);
    return `./${name}.js`;
  }

  async #load({ path, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
    if (attributes.type === "text") return { contents: await Deno.readTextFile(path), loader: "text" };
    if (!/\.tsx?$/.test(path)) return undefined;
    const text = await Deno.readTextFile(path);
    const shipped = (beside: string) => JSON.stringify(this.#shipped(resolve(dirname(path), beside), beside));
    const contents = text
      .replace(BESIDE, (_, beside: string) => `new URL(${shipped(beside)}, import.meta.url)`)
      .replace(LATER, (_, beside: string) => `later(${shipped(beside)})`);
    const left = ADDRESS.exec(contents)?.[0];
    if (left) throw new Error(`Cannot bundle ${path}: what it does with ${left} cannot be told from its text`);
    return { contents, loader: path.endsWith("x") ? "tsx" : "ts" };
  }

  #shipped(path: string, beside: string): string {
    if (path === join(this.root, "deno.json")) return "./deno.json";
    // No repository is shipped, and of the packages only those that the build chooses.
    if ([".git", "node_modules"].some((name) => path === join(this.root, name))) return `./${basename(path)}/`;
    if (/\.tsx?$/.test(path)) return this.entry(path);
    const below = relative(this.root, path);
    this.assets.add(below);
    return `./files/${below}${beside.endsWith("/") ? "/" : ""}`;
  }
}

/** Zod brings its messages in fifty languages, and every thread that checks anything would hold them. */
const englishOnly: Plugin = {
  name: "english only",
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** Deno wants Node's own modules called by their full names. */
const nodeModules: Plugin = {
  name: "node modules",
  setup(build) {
    const names = ["assert", "async_hooks", "buffer", "child_process", "crypto", "dns", "events", "fs", "fs/promises"];
    names.push("http", "https", "module", "net", "os", "path", "perf_hooks", "process", "stream", "string_decoder");
    names.push("timers", "timers/promises", "tls", "tty", "url", "util", "v8", "vm", "worker_threads", "zlib");
    build.onResolve({ filter: new RegExp(`^(?:${names.join("|")})$`) }, ({ path, kind }) => {
      return kind === "require-call" ? undefined : { path: `node:${path}`, external: true };
    });
  },
};

async function addFiles(files: Map<string, Uint8Array>, root: string, path: string): Promise<void> {
  const full = join(root, path);
  if (!(await Deno.stat(full)).isDirectory) {
    files.set(`files/${path}`, await Deno.readFile(full));
    return;
  }
  for await (const { name } of Deno.readDir(full)) await addFiles(files, root, join(path, name));
}

function packageFolders(inputs: readonly string[]): string[] {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
