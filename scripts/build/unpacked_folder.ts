import { dirname, join } from "node:path";

/** What lies in the folder. */
export interface UnpackedOptions {
  /** Where it is made; it must not be there yet. */
  folder: string;
  /** The runtime's own executable. */
  runtime: Uint8Array;
  /** The program's files, below its folder. */
  program: ReadonlyMap<string, Uint8Array>;
  /** The scripts `launcher.sh` and `health.js`. */
  launcher: string;
  health: string;
}

/** The program in a folder instead of a file, for images, which are unpacked already. */
export async function unpackedFolder({ folder, runtime, program, launcher, health }: UnpackedOptions): Promise<void> {
  await Deno.mkdir(folder, { recursive: false });
  await Deno.writeFile(join(folder, "deno"), runtime, { mode: 0o755 });
  await Deno.writeTextFile(join(folder, "weir"), launcher, { mode: 0o755 });
  await Deno.writeTextFile(join(folder, "health.js"), health);
  for (const [path, bytes] of program) {
    const file = join(folder, "app", path);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, bytes);
  }
}
