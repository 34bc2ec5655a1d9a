import { MIDDLE_Y, PITCH_LENGTH, PITCH_WIDTH } from "./pitch_measures.ts";
import type { PitchLook } from "./pitch_look.ts";
import type { CameraPose } from "./projection.ts";
import { Random } from "./random.ts";

/** A camera operator on the stand: follows the ball late and smoothly, and zooms so that people keep their size. */
export class PitchCamera {
  readonly pose: CameraPose;
  #x = PITCH_LENGTH / 2;
  #y = MIDDLE_Y;
  #vx = 0;
  #vy = 0;
  #zoom = 1;
  #phases: number[];
  #rates: number[];
  #focal = 0;

  constructor(private readonly look: PitchLook, seed: number, private readonly height: number) {
    const random = new Random(seed, 4);
    this.#phases = Array.from({ length: 6 }, () => random.range(0, Math.PI * 2));
    this.#rates = [0.11, 0.23, 0.37, 0.9, 1.7, 0.07].map((rate) => rate * random.range(0.7, 1.3));
    this.pose = {
      x: look.camera.x,
      y: PITCH_WIDTH + look.camera.back,
      z: look.camera.height,
      pan: 0,
      tilt: 0.3,
      focal: 1000,
    };
    this.#aim(0);
  }

  /** Lets `dt` seconds pass while the play is at the given point, moving at the given velocity. */
  follow(play: { x: number; y: number; vx: number; vy: number; tight: number }, time: number, dt: number): void {
    const targetX = clamp(play.x + clamp(play.vx * 0.45, -7, 7), 5, PITCH_LENGTH - 5);
    const targetY = clamp(play.y + clamp(play.vy * 0.3, -4, 4), 7, PITCH_WIDTH - 6);
    const stiffness = 1 / (this.look.camera.lag * this.look.camera.lag);
    const damping = 2 / this.look.camera.lag;
    this.#vx += (stiffness * (targetX - this.#x) - damping * this.#vx) * dt;
    this.#vy += (stiffness * 0.5 * (targetY - this.#y) - damping * this.#vy) * dt;
    this.#x += this.#vx * dt;
    this.#y += this.#vy * dt;
    this.#zoom += (play.tight - this.#zoom) * Math.min(1, dt * 0.6);
    this.#aim(time);
  }

  /** The pose `share` of the way from `before` to now. */
  poseBetween(before: CameraPose, share: number): CameraPose {
    const { pose } = this;
    const mix = (a: number, b: number) => a + (b - a) * share;
    return {
      ...pose,
      pan: mix(before.pan, pose.pan),
      tilt: mix(before.tilt, pose.tilt),
      focal: mix(before.focal, pose.focal),
    };
  }

  /** Colour drift at a time: signed levels of red, green and blue. */
  drift(time: number): [number, number, number] {
    const size = this.look.camera.drift;
    const level = size * 0.6 * this.#wave(0, time);
    const warmth = size * 0.4 * this.#wave(5, time);
    return [level + warmth, level, level - warmth];
  }

  #aim(time: number): void {
    const { pose } = this;
    const dx = this.#x - pose.x, dy = pose.y - this.#y;
    const ground = Math.hypot(dx, dy);
    const distance = Math.hypot(ground, pose.z);
    const sway = 0.0004;
    pose.pan = Math.atan2(dx, dy) + sway * (this.#wave(2, time) + 0.3 * this.#wave(4, time));
    // The aimed point sits a little below the picture's middle, where an operator leaves room for the far side.
    pose.tilt = Math.atan2(pose.z, ground) - 0.016 + sway * this.#wave(3, time);
    const metre = (this.look.camera.figure / 1.82) * (1 + 0.09 * this.#wave(1, time)) * this.#zoom;
    // Between keeping people's size and keeping the angle: far play looks smaller, but not by the whole distance.
    const reference = Math.hypot(this.look.camera.back + MIDDLE_Y, pose.z);
    this.#focal = metre * Math.pow(distance, 0.62) * Math.pow(reference, 0.38) * (this.height / 720);
    pose.focal = this.#focal;
  }

  #wave(i: number, time: number): number {
    return Math.sin(this.#phases[i] + time * this.#rates[i] * Math.PI * 2 * 0.5);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
