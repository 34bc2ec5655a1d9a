import { writeCounter } from "../../src/vision/counter_code.ts";
import { noiseGrid, smoothNoise } from "./noise.ts";
import { Random } from "./random.ts";
import { framePtsUs, type Scene, type SceneFrame, type SceneOptions } from "./scene.ts";

/** What is known of a counter frame. */
export interface CounterTruth {
  frame: number;
  ptsUs: number;
  width: number;
  height: number;
  counter: number;
}

/** How far the pattern wanders. */
const ROAM = 96;

/** A moving pattern with the number of each frame burned in; the first is 0. */
export class CounterScene implements Scene<CounterTruth> {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly format = "rgb24";
  #frame = 0;
  #pattern: Uint8Array;
  #pixels: Uint8Array;

  constructor({ seed, width, height, fps }: SceneOptions) {
    this.width = width;
    this.height = height;
    this.fps = fps;
    this.#pattern = pattern(seed, width + ROAM, height + ROAM);
    this.#pixels = new Uint8Array(width * height * 3);
  }

  next(): SceneFrame<CounterTruth> {
    return this.later()();
  }

  later(): () => SceneFrame<CounterTruth> {
    const frame = this.#frame++;
    return () => this.#render(frame);
  }

  skip(): void {
    this.#frame++;
  }

  #render(frame: number): SceneFrame<CounterTruth> {
    const { width, height } = this;
    const turn = frame * 0.05;
    const dx = Math.round((ROAM / 2) * (1 + Math.sin(turn))), dy = Math.round((ROAM / 2) * (1 + Math.cos(turn * 0.7)));
    const stride = (width + ROAM) * 3;
    for (let y = 0; y < height; y++) {
      const from = (y + dy) * stride + dx * 3;
      this.#pixels.set(this.#pattern.subarray(from, from + width * 3), y * width * 3);
    }
    writeCounter(this.#pixels, width, height, frame % 2 ** 32);
    const ptsUs = framePtsUs(frame, this.fps);
    return { ptsUs, pixels: this.#pixels, truth: { frame, ptsUs, width, height, counter: frame % 2 ** 32 } };
  }
}

/** Creates a counter scene: the same seed, size and rate give the same pictures. */
export function createCounterScene(options: SceneOptions): CounterScene {
  return new CounterScene(options);
}

/** Soft clouds of colour with a fine grid over them: something for encoders to do. */
function pattern(seed: number, width: number, height: number): Uint8Array {
  const random = new Random(seed, 9);
  const grids = [0, 1, 2].map(() => noiseGrid(64, random));
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grid = x % 48 === 0 || y % 48 === 0 ? 40 : 0;
      for (let channel = 0; channel < 3; channel++, at++) {
        rgb[at] = 120 + grid + smoothNoise(grids[channel], 64, x / 40, y / 40) * 80;
      }
    }
  }
  return rgb;
}
