import { z } from "zod";
import { issuesText } from "../../src/core/issues_text.ts";
import type { Source } from "../../src/core/source.ts";
import type { FlowMode } from "../../src/core/stream.ts";
import type { PacketTap } from "../av/packet_tap.ts";
import { camera } from "./camera.ts";
import { file } from "./file.ts";
import { rtsp } from "./rtsp.ts";
import { url } from "./url.ts";
import { scene } from "./scene.ts";
import type { SourceRules } from "./source_rules.ts";
import { webcam } from "./webcam.ts";
import type { Inlet } from "./inlet.ts";

/** What a source's configuration has at least: its kind, by which its plug-in is found. */
export interface SourceConfig {
  kind: string;
  [option: string]: unknown;
}

/** What a source is opened with. */
export interface SourceContext {
  stream: string;
  /** Where frames come in, for sources that are `pushed`. */
  inlet?: Inlet;
  /** What it may open and contact, for streams of those who may not open everything. */
  rules?: SourceRules;
  /** Sees its encoded video, where there is any. */
  tap?: PacketTap;
}

/** A kind of source: how it is configured, shown and opened. */
export interface SourcePlugin<C extends SourceConfig = SourceConfig> {
  kind: string;
  /** One line for people. */
  describe: string;
  schema: z.ZodType<C>;
  /** The configuration that a word on the command line stands for; undefined when the word is not this kind's. */
  shorthand?(text: string): { kind: string; [option: string]: unknown } | undefined;
  /** What happens to frames that nobody has time for, unless the stream says otherwise; default `latest`. */
  policy?(config: C): FlowMode;
  /** It comes to an end by itself, and a failure would only repeat: it is not tried again. */
  ends?: boolean;
  /** Its frames are sent to it: it gets an inlet, and nothing is wrong with it while nobody sends. */
  pushed?: boolean;
  /** The address without credentials, for people. */
  redacted(config: C): string;
  /** A source that is ready to run; nothing is opened before it runs. */
  open(config: C, context: SourceContext): Source;
}

/**
 * The sources there are; a new one is one file and one line here. The first whose shorthand knows a word gets it, so
 * `file`, which takes anything that looks like a path, stays last.
 */
export const sources: readonly SourcePlugin[] = [
  camera,
  rtsp,
  url,
  scene,
  webcam,
  file,
];

/** The plug-in of a kind. */
export function sourceNamed(kind: string): SourcePlugin {
  const plugin = sources.find((candidate) => candidate.kind === kind);
  if (plugin) return plugin;
  const known = sources.map((candidate) => candidate.kind).join(", ");
  throw new RangeError(`There is no source called ${kind}; there are: ${known}`);
}

/** A configuration, checked and completed by its plug-in. */
export function parseSourceConfig(config: unknown): SourceConfig {
  const kind = (config as SourceConfig | null)?.kind;
  if (typeof kind !== "string") throw new TypeError("A source needs a kind");
  const parsed = sourceNamed(kind).schema.safeParse(config);
  if (!parsed.success) throw new TypeError(`Cannot use the source ${kind}: ${issuesText(parsed.error)}`);
  return parsed.data;
}

/** The configuration that a word on the command line stands for: `rtsp://…`, `camera:0`, `match.mp4`. */
export function parseSource(text: string): SourceConfig {
  for (const plugin of sources) {
    const config = plugin.shorthand?.(text);
    if (config) return parseSourceConfig(config);
  }
  throw new RangeError(`Nothing here opens "${text}"; there are: ${sources.map(({ kind }) => kind).join(", ")}`);
}
