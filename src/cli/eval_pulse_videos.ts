import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseRegistration } from "../../config/schema.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { createPortraitScene } from "../../streams/scenes/portrait_scene.ts";
import { framePtsUs } from "../../streams/scenes/scene.ts";
import type { PulseOutput } from "../analyzers/pulse.ts";
import { Weir } from "../app.ts";
import { type PulseGuess, VIDEO_SETS } from "./eval_pulse_report.ts";
import { UsageError } from "./usage_error.ts";

/** A video whose pulse is known; without a `truth` nobody can read one in it. */
export interface PulseVideo {
  set: string;
  name: string;
  path: string;
  truth?: number;
  /** Faces are looked for, or the whole picture is skin. */
  faces: boolean;
  /** Windows of this length, seconds. */
  windowS: number;
}

/** What finds faces, and the network that answers a wave of each. */
export interface VideoModels {
  faces: string;
  wave: string;
}

/** Rates of the portraits that are rendered. */
const PORTRAITS = [50, 72, 118, 160] as const;
const PORTRAIT = { width: 640, height: 360, fps: 30 }, PORTRAIT_S = 14;
/** Stronger compression takes the pulse out. */
const CRF = 14;
/** How colours are read; `live` is what the analyzer does by itself. */
const WAYS = { pos: "pos", chrom: "chrom", lgi: "lgi", omit: "omit", green: "green", live: "auto" } as const;
const WAVE = "me_rppg";
/** What is told before there are so many seconds is not looked at. */
const LEAST_S = 9.8;

/** The models and videos of a folder of test assets. */
export function videosIn(assets: string): { models: VideoModels; videos: PulseVideo[] } {
  const found = (path: string) => {
    const full = join(assets, path);
    if (!existsSync(full)) throw new UsageError(`Cannot judge videos: there is no ${full}`);
    return full;
  };
  const models = {
    faces: found("data/models/ultraface_rfb_320.onnx"),
    wave: found("data/models/me_rppg.onnx"),
  };
  const videos = [
    {
      set: VIDEO_SETS.photograph,
      name: "pulse_astronaut_72bpm",
      path: found("data/clips/pulse_astronaut_72bpm.mp4"),
      truth: 72,
      faces: true,
      windowS: 30,
    },
    {
      set: VIDEO_SETS.dark,
      name: "rppg_forehead_lowsnr_india1",
      path: found("data/clips/rppg_forehead_lowsnr_india1.avi"),
      faces: false,
      windowS: 30,
    },
  ];
  return { models, videos };
}

/** Renders portraits into a folder: heads whose hearts are known, as a camera and its compression leave them. */
export function renderPortraits(folder: string, rates: readonly number[] = PORTRAITS): PulseVideo[] {
  return rates.map((bpm) => {
    const path = join(folder, `portrait-${bpm}.mp4`);
    const scene = createPortraitScene({ ...PORTRAIT, seed: bpm, bpm });
    const { width, height, fps, format } = scene;
    using writer = VideoWriter.open(path, { width, height, fps, crf: CRF });
    for (let n = 0; n < PORTRAIT_S * fps; n++) {
      const ptsUs = framePtsUs(n, fps);
      using picture = pictureFromPixels({ width, height, format, data: scene.next().pixels, ptsUs });
      writer.write(picture, ptsUs);
    }
    writer.close();
    return { set: VIDEO_SETS.portrait, name: `${bpm} BPM`, path, truth: bpm, faces: true, windowS: 10 };
  });
}

/** What every method and the network say of videos, once a second, from the first whole window on; each decoded once. */
export async function videoGuesses(models: VideoModels, videos: readonly PulseVideo[]): Promise<PulseGuess[]> {
  const guesses: PulseGuess[] = [];
  await using weir = await Weir.start({ streamWorkers: 1 });
  for (const [index, video] of videos.entries()) {
    const id = `video-${index}`;
    const subscription = weir.results$.subscribe(({ stream, outputs }) => {
      if (stream !== id) return;
      for (const [step, output] of Object.entries(outputs)) {
        const { notice, bpm = Number.NaN, confidence = 0, windowS = 0 } = output as Partial<PulseOutput>;
        if (notice === undefined || windowS < LEAST_S) continue;
        const { set, name, truth = Number.NaN } = video;
        guesses.push({ set, name, method: step, truth, bpm, confidence });
      }
    });
    try {
      await weir.add(parseRegistration({
        id,
        source: { kind: "file", path: video.path, pace: "fast" },
        pipeline: pipelineOf(video, models),
        policy: { mode: "block" },
      }));
      const { state, cause } = await weir.done(id);
      if (state === "failed") throw new Error(`Cannot judge ${video.path}: ${cause?.message}`);
    } finally {
      subscription.unsubscribe();
      await weir.remove(id);
    }
  }
  return guesses;
}

function pipelineOf({ faces, windowS }: PulseVideo, models: VideoModels) {
  // Rates come whatever their confidence: what of them counts is judged here.
  const read = { analyzer: "pulse", windowS, minConfidence: 0, waveS: 0, ...(!faces && { region: "frame" }) };
  return [
    ...faces ? [{ model: models.faces, name: "faces" }] : [],
    { model: models.wave, name: "wave", ...(faces && { on: "faces", max: 1 }) },
    ...Object.entries(WAYS).map(([name, method]) => ({ ...read, name, method })),
    { ...read, name: WAVE, method: "wave" },
  ];
}
