import config from "../../deno.json" with { type: "json" };

/** This build's version. */
export const VERSION: string = config.version;

/** The pinned version of a package out of deno.json; what runs is exactly that, since the lock is frozen. */
export function pinned(name: keyof typeof config.imports): string {
  return /@(\d[^/]*)/.exec(config.imports[name])?.[1] ?? "unknown";
}
