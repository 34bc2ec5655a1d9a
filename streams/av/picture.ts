import { AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, AV_PIX_FMT_RGBA, AV_PIX_FMT_YUV420P } from "node-av/constants";
import type { AVPixelFormat } from "node-av/constants";
import { Frame } from "node-av/lib";
import { FrameError } from "../../src/core/drops.ts";
import type { Picture, PixelOptions } from "../../src/core/frame.ts";
import { check } from "./native.ts";
import { withoutPalette } from "./palette.ts";
import { readPixels } from "./read_pixels.ts";
import { type Rotation, upright } from "./rotation.ts";
import { framePlanes, freeFrame, type Planes } from "./scaler.ts";

/** Pictures alive in this thread, and the bytes of their decoded pixels. */
export function livePictures(): { count: number; bytes: number } {
  return { count: live.count, bytes: live.bytes };
}

/** Calls back when a picture is collected that nobody disposed; one listener a thread. Undefined takes it off. */
export function onPictureLeak(callback: ((leak: { width: number; height: number }) => void) | undefined): void {
  leaked = callback;
}

/** What a picture is made of: a decoded frame, or the means to get one at first look. */
export interface PictureOptions {
  /** Clockwise turn that makes the frame upright. */
  rotation?: Rotation;
  decodeMs?: number;
}

/** A frame that is decoded when somebody first looks at it. */
export interface LazyFrame {
  /** Size of the frame as coded. */
  width: number;
  height: number;
  /** Bytes held until then. */
  sizeBytes: number;
  /** Decodes; throws an {@link UndecodableError} when the bits give no picture. The answer becomes this picture. */
  decode(): AvPicture;
  /** Lets go of what `decode` needs; called once, whether it was decoded or not. */
  release(): void;
}

/** A picture that was to be decoded at first look, and whose bits gave none. The frame counts as `undecodable`. */
export class UndecodableError extends FrameError {
  override name = "UndecodableError";
  constructor(message: string, options?: ErrorOptions) {
    super("undecodable", message, options);
  }
}

const live = { count: 0, bytes: 0 };
let leaked: ((leak: { width: number; height: number }) => void) | undefined;

const registry = new FinalizationRegistry<Surface>((surface) => {
  leaked?.({ width: surface.width, height: surface.height });
  live.count--;
  surface.release();
});

/** A decoded picture over an FFmpeg frame. Every reference is an object of its own and is disposed exactly once. */
export class AvPicture implements Picture {
  #surface: Surface;
  #disposed = false;

  /** Takes over a frame: it is freed with the last reference. */
  static of(frame: Frame, options: PictureOptions = {}): AvPicture {
    return new AvPicture(new Surface(withoutPalette(frame), options));
  }

  /** A picture that costs nothing until somebody looks at it. */
  static lazy(frame: LazyFrame, options: PictureOptions = {}): AvPicture {
    return new AvPicture(new Surface(frame, options));
  }

  private constructor(surface: Surface) {
    this.#surface = surface;
    surface.references++;
    live.count++;
    registry.register(this, surface, this);
  }

  get width(): number {
    return this.#surface.width;
  }

  get height(): number {
    return this.#surface.height;
  }

  get decodeMs(): number {
    return this.#surface.decodeMs;
  }

  retain(): AvPicture {
    this.#mustLive();
    return new AvPicture(this.#surface);
  }

  pixels(options: PixelOptions): Uint8Array {
    return readPixels(this.planes(), options);
  }

  /** The upright pixels themselves, decoded now if need be. They die with the last reference. */
  planes(): Planes {
    return framePlanes(this.frame());
  }

  /** The upright frame itself, for drivers. It stays the picture's. */
  frame(): Frame {
    this.#mustLive();
    return this.#surface.look();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) throw new Error("Cannot dispose a picture twice: the reference is gone already");
    this.#disposed = true;
    registry.unregister(this);
    live.count--;
    this.#surface.release();
  }

  /** The frame itself and what is known of it, out of the only reference, which is gone then. */
  detach(): { frame: Frame; rotation: Rotation } {
    this.#mustLive();
    const detached = this.#surface.detach();
    this[Symbol.dispose]();
    return detached;
  }

  #mustLive(): void {
    if (this.#disposed) throw new Error("Cannot use a picture after it was disposed");
  }
}

/** The pixels that all references to one picture share. */
class Surface {
  references = 0;
  decodeMs: number;
  width = 0;
  height = 0;
  #frame: Frame | undefined;
  #lazy: LazyFrame | undefined;
  #failure: unknown;
  #rotation: Rotation;
  #bytes = 0;

  constructor(source: Frame | LazyFrame, options: PictureOptions) {
    this.#rotation = options.rotation ?? 0;
    this.decodeMs = options.decodeMs ?? 0;
    this.#measure(source);
    if (source instanceof Frame) {
      this.#frame = source;
      this.#hold(source.reportedExternalMemory);
    } else {
      this.#lazy = source;
      this.#hold(source.sizeBytes);
    }
  }

  look(): Frame {
    if (this.#failure) throw this.#failure;
    if (this.#lazy) this.#decode(this.#lazy);
    if (this.#rotation !== 0) {
      const start = performance.now();
      const turned = upright(this.#frame!, this.#rotation);
      freeFrame(this.#frame!);
      this.#frame = turned;
      this.#rotation = 0;
      this.#hold(turned.reportedExternalMemory);
      this.decodeMs += performance.now() - start;
    }
    return this.#frame!;
  }

  release(): void {
    if (--this.references > 0) return;
    this.#hold(0);
    if (this.#frame) freeFrame(this.#frame);
    this.#frame = undefined;
    this.#lazy?.release();
    this.#lazy = undefined;
  }

  #decode(lazy: LazyFrame): void {
    const start = performance.now();
    this.#lazy = undefined;
    try {
      const { frame, rotation } = lazy.decode().detach();
      this.#frame = frame;
      this.#rotation = rotation;
      this.#measure(frame);
      this.#hold(frame.reportedExternalMemory);
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      lazy.release();
      this.decodeMs += performance.now() - start;
    }
  }

  detach(): { frame: Frame; rotation: Rotation } {
    if (this.references !== 1 || !this.#frame) throw new Error("Cannot take a picture apart that others hold");
    const frame = this.#frame;
    this.#frame = undefined;
    return { frame, rotation: this.#rotation };
  }

  #measure({ width, height }: { width: number; height: number }): void {
    const turned = this.#rotation === 90 || this.#rotation === 270;
    this.width = turned ? height : width;
    this.height = turned ? width : height;
  }

  #hold(bytes: number): void {
    live.bytes += bytes - this.#bytes;
    this.#bytes = bytes;
  }
}

/** Pixels in memory: packed rows, planes one after the other. */
export interface RawPixels {
  width: number;
  height: number;
  format: "rgb24" | "rgba" | "yuv420p" | "gray";
  data: Uint8Array;
  ptsUs?: number;
}

const FORMATS = {
  rgb24: AV_PIX_FMT_RGB24,
  rgba: AV_PIX_FMT_RGBA,
  yuv420p: AV_PIX_FMT_YUV420P,
  gray: AV_PIX_FMT_GRAY8,
};

/** A picture of pixels in memory, which are copied. */
export function pictureFromPixels(pixels: RawPixels): AvPicture {
  const { width, height, format, data } = pixels;
  const rows = packedRows(pixels);
  const needed = rows.reduce((sum, row) => sum + row.bytes * row.count, 0);
  if (!(width > 0 && height > 0) || data.length !== needed) {
    throw new RangeError(
      `Cannot make a ${format} picture of ${width}x${height} out of ${data.length} bytes: it takes ${needed}`,
    );
  }
  const frame = newFrame(width, height, FORMATS[format]);
  frame.pts = BigInt(Math.round(pixels.ptsUs ?? 0));
  const planes = frame.data!;
  const strides = frame.linesize;
  let offset = 0;
  rows.forEach((row, plane) => {
    if (strides[plane] === row.bytes) {
      planes[plane].set(data.subarray(offset, offset + row.bytes * row.count));
    } else {
      for (let y = 0; y < row.count; y++) {
        const from = offset + y * row.bytes;
        planes[plane].set(data.subarray(from, from + row.bytes), y * strides[plane]);
      }
    }
    offset += row.bytes * row.count;
  });
  return AvPicture.of(frame);
}

/** An empty frame with memory of its own. */
export function newFrame(width: number, height: number, format: AVPixelFormat): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = format;
  check(frame.getBuffer(), `allocate a picture of ${width}x${height}`);
  return frame;
}

/** A picture as FFmpeg's own, whoever made it. The caller disposes it. */
export function asAvPicture(picture: Picture): AvPicture {
  if (picture instanceof AvPicture) return picture.retain();
  const { width, height } = picture;
  return pictureFromPixels({ width, height, format: "rgb24", data: picture.pixels({ format: "rgb" }) });
}

function packedRows({ width, height, format }: RawPixels): { bytes: number; count: number }[] {
  if (format === "rgb24") return [{ bytes: width * 3, count: height }];
  if (format === "rgba") return [{ bytes: width * 4, count: height }];
  if (format === "gray") return [{ bytes: width, count: height }];
  const chroma = { bytes: (width + 1) >> 1, count: (height + 1) >> 1 };
  return [{ bytes: width, count: height }, chroma, chroma];
}
