import { parse } from "yaml";
import type { ConfigOverrides } from "./load.ts";

const SHORT: Readonly<Record<string, [section: string, key: string]>> = {
  WEIR_HOST: ["server", "host"],
  WEIR_PORT: ["server", "port"],
  WEIR_MEDIA_ROOT: ["sources", "mediaRoot"],
  WEIR_LOG_LEVEL: ["telemetry", "level"],
  WEIR_LOG_FORMAT: ["telemetry", "format"],
};

/**
 * What the environment says: `WEIR_HOST` and its like, and `WEIR_<SECTION>__<KEY>` for the rest
 * (`WEIR_LIMITS__BODY_BYTES=65536`). Values are read as YAML, so numbers are numbers and `[a, b]` is a list.
 */
export function fromEnvironment(env: Readonly<Record<string, string>>): ConfigOverrides {
  const result: ConfigOverrides = {};
  const set = (section: string, key: string, value: unknown) => (result[section] ??= {})[key] = value;
  for (const [name, text] of Object.entries(env)) {
    const short = SHORT[name];
    if (short) set(...short, valueOf(name, text));
    const long = /^WEIR_([A-Z]+)__([A-Z0-9_]+)$/.exec(name);
    if (long) set(long[1].toLowerCase(), camelCase(long[2]), valueOf(name, text));
  }
  if (env.WEIR_TOKEN) set("auth", "tokens", [{ name: "environment", token: env.WEIR_TOKEN, role: "admin" }]);
  return result;
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function valueOf(name: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`Cannot use the environment variable ${name}: ${(error as Error).message}`, { cause: error });
  }
}
