import type { Box } from "../../src/core/results.ts";
import { noiseGrid, smoothNoise } from "./noise.ts";
import { FACE_BOX, portraitFace, type PortraitLayer } from "./portrait_face.ts";
import { PortraitHeart } from "./portrait_heart.ts";
import { type PortraitLook, portraitLook } from "./portrait_look.ts";
import { Random } from "./random.ts";
import { framePtsUs, type Scene, type SceneFrame, type SceneOptions } from "./scene.ts";

/** What is known of a portrait frame. */
export interface PortraitTruth {
  frame: number;
  ptsUs: number;
  width: number;
  height: number;
  /** The heart's rate, beats a minute. */
  bpm: number;
  /** Blood under the skin, roughly −1 to 1. */
  blood: number;
  eyesClosed: boolean;
  objects: { id: number; class: "face"; box: Box; visible: number }[];
}

/** Options of {@link PortraitScene}; without a rate it changes by 20 beats a minute every 25 seconds. */
export interface PortraitOptions extends SceneOptions {
  bpm?: number;
}

/** What a beat takes of each channel's light: about what cameras see of a face. */
const DEPTH = [0.0026, 0.006, 0.0041] as const;
/** The camera's noise, levels. */
const NOISE = 2.2;
const GRAIN = 1 << 16;
/** What the room behind may take with its noise already on it, bytes: rows are then copied from one of several. */
const ROOM_BYTES = 24e6, ROOMS_MAX = 6;

/** Somebody who sits in front of a webcam, never quite still, and whose heart rate is known. */
export class PortraitScene implements Scene<PortraitTruth> {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly format = "rgb24";
  #frame = 0;
  #unit: number;
  #heart: PortraitHeart;
  #open: PortraitLayer;
  #closed: PortraitLayer;
  #room: Float32Array;
  #rooms: Uint8ClampedArray[];
  #grain: Float32Array;
  #phases: number[];
  #pixels: Uint8ClampedArray;

  constructor(private readonly options: PortraitOptions) {
    const { seed, width, height, fps, bpm } = options;
    this.width = width;
    this.height = height;
    this.fps = fps;
    this.#unit = Math.min(height * 0.185, width * 0.16);
    this.#heart = new PortraitHeart(seed, bpm);
    const look = portraitLook(seed);
    this.#open = portraitFace(look, this.#unit, { seed, closed: false });
    this.#closed = portraitFace(look, this.#unit, { seed, closed: true });
    this.#room = room(look, seed, width, height);
    const random = new Random(seed, 23);
    this.#grain = Float32Array.from({ length: GRAIN }, () => random.normal() * NOISE);
    const rooms = Math.max(2, Math.min(ROOMS_MAX, Math.floor(ROOM_BYTES / this.#room.length)));
    this.#rooms = Array.from({ length: rooms }, (_, index) => this.#noisyRoom(index));
    this.#phases = Array.from({ length: 6 }, () => random.range(0, 2 * Math.PI));
    this.#pixels = new Uint8ClampedArray(width * height * 3);
  }

  next(): SceneFrame<PortraitTruth> {
    return this.later()();
  }

  later(): () => SceneFrame<PortraitTruth> {
    const frame = this.#frame++;
    return () => this.#render(frame);
  }

  skip(): void {
    this.#frame++;
  }

  #render(frame: number): SceneFrame<PortraitTruth> {
    const { width, height } = this;
    const ptsUs = framePtsUs(frame, this.fps), time = ptsUs / 1e6;
    const wave = (index: number, hz: number) => Math.sin(2 * Math.PI * hz * time + this.#phases[index]);
    const centreX = width / 2 + this.#unit * (0.09 * wave(0, 0.11) + 0.025 * wave(1, 0.43));
    const centreY = height * 0.44 + this.#unit * (0.04 * wave(2, 0.23) + 0.012 * wave(3, 0.71));
    const gain = 1 + 0.006 * wave(4, 0.07) + 0.002 * wave(5, 0.31);
    const blink = (time + this.#phases[0]) % 3.7 < 0.13;
    const blood = this.#heart.bloodAt(time);
    this.#paintRoom(frame);
    this.#paintHead(blink ? this.#closed : this.#open, { frame, gain, blood, centreX, centreY });
    const { left, right, top, bottom } = FACE_BOX, unit = this.#unit;
    const box: Box = [centreX + left * unit, centreY + top * unit, (right - left) * unit, (bottom - top) * unit];
    const truth: PortraitTruth = {
      frame,
      ptsUs,
      width,
      height,
      bpm: this.#heart.rateAt(time),
      blood: Math.round(blood * 1e4) / 1e4,
      eyesClosed: blink,
      objects: [{ id: 1, class: "face", box: box.map((side) => Math.round(side * 100) / 100) as Box, visible: 1 }],
    };
    return { ptsUs, pixels: new Uint8Array(this.#pixels.buffer), truth };
  }

  #noisyRoom(index: number): Uint8ClampedArray {
    const pixels = new Uint8ClampedArray(this.#room.length), row = this.width * 3;
    for (let y = 0, at = 0; y < this.height; y++) {
      let from = grainStart(index - ROOMS_MAX, y);
      for (const end = at + row; at < end; at++, from++) pixels[at] = this.#room[at] + this.#grain[from & (GRAIN - 1)];
    }
    return pixels;
  }

  #paintRoom(frame: number): void {
    const row = this.width * 3;
    for (let y = 0, at = 0; y < this.height; y++, at += row) {
      const room = this.#rooms[grainStart(frame, y) % this.#rooms.length];
      this.#pixels.set(room.subarray(at, at + row), at);
    }
  }

  /** The head between the pixels: what moves by less than one moves all the same. */
  #paintHead(
    layer: PortraitLayer,
    { frame, gain, blood, centreX, centreY }: {
      frame: number;
      gain: number;
      blood: number;
      centreX: number;
      centreY: number;
    },
  ): void {
    const { values, width: wide, height: high } = layer;
    const room = this.#room, grain = this.#grain, pixels = this.#pixels;
    const left = centreX - layer.centreX, top = centreY - layer.centreY;
    const firstX = Math.floor(left), firstY = Math.floor(top);
    const fx = 1 - (left - firstX), fy = 1 - (top - firstY);
    // The four neighbours' shares are the same for every pixel, since the head only shifts.
    const a = fx * fy, b = (1 - fx) * fy, c = fx * (1 - fy), d = (1 - fx) * (1 - fy);
    const [red, green, blue] = DEPTH.map((depth) => depth * blood);
    const stride = wide * 5;
    for (let row = 1; row < high; row++) {
      const y = firstY + row;
      if (y < 0 || y >= this.height) continue;
      const start = grainStart(frame, y);
      for (let column = 1; column < wide; column++) {
        const x = firstX + column;
        if (x < 0 || x >= this.width) continue;
        const p = row * stride + column * 5, q = p - 5, up = p - stride, uq = q - stride;
        const cover = a * values[p + 3] + b * values[q + 3] + c * values[up + 3] + d * values[uq + 3];
        if (cover === 0) continue;
        const skin = a * values[p + 4] + b * values[q + 4] + c * values[up + 4] + d * values[uq + 4];
        const at = (y * this.width + x) * 3, from = start + x * 3, rest = 1 - cover;
        const r = a * values[p] + b * values[q] + c * values[up] + d * values[uq];
        const g = a * values[p + 1] + b * values[q + 1] + c * values[up + 1] + d * values[uq + 1];
        const l = a * values[p + 2] + b * values[q + 2] + c * values[up + 2] + d * values[uq + 2];
        pixels[at] = r * (1 - skin * red) * gain + rest * room[at] + grain[from & (GRAIN - 1)];
        pixels[at + 1] = g * (1 - skin * green) * gain + rest * room[at + 1] + grain[(from + 1) & (GRAIN - 1)];
        pixels[at + 2] = l * (1 - skin * blue) * gain + rest * room[at + 2] + grain[(from + 2) & (GRAIN - 1)];
      }
    }
  }
}

/** Creates a portrait: the same options give the same pictures. */
export function createPortraitScene(options: PortraitOptions): PortraitScene {
  return new PortraitScene(options);
}

/** Where in the table of noise a row of a frame begins. */
function grainStart(frame: number, row: number): number {
  return (Math.imul(frame + 1, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b)) >>> 8;
}

/** A wall out of focus, with a window's light on it and a shelf. */
function room(look: PortraitLook, seed: number, width: number, height: number): Float32Array {
  const grid = noiseGrid(32, new Random(seed, 24));
  const values = new Float32Array(width * height * 3);
  const soft = (away: number, reach: number) => 1 / (1 + Math.exp(-away / reach));
  for (let y = 0, at = 0; y < height; y++) {
    const v = y / height;
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const glow = Math.exp(-(((u - 0.12) / 0.3) ** 2) - ((v - 0.25) / 0.5) ** 2);
      const shelf = soft(u - 0.74, 0.012) * soft(v - 0.18, 0.012) * soft(0.72 - v, 0.012);
      const books = smoothNoise(grid, 32, u * 30, v * 2.2);
      const light = 0.78 + 0.3 * glow - 0.12 * v + 0.03 * smoothNoise(grid, 32, u * 5, v * 4);
      for (let channel = 0; channel < 3; channel++, at++) {
        const wall = look.wall[channel] * (1 - 0.5 * u) + look.wallShade[channel] * 0.5 * u;
        const tint = [0.78, 0.7, 0.6][channel] * (0.8 + 0.22 * books);
        values[at] = Math.min(246, wall * light * (1 - shelf * (1 - tint)));
      }
    }
  }
  return values;
}
