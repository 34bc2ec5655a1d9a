import { basename, dirname } from "node:path";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { Track, type TrackOptions, trackSchema } from "../analyzers/track.ts";
import type { Detection, ModelOutput } from "../core/results.ts";
import { countHota, sumHota } from "../vision/hota.ts";
import { countMot, sumMot } from "../vision/mot_metrics.ts";
import { withoutDistractors } from "../vision/mot_distractors.ts";
import { type MotRow, motSequence } from "../vision/mot_sequence.ts";
import { type EvalFrame, readFrames, readTruth } from "./eval_track_files.ts";
import { figures, reportText, type TrackReport } from "./eval_track_report.ts";
import { type Command, type FlagValues, parseFlags } from "./flags.ts";
import { helpPage } from "./help.ts";
import { print } from "./print.ts";
import { UsageError } from "./usage_error.ts";

const FLAGS = {
  det: {
    type: "string",
    multiple: true,
    value: "FILE",
    description: "detections to track: MOT text, or JSON lines of weir run",
  },
  tracks: {
    type: "string",
    multiple: true,
    value: "FILE",
    description: "instead: what a tracker answered already, in the same formats",
  },
  gt: {
    type: "string",
    multiple: true,
    value: "FILE",
    description: "the truth of each --det or --tracks, in their order: MOT15 or MOT16 text, or weir scene --truth",
  },
  method: {
    type: "string",
    choices: ["bytetrack", "ocsort", "sort"],
    value: "METHOD",
    description: "the tracker, as its authors evaluate it (default bytetrack)",
  },
  set: {
    type: "string",
    multiple: true,
    value: "KEY=VALUE",
    description: "another value for an option of the analyzer track",
  },
  fps: { type: "number", min: 0.1, max: 1000, value: "N", description: "frame rate of MOT files (default 30)" },
  every: {
    type: "number",
    integer: true,
    min: 1,
    value: "N",
    description: "track and judge every Nth frame only, as when the others were dropped",
  },
  classes: {
    type: "string",
    value: "LIST",
    description: "of the truth, only these classes are to be found, such as 1,3 or player,referee",
  },
  labels: { type: "string", value: "LIST", description: "of the detections, only these labels" },
  json: { type: "boolean", description: "as JSON, for tools" },
} as const;

/** `weir eval track`, declared. */
export const evalTrackHelp: Command<typeof FLAGS> = {
  name: "eval track",
  summary: "how well a tracker keeps identities: HOTA, MOTA, IDF1",
  usage: "(--det FILE | --tracks FILE) --gt FILE [--method METHOD] [options]",
  flags: FLAGS,
  notes: [
    ["Several sequences", [
      "Give --det (or --tracks) and --gt several times. What counts is added up over the sequences; figures are",
      "made of the sums, never averaged.",
    ]],
    ["As the authors evaluate", [
      "bytetrack and sort are judged by their filters' boxes, and bytetrack finds only sure detections again; ocsort",
      "and sort fall silent for a few frames when a track comes back. What the analyzer does by itself is",
      "--set boxes=detected --set regain=true for bytetrack, --set reconfirm=false for ocsort.",
    ]],
  ],
  examples: [
    ["weir eval track --det det.txt --gt gt.txt --method ocsort", "track public detections and judge the tracks"],
    ["weir eval track --det p.jsonl --gt truth.jsonl --set high=0.4 --every 3", "a scene, two of three frames dropped"],
    ["weir eval track --tracks other.txt --gt gt.txt --json", "judge what another tracker said"],
  ],
};

/** What the authors of each method set, besides what is default anyway. */
const PRESETS = {
  bytetrack: (fps: number) => ({ method: "bytetrack", fps, boxes: "filtered", regain: false }),
  ocsort: (fps: number) => ({ method: "ocsort", fps, reconfirm: true }),
  sort: (fps: number) => ({
    method: "ocsort",
    fps,
    high: 0,
    inertia: 0,
    recover: false,
    replay: false,
    reconfirm: true,
    boxes: "filtered",
    keepMs: 1000 / fps,
  }),
} as const;

/** `weir eval track`. Answers the exit code. */
export async function evalTrackCommand(args: string[]): Promise<number> {
  const { flags, positionals, help } = parseFlags(evalTrackHelp, args);
  if (help) {
    print(helpPage(evalTrackHelp));
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`weir eval track takes options only; what is "${positionals[0]}"?`);
  const report = await evalTrack(flags);
  print(flags.json ? JSON.stringify(report) : reportText(report));
  return 0;
}

/** Tracks and judges what the command line names. */
export async function evalTrack(flags: FlagValues<typeof FLAGS>): Promise<TrackReport> {
  const { det = [], tracks = [], gt = [], fps = 30, every = 1 } = flags;
  const inputs = det.length > 0 ? det : tracks;
  if (det.length > 0 && tracks.length > 0) {
    throw new UsageError("--det is tracked here, --tracks was already: give one");
  }
  if (inputs.length === 0) throw new UsageError("weir eval track wants --det FILE or --tracks FILE, and --gt FILE");
  if (gt.length !== inputs.length) {
    throw new UsageError(`There are ${inputs.length} sequences and the truth of ${gt.length}: each --gt is for one`);
  }
  const tracked = det.length > 0;
  if (!tracked && (flags.method !== undefined || flags.set !== undefined)) {
    throw new UsageError("--method and --set are about tracking; what --tracks names is tracked already");
  }
  const method = (flags.method ?? "bytetrack") as keyof typeof PRESETS;
  const options = tracked ? optionsOf(method, fps, flags.set ?? []) : undefined;
  const classes = listOf(flags.classes);
  const labels = listOf(flags.labels);
  const judged = [];
  for (const [index, input] of inputs.entries()) {
    const { frames: all, partial } = await readFrames(input, fps);
    const truth = await readTruth(gt[index], classes);
    const frames = all.filter((_, frame) => frame % every === 0);
    if (labels) { for (const frame of frames) keepLabels(frame, labels); }
    if (options) trackFrames(frames, options);
    const looked = partial || every > 1 ? new Set(frames.map(({ number }) => number)) : undefined;
    const asked = looked ? truth.filter(({ frame }) => looked.has(frame)) : truth;
    const rows = withoutDistractors(frames.flatMap(rowsOf), asked);
    const sequence = motSequence(asked.filter(({ role }) => role === "asked"), rows);
    judged.push({
      name: nameOf(input),
      frames: looked?.size ?? sequence.frames.length,
      hota: countHota(sequence),
      mot: countMot(sequence),
      identities: { truth: sequence.truthCounts.length, tracked: sequence.trackedCounts.length },
    });
  }
  return {
    v: 1,
    ...(options && { method, options }),
    sequences: judged.map(figures),
    combined: figures({
      name: "combined",
      frames: judged.reduce((sum, { frames }) => sum + frames, 0),
      hota: sumHota(judged.map(({ hota }) => hota)),
      mot: sumMot(judged.map(({ mot }) => mot)),
      identities: {
        truth: judged.reduce((sum, { identities }) => sum + identities.truth, 0),
        tracked: judged.reduce((sum, { identities }) => sum + identities.tracked, 0),
      },
    }),
  };
}

function optionsOf(method: keyof typeof PRESETS, fps: number, settings: readonly string[]): TrackOptions {
  const given = settings.map((setting) => {
    const at = setting.indexOf("=");
    if (at < 1) throw new UsageError(`Option --set wants KEY=VALUE, not "${setting}"`);
    return [setting.slice(0, at), parseYaml(setting.slice(at + 1))];
  });
  const parsed = trackSchema.safeParse({ ...PRESETS[method](fps), ...Object.fromEntries(given) });
  if (parsed.success) return parsed.data;
  throw new UsageError(`These options do not fit the tracker: ${z.prettifyError(parsed.error)}`);
}

/** Runs the analyzer over the frames, as a pipeline would. */
function trackFrames(frames: readonly EvalFrame[], options: TrackOptions): void {
  const track = new Track(options);
  for (const { number, ptsUs, outputs } of frames) {
    for (const detection of detectionsIn(outputs)) delete detection.track;
    const info = { stream: "eval", epoch: 1, seq: number, ptsUs, arrivedAtMs: 0 };
    track.push({ info, width: 0, height: 0, outputs });
  }
}

function rowsOf({ number, outputs }: EvalFrame): MotRow[] {
  return detectionsIn(outputs).flatMap(({ track, box }) =>
    track === undefined ? [] : [{ frame: number, id: track, box }]
  );
}

function detectionsIn(outputs: EvalFrame["outputs"]): Detection[] {
  return Object.values(outputs).flatMap((output) => (output as Partial<ModelOutput>).detections ?? []);
}

function keepLabels({ outputs }: EvalFrame, labels: ReadonlySet<string>): void {
  for (const output of Object.values(outputs) as Partial<ModelOutput>[]) {
    if (output.detections) output.detections = output.detections.filter(({ label }) => labels.has(label));
  }
}

function listOf(text: string | undefined): ReadonlySet<string> | undefined {
  return text === undefined ? undefined : new Set(text.split(",").map((part) => part.trim()));
}

/** MOT's folders all hold a det.txt; the folder tells which it is. */
function nameOf(path: string): string {
  const name = basename(path).replace(/\.[^.]+$/, "");
  return name === "det" ? basename(dirname(path)) || name : name;
}
