import { drawResult } from "../src/vision/draw.ts";
import { Trails } from "../src/vision/trails.ts";
import type { ResultEnvelope } from "../src/core/results.ts";
import { pictureFromPixels } from "./av/picture.ts";
import { VideoWriter } from "./av/video_writer.ts";
import type { FrameInWork } from "./frame_in_work.ts";

/** Nominal rate when the source states none; presentation times decide what players do. */
const DEFAULT_FPS = 25;

/** Writes every finished frame, with what was found drawn on it, to a video. */
export class Recorder {
  #writer?: VideoWriter;
  #baseUs = 0;
  #lastUs = 0;
  #epoch = 0;
  #trails = new Trails();

  constructor(private readonly path: string) {}

  /** Adds one frame. A size that changes under way is scaled to the first frame's. */
  push(frame: FrameInWork, result: ResultEnvelope, fps?: number): void {
    const { picture, info } = frame;
    if (!this.#writer) {
      const rate = fps && fps > 0 ? fps : DEFAULT_FPS;
      this.#writer = VideoWriter.open(this.path, {
        width: picture.width,
        height: picture.height,
        fps: rate,
        faststart: true,
      });
    }
    if (info.epoch !== this.#epoch) {
      // Presentation time starts anew with an epoch; the video's goes on.
      this.#baseUs = this.#epoch === 0 ? -info.ptsUs : this.#lastUs + 1e6 / (fps || DEFAULT_FPS) - info.ptsUs;
      this.#epoch = info.epoch;
    }
    const { width, height } = picture;
    const rgb = picture.pixels({ format: "rgb" });
    drawResult(rgb, { width, height }, result.outputs, { trails: this.#trails.push(result.outputs) });
    this.#lastUs = Math.max(this.#lastUs, info.ptsUs + this.#baseUs);
    using drawn = pictureFromPixels({ width, height, format: "rgb24", data: rgb, ptsUs: this.#lastUs });
    this.#writer.write(drawn, this.#lastUs);
  }

  /** Finishes the file. */
  close(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.close();
  }
}
