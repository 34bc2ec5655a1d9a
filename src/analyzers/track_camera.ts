import type { Picture } from "../core/frame.ts";
import { CameraMotion, type CameraShift } from "../vision/camera_motion.ts";

/** Width of the small pictures that are compared: enough to see a pan to half a source pixel in a thousand. */
const WIDTH = 192;

/** Tells a tracker how its camera moves, in source pixels. */
export class TrackCamera {
  #motion: CameraMotion | undefined;
  #of = { width: 0, height: 0 };

  /** The camera's motion since the frame before; undefined where it cannot be told. */
  push(picture: Picture): CameraShift | undefined {
    const { width, height } = picture;
    if (!this.#motion || this.#of.width !== width || this.#of.height !== height) {
      const columns = Math.min(WIDTH, width);
      this.#motion = new CameraMotion(columns, Math.max(1, Math.round((columns * height) / width)));
      this.#of = { width, height };
    }
    const { width: columns, height: rows } = this.#motion;
    const shift = this.#motion.push(picture.pixels({ format: "gray", width: columns, height: rows }));
    return shift && { scale: shift.scale, x: (shift.x * width) / columns, y: (shift.y * height) / rows };
  }

  /** Forgets the frame before. */
  reset(): void {
    this.#motion?.reset();
  }
}
