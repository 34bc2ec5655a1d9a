import { createHash } from "node:crypto";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { joinedBytes } from "../../src/core/joined_bytes.ts";
import { tar, type TarFile } from "./tar.ts";
import type { Target } from "./target.ts";

/** What goes into the executable. */
export interface ShellExecutableOptions {
  target: Target;
  version: string;
  /** Time of all files, in seconds: the commit's. */
  mtimeS: number;
  /** The runtime's own executable. */
  runtime: Uint8Array;
  /** The program's files, below its folder. */
  program: ReadonlyMap<string, Uint8Array>;
  /** The scripts `head.sh` and `unpack.js`. */
  head: string;
  unpack: string;
  /** Compresses in seconds instead of minutes, for tests. */
  fast: boolean;
}

/** An executable and what became how large in it. */
export interface ShellExecutable {
  bytes: Uint8Array;
  /** Names the content: the cache directory goes by it. */
  key: string;
  sizes: { runtimeBytes: number; archiveBytes: number; unpackedBytes: number };
}

const SYSTEMS: Readonly<Record<string, string>> = { "linux-x64": "Linux x86_64", "linux-arm64": "Linux aarch64" };

/**
 * One file that a shell starts: a script, the runtime as gzip (which every system can read), and the program as a tar
 * archive in zstd (which the runtime can read). The same input gives the same bytes.
 */
export function shellExecutable(options: ShellExecutableOptions): ShellExecutable {
  const { target, version, mtimeS, fast } = options;
  const system = SYSTEMS[target.name];
  if (!system) throw new Error(`Cannot make a file that a shell starts for ${target.name}; use --compile`);
  const sorted = [...options.program].sort(([a], [b]) => a < b ? -1 : 1);
  const files: TarFile[] = sorted.map(([path, bytes]) => ({ path: `app/${path}`, bytes }));
  const archive = zstd(joinedBytes([...tar(files, { mtimeS })]), fast);
  const runtime = gzip(options.runtime, fast);
  const unpackedBytes = files.reduce((sum, { bytes }) => sum + bytes.length, options.runtime.length);
  const hash = createHash("sha256").update(options.runtime).update(options.head).update(options.unpack);
  for (const { path, bytes } of files) hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  const key = hash.digest("hex").slice(0, 20);
  const listing = listingDigest([{ path: "deno", bytes: options.runtime }, ...files], mtimeS);
  const fill = (sizes: Record<string, number>) =>
    filled(options.head, {
      ...sizes,
      VERSION: version,
      TARGET: target.name,
      SYSTEM: system,
      KEY: key,
      LISTING: listing,
      MTIME: mtimeS,
      UNPACKED_MB: Math.ceil(unpackedBytes / 1e6),
      UNPACK: options.unpack.trimEnd(),
    });
  const head = settled((headBytes) => {
    const archiveAt = headBytes + runtime.length;
    return new TextEncoder().encode(fill({
      RUNTIME_AT: headBytes + 1,
      RUNTIME_BYTES: runtime.length,
      ARCHIVE_AT: archiveAt,
      TOTAL_BYTES: archiveAt + archive.length,
    }));
  });
  return {
    bytes: joinedBytes([head, runtime, archive]),
    key,
    sizes: { runtimeBytes: runtime.length, archiveBytes: archive.length, unpackedBytes },
  };
}

/** What `head.sh` compares with the files that it finds. */
function listingDigest(files: readonly TarFile[], mtimeS: number): string {
  const lines = files.map(({ path, bytes }) => `${bytes.length} ${mtimeS} ./${path}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

function filled(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    if (!Object.hasOwn(values, name)) throw new Error(`Cannot fill in ${name}: it has no value`);
    return String(values[name]);
  });
}

/** The head tells its own length, which depends on how many digits that has. */
function settled(make: (headBytes: number) => Uint8Array): Uint8Array {
  let head = make(0);
  for (let length = -1; length !== head.length; head = make(length)) length = head.length;
  return head;
}

function gzip(bytes: Uint8Array, fast: boolean): Uint8Array {
  return gzipSync(bytes, { level: fast ? 1 : 9 });
}

function zstd(bytes: Uint8Array, fast: boolean): Uint8Array {
  return zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: fast ? 1 : 19,
      [constants.ZSTD_c_windowLog]: fast ? 21 : 27,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
}
