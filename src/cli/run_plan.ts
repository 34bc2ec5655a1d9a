import { basename } from "node:path";
import { redactUrls } from "../core/redact.ts";
import type { Device } from "../core/model.ts";
import type { PipelineStep, StreamRegistration } from "../core/stream.ts";
import { type Config, loadConfig } from "../../config/load.ts";
import { parseRegistration } from "../../config/schema.ts";
import { parseSource, sourceNamed } from "../../streams/sources/registry.ts";
import type { WeirOptions } from "../app.ts";
import type { DeclaredModel } from "../model_pool.ts";
import type { FlagValues } from "./flags.ts";
import { PartialFile } from "./partial_file.ts";
import type { runHelp } from "./run_flags.ts";
import { UsageError } from "./usage_error.ts";

/** Everything `weir run` is going to do, checked before anything starts. */
export interface RunPlan {
  streams: { registration: StreamRegistration; source: string; video?: PartialFile }[];
  /** Models with names and settings of their own. */
  models: readonly DeclaredModel[];
  /** Streams whose every result counts. */
  keeps: Set<string>;
  options: WeirOptions;
  out?: PartialFile;
  report?: PartialFile;
  /** What was found of heart rates, as a page. */
  page?: PartialFile;
  durationMs?: number;
  loop: boolean;
  quiet: boolean;
  /** Said before the start. */
  notices: string[];
}

type RunFlags = FlagValues<typeof runHelp.flags>;

const BUILT_IN_SCENE_MODEL = "weir-pitch";

/** Makes the plan of a run out of its command line; throws {@link UsageError} when it cannot be carried out. */
export async function planRun(sources: readonly string[], flags: RunFlags): Promise<RunPlan> {
  const { streams: configured, models } = flags.config === undefined
    ? { streams: [], models: [] }
    : await configuration(flags.config);
  checkTogether([...sources, ...configured.map(({ id }) => id)], flags);
  const force = flags.force ?? false;
  const notices: string[] = [];
  for (const { id, capture } of configured) {
    if (capture?.enabled) notices.push(`${id}: weir run keeps no pictures; weir serve and weir capture do`);
  }
  const taken = new Set(configured.map(({ id }) => id));
  const given = sources.map((text) => register(uniqueName(flags.id ?? nameOf(text), taken), text, flags, notices));
  const video = flags.video === undefined ? undefined : new PartialFile(flags.video, { force, option: "--video" });
  const streams = [...configured, ...given].map((registration) => ({
    registration,
    source: sourceNamed(registration.source.kind).redacted(registration.source),
    ...(video && { video }),
  }));
  const { threads, replicas, deterministic } = flags;
  const used = new Set(streams.flatMap(({ registration }) => registration.pipeline.map((step) => step.model)));
  return {
    streams,
    models: models.filter(({ model, name }) => used.has(name ?? model) || used.has(model)),
    keeps: new Set(streams.flatMap(({ registration: { id, policy } }) => policy.mode === "block" ? [id] : [])),
    options: {
      streamWorkers: Math.min(streams.length, navigator.hardwareConcurrency),
      ...(replicas !== undefined && { replicas }),
      ...(threads !== undefined && { threads }),
      ...(flags.device !== undefined && { device: flags.device as Device }),
      ...(deterministic && { deterministic }),
    },
    ...(flags.out !== undefined && flags.out !== "-" &&
      { out: new PartialFile(flags.out, { force, option: "--out" }) }),
    ...(flags["json-report"] !== undefined &&
      { report: new PartialFile(flags["json-report"], { force: true, option: "--json-report" }) }),
    ...(flags.report !== undefined && { page: new PartialFile(flags.report, { force, option: "--report" }) }),
    ...(flags.duration !== undefined && { durationMs: flags.duration * 1000 }),
    loop: flags.loop ?? false,
    quiet: flags.quiet ?? false,
    notices,
  };
}

async function configuration(path: string): Promise<Pick<Config, "streams" | "models">> {
  try {
    return await loadConfig(path);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function checkTogether(sources: readonly string[], flags: RunFlags): void {
  if (sources.length === 0) {
    throw new UsageError(
      flags.config === undefined
        ? "weir run wants a source, such as scene:pitch, match.mp4 or rtsp://…"
        : `There is no stream in ${flags.config}`,
    );
  }
  const several = sources.length > 1;
  if (several && flags.id !== undefined) throw new UsageError("--id names one stream; there are several sources");
  if (several && flags.video !== undefined) throw new UsageError("--video is for one source; there are several");
  if (!flags.deterministic) return;
  if (flags.config !== undefined) throw new UsageError("--deterministic runs one SOURCE, without --config");
  if (several) throw new UsageError("--deterministic runs one source: results of several come in any order");
  if (flags.mode !== undefined && flags.mode !== "block") {
    throw new UsageError(`--deterministic runs every frame, which --mode ${flags.mode} does not`);
  }
  for (const option of ["max-age", "realtime", "duration"] as const) {
    if (flags[option] !== undefined) {
      throw new UsageError(`--deterministic cannot go with --${option}: it goes by the clock`);
    }
  }
  for (const option of ["threads", "replicas"] as const) {
    if ((flags[option] ?? 1) !== 1) throw new UsageError(`--deterministic pins --${option} to 1`);
  }
}

function register(id: string, text: string, flags: RunFlags, notices: string[]): StreamRegistration {
  const source = sourceOf(text, flags);
  const models = [...flags.model ?? []];
  if (models.length === 0 && source.kind === "scene" && source.scene === "pitch") {
    models.push(BUILT_IN_SCENE_MODEL);
    notices.push(`${id}: no --model given, so the built-in ${BUILT_IN_SCENE_MODEL} is used`);
  } else if (models.length === 0) {
    notices.push(`${id}: no --model given: results tell of the frames only`);
  }
  const minScore = flags["min-score"];
  const names = new Set<string>();
  const pipeline: PipelineStep[] = [
    ...models.map((model) => ({
      model,
      // By default a step is called by its model's task, which two detectors share.
      ...(models.length > 1 && { name: uniqueName(nameOf(model), names) }),
      ...(minScore !== undefined && { minScore }),
    })),
    ...(flags.analyze ?? []).map(analyzerStep).map((step) =>
      // The page shows more than most readers of results want.
      flags.report !== undefined && "analyzer" in step && step.analyzer === "pulse"
        ? { colours: true, spectrum: true, ...step }
        : step
    ),
  ];
  const mode = flags.deterministic ? "block" : flags.mode;
  const policy = {
    ...(mode !== undefined && { mode }),
    ...(flags.fps !== undefined && { fps: flags.fps }),
    ...(flags.every !== undefined && { every: flags.every }),
    ...(flags.keyframes && { keyframes: true }),
    ...(flags["max-age"] !== undefined && { maxAgeMs: flags["max-age"] }),
  };
  try {
    return parseRegistration({ id, source, pipeline, policy });
  } catch (error) {
    throw new UsageError(`Cannot run ${redactUrls(text)}: ${(error as Error).message}`);
  }
}

function sourceOf(text: string, flags: RunFlags): { kind: string; [option: string]: unknown } {
  let source: { kind: string; [option: string]: unknown };
  try {
    source = parseSource(text);
  } catch (error) {
    throw new UsageError(redactUrls((error as Error).message));
  }
  if (flags.loop && !("loop" in source)) throw new UsageError(`--loop is for files; ${redactUrls(text)} is not one`);
  if (flags.realtime && !("pace" in source)) {
    throw new UsageError(`--realtime is for sources that can be played at any speed; ${redactUrls(text)} is not one`);
  }
  const pace = flags.realtime ? "realtime" : flags.deterministic && "pace" in source ? "fast" : undefined;
  const complete = { ...source, ...(pace && { pace }), ...(flags.loop && { loop: true }) };
  if (flags.deterministic && sourceNamed(source.kind).policy?.(complete) !== "block") {
    throw new UsageError(`--deterministic wants a source that waits, such as a file; ${redactUrls(text)} does not`);
  }
  return complete;
}

/** A short name for a source: what a person would call it. */
function nameOf(text: string): string {
  const url = URL.canParse(text) && text.includes("://") ? new URL(text) : undefined;
  const bare = url
    ? `${url.hostname}${url.pathname}`
    : /^[a-z]+:/i.test(text)
    ? text.split("?")[0]
    : basename(text).replace(/\.[^.]+$/, "");
  const name = bare.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "").slice(0, 60);
  return name === "" ? "stream" : name;
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let n = 2; taken.has(unique); n++) unique = `${name}-${n}`;
  taken.add(unique);
  return unique;
}

/** `track`, with options as an address carries them: `track?method=ocsort&keepMs=2000`, or as JSON: `zones:{"zones":…}`. */
export function analyzerStep(text: string): PipelineStep {
  const [, kind, json] = /^([^:?{]+):(.*)$/s.exec(text) ?? [];
  if (kind !== undefined) return { ...jsonOptions(kind, json), analyzer: kind };
  const [analyzer, query = ""] = text.split("?", 2);
  const options = [...new URLSearchParams(query)].map(([name, value]) => [name, optionValue(value)]);
  return { ...Object.fromEntries(options), analyzer };
}

function jsonOptions(kind: string, json: string): Record<string, unknown> {
  try {
    const options = JSON.parse(json);
    if (typeof options === "object" && options !== null && !Array.isArray(options)) return options;
  } catch { /* Told below, with everything else that is no object. */ }
  throw new UsageError(`Option --analyze wants a JSON object after ${kind}: such as ${kind}:{"name":"here"}`);
}

/** Numbers and truth values are what they look like; everything else is a word. The analyzer's schema has the last word. */
function optionValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
