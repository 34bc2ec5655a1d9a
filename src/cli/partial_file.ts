import { existsSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { UsageError } from "./usage_error.ts";

/** A file that appears under its name only once it is complete. */
export class PartialFile {
  readonly path: string;
  /** Where it is written meanwhile; keeps the ending, by which formats are told. */
  readonly partialPath: string;

  constructor(path: string, { force, option }: { force: boolean; option: string }) {
    this.path = resolve(path);
    const { dir, name, ext } = parse(this.path);
    this.partialPath = join(dir, `${name}.partial${ext}`);
    const folder = dirname(this.path);
    if (!existsSync(folder)) throw new UsageError(`Cannot write ${option} ${path}: there is no folder ${folder}`);
    if (existsSync(this.path)) {
      if (!Deno.statSync(this.path).isFile) throw new UsageError(`Cannot write ${option} ${path}: it is not a file`);
      if (!force) throw new UsageError(`${path} exists already; --force overwrites it`);
    }
  }

  /** It is complete and takes its name. Answers its size; undefined when nothing was ever written. */
  async commit(): Promise<number | undefined> {
    if (!existsSync(this.partialPath)) return undefined;
    await Deno.rename(this.partialPath, this.path);
    return (await Deno.stat(this.path)).size;
  }

  /** It will not be complete. Answers the size of what stays under the partial name, undefined when that is nothing. */
  async abandon(): Promise<number | undefined> {
    if (!existsSync(this.partialPath)) return undefined;
    const { size } = await Deno.stat(this.partialPath);
    if (size > 0) return size;
    await Deno.remove(this.partialPath);
    return undefined;
  }
}
