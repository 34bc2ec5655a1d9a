import {
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GBRP,
  AV_PIX_FMT_GBRPF32LE,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
} from "node-av/constants";
import type { AVPixelFormat } from "node-av/constants";
import { Buffer } from "node:buffer";
import type { Picture } from "../../src/core/frame.ts";
import type { InputSpec } from "../../src/core/model.ts";
import { place, type Placement, placeRegion, type Rect } from "../../src/vision/fit.ts";
import { paintPadding } from "./padding.ts";
import { asAvPicture } from "./picture.ts";
import { OVERRUN, paddedStride, scaleRegion } from "./region.ts";
import { type Planes, Scaler } from "./scaler.ts";
import { lookUpBytes, lookUpFloats, lookUpHalves, type Run, scaleFloats } from "./tensor_passes.ts";

/** Samples of a tensor; those of half precision as their bits. */
export type Samples = Float32Array | Uint16Array | Uint8Array;

const SAMPLE_BYTES = { float32: 4, float16: 2, uint8: 1 } as const;

interface Job {
  source: Planes;
  placement: Placement;
  target: ArrayBuffer;
}

/**
 * Turns pictures into the bytes of a model's input, one picture at a time: scaled, placed, padded, converted. The
 * scaler writes into the target itself wherever the tensor's form is one that it knows.
 */
export class Preparer implements Disposable {
  /** Bytes of one picture in the model's input. */
  readonly byteLength: number;
  readonly #channels: number;
  readonly #scaler = new Scaler(4);
  readonly #pads: Samples;
  /** Value of a sample, by channel, for each of the 256 levels; for the forms that the scaler does not know. */
  readonly #tables: Samples[] | undefined;
  /** value = level 0–1 × gain + bias, by channel; absent where that changes nothing. */
  readonly #factors: { gain: number; bias: number }[] | undefined;
  #levels: ArrayBuffer | undefined;

  constructor(readonly spec: InputSpec) {
    const { width, height, colour, type, scale } = spec;
    this.#channels = colour === "gray" ? 1 : 3;
    this.byteLength = width * height * this.#channels * SAMPLE_BYTES[type];
    const channels = Array.from({ length: this.#channels }, (_, index) => ({
      mean: spec.mean[index] ?? spec.mean[0] ?? 0,
      std: spec.std[index] ?? spec.std[0] ?? 1,
    }));
    const value = (channel: number, level: number) => (level * scale - channels[channel].mean) / channels[channel].std;
    this.#pads = samplesOf(type, channels.map((_, channel) => value(channel, spec.pad)));
    if (this.#writesFloats) {
      const factors = channels.map(({ mean, std }) => ({ gain: (scale * 255) / std, bias: -mean / std }));
      const identity = factors.every(({ gain, bias }) => Math.abs(gain - 1) < 1e-6 && bias === 0);
      if (!identity) this.#factors = factors;
    } else if (type !== "uint8" || channels.some((_, channel) => value(channel, 1) !== 1 || value(channel, 0) !== 0)) {
      const levels = Array.from({ length: 256 }, (_, level) => level);
      this.#tables = channels.map((_, channel) => samplesOf(type, levels.map((level) => value(channel, level))));
    }
  }

  /** Fills `target` with one picture, or a part of it, and answers where it lies. The picture stays the caller's. */
  prepare(picture: Picture, target: ArrayBuffer, region?: Rect): Placement {
    if (target.byteLength !== this.byteLength) {
      throw new RangeError(
        `Cannot prepare input ${this.spec.name} in ${target.byteLength} bytes: it takes ${this.byteLength}`,
      );
    }
    using own = asAvPicture(picture);
    const source = own.planes();
    const placement = region ? placeRegion(this.spec, source, region) : place(this.spec, source.width, source.height);
    const job = { source, placement, target };
    if (this.#writesFloats) this.#fillFloats(job);
    else if (this.#tables) this.#fillByTable(job, this.#tables);
    else this.#fillBytes(job);
    paintPadding(samplesOver(this.spec.type, target), {
      width: this.spec.width,
      height: this.spec.height,
      picture: placement.target,
      planar: this.#planar,
      pads: this.#pads,
    });
    return placement;
  }

  [Symbol.dispose](): void {
    this.#scaler[Symbol.dispose]();
    this.#levels = undefined;
  }

  /** Whether the scaler itself writes the tensor's floats. Its gray floats keep the video's short range, so not those. */
  get #writesFloats(): boolean {
    const { type, layout, colour } = this.spec;
    return type === "float32" && layout === "nchw" && colour !== "gray";
  }

  get #planar(): boolean {
    return this.spec.layout === "nchw" || this.#channels === 1;
  }

  #fillFloats(job: Job): void {
    this.#fillPlanes(job, AV_PIX_FMT_GBRPF32LE);
    if (!this.#factors) return;
    const values = new Float32Array(job.target);
    for (let channel = 0; channel < 3; channel++) {
      scaleFloats(values, this.#factors[channel], this.#run(job.placement, channel));
    }
  }

  #fillBytes(job: Job): void {
    if (this.#channels === 1) this.#fillPlanes(job, AV_PIX_FMT_GRAY8);
    else if (this.#planar) this.#fillPlanes(job, AV_PIX_FMT_GBRP);
    else this.#fillPacked(job);
  }

  /** Scales to bytes beside the target, then looks every sample up. */
  #fillByTable(job: Job, tables: Samples[]): void {
    const { width, height, type } = this.spec;
    this.#levels ??= new ArrayBuffer(width * height * this.#channels);
    this.#fillBytes({ ...job, target: this.#levels });
    const levels = new Uint8Array(this.#levels);
    const values = samplesOver(type, job.target);
    tables.forEach((table, channel) => {
      const run = this.#run(job.placement, channel);
      if (type === "float32") lookUpFloats(levels, values as Float32Array, table as Float32Array, run);
      else if (type === "float16") lookUpHalves(levels, values as Uint16Array, table as Uint16Array, run);
      else lookUpBytes(levels, values as Uint8Array, table as Uint8Array, run);
    });
  }

  /** The samples of one channel in the rows that the picture takes. */
  #run({ target: { y, height: rows } }: Placement, channel: number): Run {
    const { width, height } = this.spec;
    if (!this.#planar) return { first: y * width * 3 + channel, end: (y + rows) * width * 3, step: 3 };
    const first = (channel * height + y) * width;
    return { first, end: first + rows * width, step: 1 };
  }

  #fillPlanes(job: Job, format: AVPixelFormat): void {
    const { width, height, colour } = this.spec;
    const { x, y } = job.placement.target;
    const sampleBytes = format === AV_PIX_FMT_GBRPF32LE ? 4 : 1;
    // FFmpeg's planar RGB comes in the order green, blue, red.
    const order = colour === "gray" ? [0] : colour === "bgr" ? [1, 0, 2] : [1, 2, 0];
    const at = order.map((channel) => ((channel * height + y) * width + x) * sampleBytes);
    this.#fill(job, { format, at, stride: width * sampleBytes, pixelBytes: sampleBytes });
  }

  #fillPacked(job: Job): void {
    const { width, colour } = this.spec;
    const { x, y } = job.placement.target;
    const format = colour === "bgr" ? AV_PIX_FMT_BGR24 : AV_PIX_FMT_RGB24;
    this.#fill(job, { format, at: [(y * width + x) * 3], stride: width * 3, pixelBytes: 3 });
  }

  #fill({ source, placement, target }: Job, form: PlaneForm): void {
    const { format, at, stride, pixelBytes } = form;
    const { width, height } = placement.target;
    const size = { width, height, format, fullRange: format === AV_PIX_FMT_GRAY8 };
    const rowBytes = width * pixelBytes;
    // Vector code writes whole vectors: a row that does not end on one would spill into its neighbour, the last one
    // past the buffer's end.
    if (rowBytes % OVERRUN === 0) {
      const data = at.map((offset) => Buffer.from(target, offset));
      const strides = at.map(() => stride);
      return scaleRegion(this.#scaler, source, placement.source, { data, strides, ...size });
    }
    const spare = paddedStride(rowBytes);
    const plane = spare * height + OVERRUN;
    const rows = this.#scaler.scratch("rows", plane * at.length);
    const data = at.map((_, index) => rows.subarray(index * plane, (index + 1) * plane));
    const strides = at.map(() => spare);
    scaleRegion(this.#scaler, source, placement.source, { data, strides, ...size });
    const bytes = new Uint8Array(target);
    at.forEach((offset, index) => {
      for (let y = 0; y < height; y++) {
        bytes.set(data[index].subarray(y * spare, y * spare + rowBytes), offset + y * stride);
      }
    });
  }
}

/** Where and how the scaler writes: format, first byte of each plane, row length, bytes of a pixel in one plane. */
interface PlaneForm {
  format: AVPixelFormat;
  at: number[];
  stride: number;
  pixelBytes: number;
}

function samplesOver(type: InputSpec["type"], buffer: ArrayBuffer): Samples {
  if (type === "float32") return new Float32Array(buffer);
  return type === "float16" ? new Uint16Array(buffer) : new Uint8Array(buffer);
}

function samplesOf(type: InputSpec["type"], values: number[]): Samples {
  if (type === "float32") return Float32Array.from(values);
  if (type === "float16") return new Uint16Array(new Float16Array(values).buffer);
  return Uint8ClampedArray.from(values).slice() as unknown as Uint8Array;
}
