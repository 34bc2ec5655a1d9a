import { framePtsUs, type Scene, type SceneOptions } from "../../streams/scenes/scene.ts";
import { createCounterScene } from "../../streams/scenes/counter_scene.ts";
import { createPitchScene } from "../../streams/scenes/pitch_scene.ts";
import { pictureFromPixels } from "../../streams/av/picture.ts";
import { VideoWriter } from "../../streams/av/video_writer.ts";
import { cached } from "./bench_cache.ts";
import { retimeMp4 } from "./retime_mp4.ts";

/** A clip to measure with. */
export interface Clip {
  file: string;
  frames: number;
}

const SIZE = { width: 1280, height: 720, fps: 25 };
const SCENES = { pitch: createPitchScene, counter: createCounterScene } as const;

/**
 * A clip of a scene at 1280×720, 25 frames a second, rendered once and then kept: H.264 without reordered frames, as
 * cameras send it.
 */
export async function benchClip(
  scene: keyof typeof SCENES,
  options: { frames: number; container?: "mp4" | "ts" },
): Promise<Clip> {
  const { frames, container = "mp4" } = options;
  const file = await cached(`${scene}-v1-${frames}.${container}`, (path) => {
    renderScene(path, SCENES[scene]({ seed: 1, ...SIZE } satisfies SceneOptions), frames);
  });
  return { file, frames };
}

/** The clip at about that speed, in a file that is the caller's to remove, and its exact speed. */
export async function clipAtSpeed(clip: Clip, wantedFps: number): Promise<{ file: string; fps: number }> {
  const file = await Deno.makeTempFile({ prefix: "weir-bench-", suffix: ".mp4" });
  const retimed = retimeMp4(await Deno.readFile(clip.file), wantedFps / SIZE.fps);
  await Deno.writeFile(file, retimed.file);
  return { file, fps: SIZE.fps * retimed.factor };
}

/** Writes so many frames of a scene as a camera would send them. */
export function renderScene(path: string, scene: Scene, frames: number): void {
  const { width, height, fps, format } = scene;
  using writer = VideoWriter.open(path, { width, height, fps, bframes: 0, gop: 2 * fps });
  for (let n = 0; n < frames; n++) {
    const ptsUs = framePtsUs(n, fps);
    using picture = pictureFromPixels({ width, height, format, data: scene.next().pixels, ptsUs });
    writer.write(picture, ptsUs);
  }
  writer.close();
}
