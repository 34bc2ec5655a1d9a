import { join } from "node:path";
import type { Picture } from "../../src/core/frame.ts";
import { VideoWriter, type VideoWriterOptions } from "../../streams/av/video_writer.ts";

/** A clip as tests want it. Everything has a default: two seconds of 320x240 H.264 at 25 frames a second. */
export interface ClipSpec extends Partial<VideoWriterOptions> {
  container?: "mp4" | "mkv" | "webm" | "ts" | "avi";
  frames?: number;
  /** Presentation time of a frame, microseconds; default the constant rate. */
  ptsUs?(index: number): number;
}

/** How many frames the marks of a clip can tell apart. */
export const INDEX_LIMIT = 256;

const clips = new Map<string, string>();
let folder: string | undefined;

/** A folder for this run's files; gone when the run ends. */
export function clipFolder(): string {
  if (!folder) {
    const made = Deno.makeTempDirSync({ prefix: "weir-clips-" });
    globalThis.addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
    folder = made;
  }
  return folder;
}

/** The path of a clip, which is made when it is first asked for. Frame `i` carries the mark `i`. */
export function makeClip(spec: ClipSpec = {}): string {
  const { container = "mp4", frames = 50, ptsUs, width = 320, height = 240, fps = 25, ...options } = spec;
  const key = JSON.stringify({ ...spec, ptsUs: ptsUs && Array.from({ length: frames }, (_, index) => ptsUs(index)) });
  const known = clips.get(key);
  if (known) return known;
  const path = join(clipFolder(), `clip-${clips.size}.${container}`);
  using writer = VideoWriter.open(path, { width, height, fps, ...options });
  for (let index = 0; index < frames; index++) {
    writer.write({ rgb: paintFrame(width, height, index) }, ptsUs ? ptsUs(index) : (index * 1e6) / fps);
  }
  writer.close();
  clips.set(key, path);
  return path;
}

/** A copy of a file, cut to a share of its length. */
export function truncated(path: string, share: number): string {
  const bytes = Deno.readFileSync(path);
  return writeBytes(bytes.subarray(0, Math.floor(bytes.length * share)), `cut-${share}-${path.split("/").at(-1)}`);
}

/** A copy of a file with some of its bytes turned over, the same ones for the same seed. The first `sparing` stay. */
export function corrupted(path: string, options: { seed: number; flips: number; sparing: number }): string {
  const bytes = Deno.readFileSync(path);
  let state = options.seed >>> 0;
  for (let flip = 0; flip < options.flips; flip++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const at = options.sparing + (state % (bytes.length - options.sparing));
    bytes[at] ^= 0xff;
  }
  return writeBytes(bytes, `bad-${options.seed}-${options.flips}-${path.split("/").at(-1)}`);
}

/** A file of these bytes. */
export function writeBytes(bytes: Uint8Array, name: string): string {
  const path = join(clipFolder(), name);
  Deno.writeFileSync(path, bytes);
  return path;
}

/** A WAV file: sound, no video. */
export function makeSound(seconds = 1): string {
  const rate = 8000;
  const view = new DataView(new ArrayBuffer(44 + rate * seconds * 2));
  const text = (at: number, word: string) =>
    [...word].forEach((c, index) => view.setUint8(at + index, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, view.byteLength - 44, true);
  for (let index = 0; index < rate * seconds; index++) {
    view.setInt16(44 + index * 2, Math.sin(index / 5) * 8000, true);
  }
  return writeBytes(new Uint8Array(view.buffer), "sound.wav");
}

// Eight bars across the top, black or white, tell the frame's number and survive compression.
const BITS = 8;

/** A frame: gradients, a square that moves, and the frame's number as bars along the top. */
export function paintFrame(width: number, height: number, index: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  const bars = barHeight(height);
  const side = Math.max(4, Math.floor(height / 6));
  const left = (index * 5) % Math.max(1, width - side);
  const top = bars + (index * 3) % Math.max(1, height - bars - side);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      if (y < bars) rgb.fill((index >> Math.floor((x * BITS) / width)) & 1 ? 255 : 0, at, at + 3);
      else if (x >= left && x < left + side && y >= top && y < top + side) rgb.fill(250, at, at + 3);
      else {
        rgb[at] = (x * 200) / width;
        rgb[at + 1] = (y * 200) / height;
        rgb[at + 2] = 100;
      }
    }
  }
  return rgb;
}

/** The number that a picture of {@link paintFrame} carries. */
export function readIndex(picture: Picture): number {
  const { width, height } = picture;
  const gray = picture.pixels({ format: "gray" });
  const y = Math.floor(barHeight(height) / 2);
  let index = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = Math.floor(((bit + 0.5) * width) / BITS);
    if (gray[y * width + x] > 127) index |= 1 << bit;
  }
  return index;
}

function barHeight(height: number): number {
  return Math.max(4, Math.floor(height / 8));
}
