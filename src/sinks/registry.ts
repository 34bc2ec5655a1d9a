import { z } from "zod";
import { jsonl } from "./jsonl.ts";
import { mqtt } from "./mqtt.ts";
import { redis } from "./redis.ts";
import type { SharedOptions } from "./shared_options.ts";
import type { SinkConfig, SinkPlugin } from "./sink.ts";
import { webhook } from "./webhook.ts";

// One table of different configurations: each is given back only to the plug-in whose schema made it.
// deno-lint-ignore no-explicit-any
type AnyPlugin = SinkPlugin<any>;

/** The sinks there are; a new one is one file and one line here. */
export const sinks: readonly AnyPlugin[] = [jsonl, webhook, redis, mqtt];

/** A sink's configuration as its plug-in's schema makes it: complete. */
export type ParsedSinkConfig = SinkConfig & SharedOptions;

/** The plug-in of a kind. */
export function sinkNamed(kind: string): AnyPlugin {
  const plugin = sinks.find((candidate) => candidate.kind === kind);
  if (plugin) return plugin;
  throw new RangeError(`There is no sink called ${kind}; there are: ${sinks.map(({ kind }) => kind).join(", ")}`);
}

/** A configuration, checked and completed by its plug-in. */
export function parseSinkConfig(config: unknown): ParsedSinkConfig {
  const kind = (config as SinkConfig | null)?.kind;
  if (typeof kind !== "string") throw new TypeError("A sink needs a kind");
  const parsed = sinkNamed(kind).schema.safeParse(config);
  if (!parsed.success) throw new TypeError(`Cannot use the sink ${kind}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** A stream's sinks, checked: each has a name that no other has. */
export function parseSinkConfigs(configs: readonly unknown[]): ParsedSinkConfig[] {
  const parsed = configs.map(parseSinkConfig);
  // Names become directories, and not every disk tells letters apart by their case.
  const names = parsed.map((config) => sinkName(config).toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new TypeError(`Two sinks are called ${twice}; give each a name of its own`);
  return parsed;
}

/** What tells a sink from the others of its stream. */
export function sinkName({ name, kind }: ParsedSinkConfig): string {
  return name ?? kind;
}

/** A configuration that may be shown: secret values are stars, addresses are redacted. */
export function shownSinkConfig(config: ParsedSinkConfig): SinkConfig {
  const { secrets, redacted } = sinkNamed(config.kind);
  const shown = Object.entries(config).map(([key, value]) => {
    if (value === undefined) return [key, value];
    if (key === "url") return [key, redacted(config)];
    return [key, secrets.includes(key) ? "***" : value];
  });
  return Object.fromEntries(shown);
}
