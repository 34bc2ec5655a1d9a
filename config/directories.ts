import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where Weir keeps what must last (`data`) and what it can make again (`cache`). */
export interface Directories {
  data: string;
  cache: string;
}

/** The directories in force: `WEIR_DATA_DIR` and `WEIR_CACHE_DIR`, else what is customary on the system. */
export function directories(env: (name: string) => string | undefined = (name) => Deno.env.get(name)): Directories {
  // A user without an entry among the system's users has none.
  const home = homedir() ?? "/";
  const customary = {
    linux: {
      data: env("XDG_DATA_HOME") || join(home, ".local", "share"),
      cache: env("XDG_CACHE_HOME") || join(home, ".cache"),
    },
    darwin: { data: join(home, "Library", "Application Support"), cache: join(home, "Library", "Caches") },
    windows: {
      data: env("LOCALAPPDATA") || join(home, "AppData", "Local"),
      cache: env("TEMP") || join(home, "AppData", "Local", "Temp"),
    },
  };
  const os = Deno.build.os === "darwin" || Deno.build.os === "windows" ? Deno.build.os : "linux";
  return {
    data: resolve(env("WEIR_DATA_DIR") || join(customary[os].data, "weir")),
    cache: resolve(env("WEIR_CACHE_DIR") || join(customary[os].cache, "weir")),
  };
}
