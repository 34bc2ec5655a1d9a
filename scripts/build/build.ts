import { createHash } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import config from "../../deno.json" with { type: "json" };
import { type ThirdParty, thirdParty, thirdPartyNotices } from "../../src/cli/third_party.ts";
import { bundleProgram } from "./bundle_program.ts";
import { compileExecutable } from "./compile_executable.ts";
import { nativePackages } from "./native_packages.ts";
import { sbom } from "./sbom.ts";
import { shellExecutable } from "./shell_executable.ts";
import { sourceState } from "./source_state.ts";
import { registryPackage } from "./registry_package.ts";
import { hostTarget, type Target, targetNamed } from "./target.ts";
import { unpackedFolder } from "./unpacked_folder.ts";

const ROOT = join(import.meta.dirname!, "..", "..");

/** How the build is done. */
export interface BuildOptions {
  /** Where the files go. */
  out: string;
  /** Compresses in seconds instead of minutes; the file is a third larger. */
  fast?: boolean;
  /** Uses `deno compile` instead of the shell's head. */
  compile?: boolean;
  /** For which platform, such as `linux-arm64`. Default: this machine's. */
  target?: string;
  /** That platform's Deno. Default: this machine's own, or another's from the registry. */
  runtime?: string;
}

/** What the program's own folder is configured with: its packages lie in it, and nothing is fetched. */
const PROGRAM_CONFIG = { nodeModulesDir: "manual", unstable: config.unstable, lock: false };

/** Packages whose code is in the console's script, which is built before. */
const CONSOLE_PACKAGES = ["preact", "@preact/signals", "uplot"];

interface Program {
  target: Target;
  commit: string;
  mtimeS: number;
  files: Map<string, Uint8Array>;
  parts: ThirdParty[];
}

const script = async (name: string) => await Deno.readTextFile(join(import.meta.dirname!, name));

async function program(target = hostTarget()): Promise<Program> {
  const { commit, mtimeS } = await sourceState(ROOT);
  const { files, packageFolders } = await bundleProgram({ root: ROOT, commit });
  const natives = await nativePackages(ROOT, target);
  const parts = await thirdParty([
    ...packageFolders.map((folder) => join(ROOT, folder)),
    ...natives.map(({ folder }) => folder),
    ...CONSOLE_PACKAGES.map((name) => join(ROOT, "node_modules", name)),
  ]);
  for (const { name, files: own } of natives) {
    for (const [path, bytes] of own) files.set(`node_modules/${name}/${path}`, bytes);
  }
  const text = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  files.set("deno.json", text(PROGRAM_CONFIG));
  files.set("package.json", text({ type: "module" }));
  files.set("files/packaging/licences/packages.json", text(parts));
  return { target, commit, mtimeS, files, parts };
}

/** Puts the program, unpacked, into a folder that is not there yet. */
export async function buildFolder(folder: string): Promise<void> {
  await unpackedFolder({
    folder,
    runtime: await Deno.readFile(Deno.execPath()),
    program: (await program()).files,
    launcher: await script("launcher.sh"),
    health: await script("health.js"),
  });
}

/** Deno for a platform: the very version that builds. */
async function runtimeFor({ name }: Target, given?: string): Promise<Uint8Array> {
  if (given !== undefined) return await Deno.readFile(given);
  if (name === hostTarget().name) return await Deno.readFile(Deno.execPath());
  const folder = await registryPackage(ROOT, { name: `@deno/${name}-glibc`, version: Deno.version.deno });
  return await Deno.readFile(join(folder, "deno"));
}

/** Makes the single file for a platform, with its checksums, its list of parts and their licences. */
export async function build(options: BuildOptions): Promise<string> {
  const { out, fast = false, compile = false } = options;
  const wanted = options.target === undefined ? hostTarget() : targetNamed(options.target);
  if (compile && wanted.name !== hostTarget().name) {
    throw new Error(`Cannot compile for ${wanted.name} here: deno compile would fetch this machine's libraries`);
  }
  const { target, commit, mtimeS, files, parts } = await program(wanted);
  const bytes = compile ? await compileExecutable({ files, root: ROOT }) : shellExecutable({
    target,
    version: config.version,
    mtimeS,
    runtime: await runtimeFor(target, options.runtime),
    program: files,
    head: await script("head.sh"),
    unpack: await script("unpack.js"),
    fast,
  }).bytes;

  const file = `weir-${target.name}${target.platform === "win32" ? ".exe" : ""}`;
  await Deno.mkdir(out, { recursive: true });
  const path = join(out, file);
  const list = sbom({ file, version: config.version, commit, mtimeS, sha256: sha256(bytes), parts: allParts(parts) });
  const notices = await noticesOf(parts);
  await replace(path, bytes, 0o755);
  await replace(join(out, `${file}.spdx.json`), new TextEncoder().encode(list));
  await replace(join(out, "THIRD_PARTY_LICENCES"), new TextEncoder().encode(notices));
  const sums = [[file, bytes], [`${file}.spdx.json`, new TextEncoder().encode(list)]] as const;
  const lines = sums.map(([name, content]) => `${sha256(content)}  ${name}\n`).join("");
  await replace(join(out, "SHA256SUMS"), new TextEncoder().encode(lines));
  return path;
}

function allParts(parts: readonly ThirdParty[]) {
  const deno = Deno.version.deno;
  return [{
    name: "deno",
    version: deno,
    licence: "MIT",
    homepage: "https://github.com/denoland/deno",
    purl: `pkg:github/denoland/deno@v${deno}`,
  }, {
    name: "ffmpeg",
    version: "8",
    licence: "GPL-3.0-or-later",
    homepage: "https://github.com/jellyfin/jellyfin-ffmpeg",
    purl: "pkg:github/jellyfin/jellyfin-ffmpeg@8",
  }, {
    // In FFmpeg's library; NOTICE.txt tells what that means for whoever passes the file on.
    name: "fdk-aac-stripped",
    version: "2",
    licence: "FDK-AAC",
    homepage: "https://gitlab.freedesktop.org/wtaymans/fdk-aac-stripped",
    purl: "pkg:generic/fdk-aac-stripped@2",
  }, ...parts];
}

async function noticesOf(parts: readonly ThirdParty[]): Promise<string> {
  const folder = join(ROOT, "packaging", "licences");
  const [notice, fdk, gpl] = await Promise.all(
    ["NOTICE.txt", "FDK-AAC.txt", "GPL-3.0.txt"].map((name) => Deno.readTextFile(join(folder, name))),
  );
  return `${notice}\n${thirdPartyNotices(parts)}\n${fdk}\n${gpl}`;
}

/** A file that is being run cannot be written to, but its name can be given to another. */
async function replace(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  const partial = `${path}.partial`;
  await Deno.writeFile(partial, bytes, { mode });
  await Deno.chmod(partial, mode).catch(() => {}); // Windows has no modes.
  await Deno.rename(partial, path);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      out: { type: "string", default: join(ROOT, "dist") },
      fast: { type: "boolean", default: false },
      compile: { type: "boolean", default: false },
      target: { type: "string" },
      runtime: { type: "string" },
      unpacked: { type: "string" },
    },
  });
  if (values.unpacked !== undefined) await buildFolder(values.unpacked);
  else {
    const path = await build(values);
    process.stdout.write(`${path}: ${((await Deno.stat(path)).size / 1e6).toFixed(1)} MB\n`);
    process.stdout.write(
      "It holds FFmpeg (GPL) linked with FDK AAC: read THIRD_PARTY_LICENCES before you pass it on.\n",
    );
  }
}
