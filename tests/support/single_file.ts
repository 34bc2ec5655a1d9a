import { statfs } from "node:fs/promises";
import { build } from "../../scripts/build/build.ts";

/** Gigabytes that these tests may hold at once. */
const ROOM_BYTES = 3e9;

/** The single file, built once for all tests of a process, and a cache that it has unpacked into; dispose removes both. */
export class SingleFile implements AsyncDisposable {
  private constructor(readonly path: string, private readonly folder: string) {}

  static async build(): Promise<SingleFile> {
    const folder = await Deno.makeTempDir({ prefix: "weir-single-", dir: await roomyFolder() });
    const file = new SingleFile(await build({ out: `${folder}/dist`, fast: true }), folder);
    // Other users run it, too.
    await Deno.chmod(folder, 0o755);
    return file;
  }

  /** A cache that all share. */
  get cache(): string {
    return `${this.folder}/cache`;
  }

  /** Runs it to its end. */
  async run(
    args: readonly string[],
    env: Record<string, string> = { WEIR_CACHE_DIR: this.cache },
  ): Promise<CommandEnd> {
    return await finished(this.path, args, env);
  }

  /** A cache that nobody has used, for one test. */
  async withCache(use: (cache: string) => Promise<void>): Promise<void> {
    const folder = await Deno.makeTempDir({ dir: this.folder });
    await Deno.chmod(folder, 0o755);
    try {
      await use(`${folder}/cache`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** How a program ended, and what it said. */
export interface CommandEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with nothing in its environment but what is given. */
export async function finished(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandEnd> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A folder in memory where there is one with room: these tests write hundreds of megabytes again and again. */
async function roomyFolder(): Promise<string | undefined> {
  try {
    const { bavail, bsize } = await statfs("/dev/shm");
    return bavail * bsize > ROOM_BYTES ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}
