import { pictureFromPixels } from "../../streams/av/picture.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { createCounterScene } from "../../streams/scenes/counter_scene.ts";
import { createPitchScene } from "../../streams/scenes/pitch_scene.ts";
import { createPortraitScene, type PortraitOptions } from "../../streams/scenes/portrait_scene.ts";
import type { Scene } from "../../streams/scenes/scene.ts";
import { type Command, type FlagValues, parseFlags } from "./flags.ts";
import { fitLine } from "./fit_line.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { helpPage } from "./help.ts";
import { onInterrupt } from "./interrupt.ts";
import { PartialFile } from "./partial_file.ts";
import { print } from "./print.ts";
import { progressPiece } from "./progress.ts";
import { didYouMean } from "./suggest.ts";
import { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

const SCENES: Record<string, (options: PortraitOptions) => Scene> = {
  pitch: createPitchScene,
  counter: createCounterScene,
  portrait: createPortraitScene,
};

const flags = {
  out: { type: "string", value: "FILE", description: "the clip: .mp4, .mkv, .mov, .webm, .ts or .avi" },
  truth: { type: "string", value: "FILE", description: "the truth of every frame, as JSON lines" },
  seed: { type: "number", description: "which of the scenes (default 7)", min: 0, integer: true },
  seconds: { type: "number", description: "length (default 60)", min: 0.01, max: 86_400 },
  size: { type: "string", value: "WxH", description: "size in pixels (default 1280x720)" },
  fps: { type: "number", description: "frames a second (default 25)", min: 0.1, max: 240 },
  bpm: {
    type: "number",
    description: "portrait: the heart rate (default: changes by 20 every 25 s)",
    min: 40,
    max: 220,
  },
  crf: { type: "number", description: "quality of the clip, lower is better (default 23)", min: 0, max: 51 },
  force: { type: "boolean", description: "overwrite files that exist" },
  quiet: { type: "boolean", description: "say nothing unless it fails" },
} as const;

/** `weir scene` as help tells it. */
export const sceneHelp: Command<typeof flags> = {
  name: "scene",
  summary: "render a synthetic clip and its ground truth",
  usage: "pitch|counter|portrait [--out FILE] [--truth FILE] [options]",
  flags,
  notes: [
    ["Scenes", [
      "pitch      a football match: two teams, goalkeepers, referee, assistants and ball, seen from the stand",
      "counter    a moving pattern with the number of each frame burned in",
      "portrait   somebody in front of a webcam, never quite still, whose heart rate is known; to read it from a clip, render",
      "           that with --crf 14 or less: stronger compression takes the pulse out",
    ]],
    ["Truth of a pitch", [
      "One line a frame: objects (id, class, team, box in pixels, share that is visible, metres on the pitch),",
      "the camera's homography (metres to pixels) and the events since the frame before.",
      "The same scene, seed, size and rate give the same frames and the same truth every time.",
    ]],
  ],
  examples: [
    [
      "weir scene pitch --seed 7 --seconds 60 --out p.mp4 --truth p.jsonl",
      "a minute of football and all that is true of it",
    ],
    ["weir scene pitch --seconds 5400 --fps 10 --truth match.jsonl", "the truth alone"],
    ["weir scene counter --seconds 10 --out counter.mp4", "frames that say which they are"],
  ],
};

/** `weir scene`: renders a scene into a clip, its truth into JSON lines, or both. Answers the exit code. */
export async function sceneCommand(args: string[]): Promise<number> {
  const { flags: given, positionals, help } = parseFlags(sceneHelp, args);
  if (help) {
    print(helpPage(sceneHelp));
    return 0;
  }
  return await render(planScene(positionals, given));
}

interface ScenePlan {
  scene: Scene;
  frames: number;
  crf: number;
  clip?: PartialFile;
  truth?: PartialFile;
  quiet: boolean;
}

function planScene(positionals: string[], given: FlagValues<typeof flags>): ScenePlan {
  const [name, ...others] = positionals;
  const known = Object.keys(SCENES);
  if (name === undefined) throw new UsageError(`weir scene wants a scene; there are: ${known.join(", ")}`);
  if (!Object.hasOwn(SCENES, name)) {
    throw new UsageError(`There is no scene ${name}${didYouMean(name, known) || `; there are: ${known.join(", ")}`}`);
  }
  if (others.length > 0) throw new UsageError(`weir scene renders one scene; what is "${others[0]}"?`);
  const {
    out,
    truth,
    seed = 7,
    seconds = 60,
    size = "1280x720",
    fps = 25,
    crf = 23,
    bpm,
    force = false,
    quiet = false,
  } = given;
  if (out === undefined && truth === undefined) throw new UsageError("weir scene wants --out, --truth or both");
  const [width, height] = parseSize(size);
  const clip = out === undefined ? undefined : new PartialFile(out, { force, option: "--out" });
  const lines = truth === undefined ? undefined : new PartialFile(truth, { force, option: "--truth" });
  if (clip && lines && clip.path === lines.path) throw new UsageError("--out and --truth name the same file");
  const frames = Math.max(1, Math.round(seconds * fps));
  const scene = SCENES[name]({ seed, width, height, fps, ...(bpm !== undefined && { bpm }) });
  return { scene, frames, crf, quiet, ...(clip && { clip }), ...(lines && { truth: lines }) };
}

function parseSize(text: string): [number, number] {
  const match = /^(\d+)x(\d+)$/i.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (!(width >= 64 && width <= 7680 && height >= 64 && height <= 4320)) {
    throw new UsageError(`Option --size wants a size such as 1280x720, from 64x64 to 7680x4320, not "${text}"`);
  }
  if (width % 2 || height % 2) throw new UsageError(`Option --size wants even numbers, not "${text}"`);
  return [width, height];
}

async function render({ scene, frames, crf, clip, truth, quiet }: ScenePlan): Promise<number> {
  const { width, height, fps, format } = scene;
  const terminal = new Terminal();
  const startedMs = performance.now();
  let stopped = false;
  let drawnMs = startedMs;
  using _interrupt = onInterrupt(() => stopped = true);
  using writer = clip && VideoWriter.open(clip.partialPath, { width, height, fps, crf, faststart: true });
  using lines = truth && new Lines(truth.partialPath);
  let done = 0;
  try {
    for (; done < frames && !stopped; done++) {
      // Without a clip nobody sees the pixels, but what is hidden is only known once it is drawn.
      const { ptsUs, pixels, truth: known } = scene.next();
      if (writer) {
        using picture = pictureFromPixels({ width, height, format, data: pixels, ptsUs });
        writer.write(picture, ptsUs);
      }
      lines?.push(JSON.stringify(known));
      const nowMs = performance.now();
      if (nowMs - drawnMs < 100) continue;
      drawnMs = nowMs;
      if (!quiet) {
        terminal.draw([progressLine(done + 1, frames, { elapsedMs: nowMs - startedMs, columns: terminal.columns })]);
      }
      // Signals are heard between frames.
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
  } catch (error) {
    // Half a clip's truth is of no use to anybody.
    lines?.[Symbol.dispose]();
    if (truth) await Deno.remove(truth.partialPath);
    throw error;
  } finally {
    terminal.clear();
  }
  if (stopped) terminal.say(`Stopped after ${done} of ${frames} frames; what there is, is whole`);
  lines?.close();
  writer?.close();
  for (const file of [clip, truth]) {
    const size = await file?.commit();
    if (!quiet && size !== undefined) terminal.say(`${file!.path}: ${formatBytes(size)}`);
  }
  if (!quiet) {
    const seconds = (performance.now() - startedMs) / 1000;
    terminal.say(`${done} frames in ${formatDuration(seconds * 1000)}, ${(done / seconds).toFixed(0)} a second`);
  }
  return stopped ? 130 : 0;
}

function progressLine(
  done: number,
  frames: number,
  { elapsedMs, columns }: { elapsedMs: number; columns: number },
): string {
  const share = done / frames;
  const bar = progressPiece({ share, remainingMs: (elapsedMs * (1 - share)) / share });
  return fitLine(
    [bar, [`${done} of ${frames} frames`], [`${((done * 1000) / elapsedMs).toFixed(0)} a second`]],
    columns,
  );
}

/** Lines on their way into a file, many at a time. */
class Lines implements Disposable {
  #file: Deno.FsFile | undefined;
  #waiting: string[] = [];
  #characters = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
  }

  push(line: string): void {
    this.#waiting.push(line);
    this.#characters += line.length;
    if (this.#characters > 1 << 18) this.#flush();
  }

  close(): void {
    this.#flush();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const bytes = new TextEncoder().encode(this.#waiting.join("\n") + "\n");
    for (let sent = 0; sent < bytes.length;) sent += this.#file!.writeSync(bytes.subarray(sent));
    this.#waiting = [];
    this.#characters = 0;
  }
}
