import { join } from "node:path";
import { existsSync } from "node:fs";
import { skip } from "./skip.ts";

const root = Deno.env.get("WEIR_TEST_ASSETS");

/** The path of a test asset; undefined when the assets, which are not part of the repository, are not there. */
export function asset(path: string): string | undefined {
  if (!root) return undefined;
  const full = join(root, path);
  if (!existsSync(full)) throw new Error(`Cannot find ${path} in WEIR_TEST_ASSETS (${root})`);
  return full;
}

/** Declares a test that needs assets; without them it is skipped and says so. */
export function assetTest(name: string, paths: string[], run: (...found: string[]) => Promise<void> | void): void {
  const ignore = skip(name, Boolean(root), "WEIR_TEST_ASSETS");
  Deno.test({ name, ignore, fn: () => run(...paths.map((path) => asset(path)!)) });
}
