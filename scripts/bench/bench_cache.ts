import { existsSync } from "node:fs";
import { join } from "node:path";

/** A file of the benchmark's cache: made when it is not there, kept for the next time. */
export async function cached(name: string, make: (path: string) => Promise<void> | void): Promise<string> {
  const folder = benchCacheFolder();
  const path = join(folder, name);
  if (existsSync(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  // A run that is broken off must not leave half a file behind for the next one.
  const part = join(folder, `part-${crypto.randomUUID()}-${name}`);
  try {
    await make(part);
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  return path;
}

/** Where benchmarks keep what they need again. */
export function benchCacheFolder(): string {
  return join(cacheFolder(), "bench");
}

function cacheFolder(): string {
  const { env } = Deno;
  const own = env.get("WEIR_CACHE_DIR");
  if (own) return own;
  const home = env.get("HOME") ?? env.get("USERPROFILE") ?? ".";
  if (Deno.build.os === "darwin") return join(home, "Library", "Caches", "weir");
  if (Deno.build.os === "windows") return join(env.get("LOCALAPPDATA") ?? home, "weir", "cache");
  return join(env.get("XDG_CACHE_HOME") ?? join(home, ".cache"), "weir");
}
