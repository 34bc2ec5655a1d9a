import type { AVPixelFormat, SwsFlags } from "node-av/constants";
import { AVCOL_RANGE_JPEG, SWS_ACCURATE_RND, SWS_BILINEAR, SWS_FULL_CHR_H_INT } from "node-av/constants";
import type { Frame } from "node-av/lib";
import { SoftwareScaleContext } from "node-av/lib";
import { Buffer } from "node:buffer";
import { check } from "./native.ts";

// Accurate rounding costs nothing measurable for planar outputs. Packed ones would get half the chroma without the last
// flag, and colours up to 24 levels away from those of planar ones.
const FLAGS = (SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT) as SwsFlags;

/** Planes of pixels: where they lie and how far apart their rows are. */
export interface Planes {
  data: Buffer[];
  strides: number[];
  width: number;
  height: number;
  format: AVPixelFormat;
  /** Samples use the whole range of their type (JPEG), though the format's name does not say so. */
  fullRange?: boolean;
}

/** Frames whose planes JavaScript holds; node-av keeps them as long as the frame. */
const looked = new WeakSet<Frame>();

/** The planes of a frame. They die with the frame, so they are for the moment only. */
export function framePlanes(frame: Frame): Planes {
  looked.add(frame);
  return {
    data: frame.data ?? [],
    strides: frame.linesize,
    width: frame.width,
    height: frame.height,
    format: frame.format as AVPixelFormat,
    fullRange: frame.colorRange === AVCOL_RANGE_JPEG,
  };
}

/**
 * Frees a frame, and empties its planes. Left to itself, V8 counts them as memory in use until they are collected, and
 * starts full collections for garbage that is none.
 */
export function freeFrame(frame: Frame): void {
  if (looked.has(frame)) {
    for (const plane of frame.data ?? []) (plane.buffer as ArrayBuffer).transfer(0);
  }
  frame.free();
}

/** Scales and converts pixels. Contexts are kept for the few shapes in use, oldest out. */
export class Scaler implements Disposable {
  #contexts = new Map<string, SoftwareScaleContext>();
  #scratch = new Map<string, Buffer>();

  constructor(private readonly capacity = 8, private readonly flags: SwsFlags = FLAGS) {}

  /** Fills `target` with `source`, scaled and converted. */
  scale(source: Planes, target: Planes): void {
    const context = this.#context(source, target);
    const rows = context.scaleSync(source.data, source.strides, 0, source.height, target.data, target.strides);
    check(rows, `scale a picture of ${source.width}x${source.height} to ${target.width}x${target.height}`);
  }

  /** Memory for intermediate pixels, used again by the next picture of the same size. */
  scratch(use: "upsampled" | "rows", bytes: number): Buffer {
    const known = this.#scratch.get(use);
    if (known?.length === bytes) return known;
    const fresh = Buffer.from(new ArrayBuffer(bytes));
    this.#scratch.set(use, fresh);
    return fresh;
  }

  [Symbol.dispose](): void {
    for (const context of this.#contexts.values()) context.freeContext();
    this.#contexts.clear();
    this.#scratch.clear();
  }

  #context(source: Planes, target: Planes): SoftwareScaleContext {
    const range = source.fullRange ? 1 : 0;
    const key = `${source.width}x${source.height}:${source.format}:${range}>` +
      `${target.width}x${target.height}:${target.format}:${target.fullRange ? 1 : 0}`;
    let context = this.#contexts.get(key);
    if (context) {
      if (this.#contexts.size > 1) {
        this.#contexts.delete(key);
        this.#contexts.set(key, context);
      }
      return context;
    }
    context = new SoftwareScaleContext();
    context.allocContext();
    context.setOption("srcw", source.width);
    context.setOption("srch", source.height);
    context.setOption("src_format", source.format);
    context.setOption("src_range", range);
    context.setOption("dstw", target.width);
    context.setOption("dsth", target.height);
    context.setOption("dst_format", target.format);
    context.setOption("dst_range", target.fullRange ? 1 : 0);
    context.setOption("sws_flags", this.flags);
    check(context.initContext(), `scale from pixel format ${source.format} to ${target.format}`);
    this.#contexts.set(key, context);
    if (this.#contexts.size > this.capacity) {
      const [oldest, stale] = this.#contexts.entries().next().value!;
      this.#contexts.delete(oldest);
      stale.freeContext();
    }
    return context;
  }
}
