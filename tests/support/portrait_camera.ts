import { createPortraitScene } from "../../streams/scenes/portrait_scene.ts";

/** Small, so that the file is; the face still has thousands of pixels. */
const WIDTH = 320, HEIGHT = 240, FPS = 30;
/** It is played again and again: at 72 beats a minute as many beats as seconds make it run on. */
const SECONDS = 10;

/** The rate of whom {@link portraitClip} shows. */
export const PORTRAIT_BPM = 72;

/** Flags of a browser whose camera shows somebody whose heart rate is known, from a file that is written here. */
export async function portraitCamera(directory: string): Promise<string[]> {
  return [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${await portraitClip(directory)}`,
  ];
}

/** Writes ten seconds of somebody whose heart rate is known; answers where they are. */
export async function portraitClip(directory: string): Promise<string> {
  const scene = createPortraitScene({ seed: 2, width: WIDTH, height: HEIGHT, fps: FPS, bpm: PORTRAIT_BPM });
  const path = `${directory}/portrait.y4m`;
  const file = await Deno.create(path);
  const text = new TextEncoder();
  const writer = file.writable.getWriter();
  await writer.write(text.encode(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420jpeg\n`));
  for (let frame = 0; frame < FPS * SECONDS; frame++) {
    await writer.write(text.encode("FRAME\n"));
    await writer.write(planes(scene.next().pixels));
  }
  await writer.close();
  return path;
}

/** RGB as luma and, for every second pixel each way, chroma: BT.601 in its narrow range. */
function planes(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = WIDTH * HEIGHT, out = new Uint8Array(size * 1.5);
  for (let i = 0; i < size; i++) {
    const [r, g, b] = rgb.subarray(i * 3, i * 3 + 3);
    out[i] = Math.round(16 + 0.257 * r + 0.504 * g + 0.098 * b);
  }
  for (let y = 0, at = size; y < HEIGHT; y += 2) {
    for (let x = 0; x < WIDTH; x += 2, at++) {
      const mean = [0, 1, 2].map((channel) => {
        const first = (y * WIDTH + x) * 3 + channel, below = first + WIDTH * 3;
        return (rgb[first] + rgb[first + 3] + rgb[below] + rgb[below + 3]) / 4;
      });
      out[at] = Math.round(128 - 0.148 * mean[0] - 0.291 * mean[1] + 0.439 * mean[2]);
      out[at + size / 4] = Math.round(128 + 0.439 * mean[0] - 0.368 * mean[1] - 0.071 * mean[2]);
    }
  }
  return out;
}
