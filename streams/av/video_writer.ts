import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVERROR_EOF,
  AVFMT_GLOBALHEADER,
} from "node-av/constants";
import { Codec, CodecContext, Dictionary, FormatContext, Frame, Packet, Rational } from "node-av/lib";
import type { AVColorSpace, FFEncoderCodec } from "node-av/constants";
import type { Stream } from "node-av/lib";
import { Buffer } from "node:buffer";
import { extname } from "node:path";
import type { Picture } from "../../src/core/frame.ts";
import { quietNatives } from "./log.ts";
import { AGAIN, check, errorText } from "./native.ts";
import { asAvPicture, newFrame, pictureFromPixels } from "./picture.ts";
import { scaleRegion } from "./region.ts";
import { matrixOfRotation, type Rotation } from "./rotation.ts";
import { framePlanes, freeFrame, Scaler } from "./scaler.ts";

/** Codecs that a {@link VideoWriter} writes. */
export type WriterCodec = "h264" | "hevc" | "mjpeg" | "vp9" | "av1";

/** What to write. */
export interface VideoWriterOptions {
  width: number;
  height: number;
  fps: number;
  /** Default `vp9` for WebM, else `h264`. */
  codec?: WriterCodec;
  /** Quality, lower is better; each codec's own scale and a sensible default. */
  crf?: number;
  /** Frames from one key frame to the next. */
  gop?: number;
  bframes?: number;
  /** Moves the index of an MP4 to its front, so that it plays while it loads. */
  faststart?: boolean;
  /** Clockwise turn that players apply; the pixels are written as they come. */
  rotation?: Rotation;
}

const FORMATS: Record<string, string> = {
  ".mp4": "mp4",
  ".m4v": "mp4",
  ".mov": "mov",
  ".mkv": "matroska",
  ".webm": "webm",
  ".ts": "mpegts",
  ".avi": "avi",
};

interface Preset {
  encoder: string;
  crf: number;
  /** Multiple that width and height must have. */
  align: number;
  minSize: number;
  options: Record<string, string>;
}

const PRESETS: Record<WriterCodec, Preset> = {
  h264: { encoder: "libx264", crf: 23, align: 2, minSize: 2, options: { preset: "veryfast" } },
  hevc: {
    encoder: "libx265",
    crf: 26,
    align: 2,
    minSize: 16,
    options: { preset: "veryfast", "x265-params": "log-level=none" },
  },
  mjpeg: { encoder: "mjpeg", crf: 3, align: 1, minSize: 1, options: {} },
  vp9: { encoder: "libvpx-vp9", crf: 33, align: 1, minSize: 1, options: { deadline: "realtime", "cpu-used": "8" } },
  av1: { encoder: "libsvtav1", crf: 40, align: 2, minSize: 64, options: { preset: "12" } },
};

// Divides every usual frame rate and is MPEG's own clock.
const TICKS = 90_000;

/**
 * Writes a video file. Everything goes to a file beside the target that is renamed when all is well: a target that
 * exists is whole. Calls block while the encoder works.
 */
export class VideoWriter implements Disposable {
  #output = new FormatContext();
  #encoder: CodecContext | undefined;
  #stream: Stream | undefined;
  #scaler = new Scaler(2);
  #packet = new Packet();
  #lastTicks = -1n;
  #state: "open" | "closed" = "open";
  #frames = 0;
  readonly #format: string;
  readonly #part: string;
  /** Size of the written frames; even where the codec wants it. */
  readonly width: number;
  readonly height: number;

  /** Starts a file; the container follows from the extension. */
  static open(path: string, options: VideoWriterOptions): VideoWriter {
    return new VideoWriter(path, options);
  }

  private constructor(readonly path: string, private readonly options: VideoWriterOptions) {
    this.#format = FORMATS[extname(path).toLowerCase()];
    if (!this.#format) throw this.#failure(`the extension is none of ${Object.keys(FORMATS).join(", ")}`);
    if (!(options.fps > 0)) throw this.#failure(`${options.fps} frames a second is no rate`);
    const preset = PRESETS[this.#codec];
    this.width = options.width - (options.width % preset.align);
    this.height = options.height - (options.height % preset.align);
    if (!(this.width >= preset.minSize && this.height >= preset.minSize)) {
      throw this.#failure(`${options.width}x${options.height} is too small for ${this.#codec}`);
    }
    this.#part = `${path}.part`;
    quietNatives();
    // SVT-AV1 has a voice of its own.
    if (this.#codec === "av1") Deno.env.set("SVT_LOG", "0");
    this.#packet.alloc();
    try {
      this.#output.allocOutputContext2(null, this.#format, this.#part);
      const opened = this.#output.openOutputSync();
      if (opened < 0) throw this.#failure(errorText(opened));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Encodes one picture; the picture stays the caller's. Times must rise. */
  write(picture: Picture | { rgb: Uint8Array }, ptsUs: number): void {
    if (this.#state !== "open") throw this.#failure("it is closed");
    try {
      this.#write(picture, ptsUs);
    } catch (error) {
      this.#discard();
      throw error;
    }
  }

  /** Ends the file and gives it its name. */
  close(): void {
    if (this.#state !== "open") return;
    try {
      const encoder = this.#open();
      check(encoder.sendFrameSync(null), "end the encoding");
      this.#drain(encoder);
      check(this.#output.writeTrailerSync(), "write the index");
      this.#output.closeOutputSync();
      this.#free();
      Deno.renameSync(this.#part, this.path);
    } catch (error) {
      this.#discard();
      throw this.#failure(error instanceof Error ? error.message : String(error), error);
    }
  }

  /** Closing is the caller's word that the file is whole; without it nothing stays behind. */
  [Symbol.dispose](): void {
    if (this.#state === "open") this.#discard();
  }

  get #codec(): WriterCodec {
    return this.options.codec ?? (extname(this.path).toLowerCase() === ".webm" ? "vp9" : "h264");
  }

  #write(input: Picture | { rgb: Uint8Array }, ptsUs: number): void {
    const { width, height } = this.options;
    using picture = "rgb" in input
      ? pictureFromPixels({ width, height, format: "rgb24", data: input.rgb })
      : asAvPicture(input);
    const encoder = this.#open(picture.frame());
    const frame = this.#convert(picture.frame());
    try {
      let ticks = BigInt(Math.round((ptsUs * TICKS) / 1e6));
      if (ticks <= this.#lastTicks) ticks = this.#lastTicks + 1n;
      this.#lastTicks = ticks;
      frame.pts = ticks;
      frame.duration = BigInt(Math.round(TICKS / this.options.fps));
      frame.pictType = AV_PICTURE_TYPE_NONE;
      const sent = encoder.sendFrameSync(frame);
      if (sent < 0) throw this.#failure(`the encoder refuses a frame: ${errorText(sent)}`);
    } finally {
      freeFrame(frame);
    }
    this.#drain(encoder);
    this.#frames++;
  }

  #convert(source: Frame): Frame {
    const format = this.#codec === "mjpeg" ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    const target = newFrame(this.width, this.height, format);
    const cut = source.width === this.options.width && source.height === this.options.height;
    const rect = {
      x: 0,
      y: 0,
      width: cut ? this.width : source.width,
      height: cut ? this.height : source.height,
    };
    const fullRange = this.#codec === "mjpeg";
    scaleRegion(this.#scaler, framePlanes(source), rect, { ...framePlanes(target), fullRange });
    return target;
  }

  // The encoder opens with the first frame, whose colours it then describes.
  #open(first?: Frame): CodecContext {
    if (this.#encoder) return this.#encoder;
    const preset = PRESETS[this.#codec];
    const { fps, gop, bframes, crf = preset.crf } = this.options;
    const codec = Codec.findEncoderByName(preset.encoder as FFEncoderCodec);
    if (!codec) throw this.#failure(`this build of FFmpeg has no ${preset.encoder}`);
    const encoder = new CodecContext();
    this.#encoder = encoder;
    encoder.allocContext3(codec);
    encoder.width = this.width;
    encoder.height = this.height;
    const jpeg = this.#codec === "mjpeg";
    encoder.pixelFormat = jpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    encoder.colorRange = jpeg ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    encoder.colorSpace = matrixOf(first);
    encoder.timeBase = new Rational(1, TICKS);
    encoder.framerate = rate(fps);
    encoder.gopSize = gop ?? Math.max(1, Math.round(fps * 2));
    if (bframes !== undefined || this.#codec !== "h264") encoder.maxBFrames = bframes ?? 0;
    encoder.threadCount = 1;
    if (this.#output.oformat!.hasFlags(AVFMT_GLOBALHEADER)) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    const options: Record<string, string> = { ...preset.options };
    if (jpeg) {
      encoder.qMin = crf;
      encoder.qMax = crf;
    } else options.crf = String(crf);
    if (this.#codec === "vp9") encoder.bitRate = 0n;
    for (const [name, value] of Object.entries(options)) check(encoder.setOption(name, value), `set ${name}`);
    const opened = encoder.open2Sync(codec);
    if (opened < 0) throw this.#failure(`the ${this.#codec} encoder does not start: ${errorText(opened)}`);
    this.#header(encoder);
    return encoder;
  }

  #header(encoder: CodecContext): void {
    const stream = this.#output.newStream();
    // AVI knows no times, only the rate.
    stream.timeBase = this.#format === "avi" ? inverse(rate(this.options.fps)) : encoder.timeBase;
    stream.avgFrameRate = rate(this.options.fps);
    check(stream.codecpar.fromContext(encoder), "describe the stream");
    const { rotation = 0, faststart } = this.options;
    if (rotation !== 0) {
      stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, Buffer.from(matrixOfRotation(rotation)));
    }
    using options = Dictionary.fromObject(faststart ? { movflags: "+faststart" } : {});
    const written = this.#output.writeHeaderSync(options);
    if (written < 0) throw this.#failure(`the container does not take ${this.#codec}: ${errorText(written)}`);
    this.#stream = stream;
  }

  #drain(encoder: CodecContext): void {
    for (;;) {
      const code = encoder.receivePacketSync(this.#packet);
      if (code === AGAIN || code === AVERROR_EOF) return;
      check(code, "encode a frame");
      if (this.#packet.duration === 0n) this.#packet.duration = BigInt(Math.round(TICKS / this.options.fps));
      this.#packet.streamIndex = 0;
      this.#packet.rescaleTs({ num: 1, den: TICKS }, this.#stream!.timeBase);
      const written = this.#output.interleavedWriteFrameSync(this.#packet);
      if (written < 0) throw this.#failure(errorText(written));
    }
  }

  #discard(): void {
    try {
      this.#output.closeOutputSync();
    } catch {
      // The disk may be full: what counts is that the half file goes.
    }
    this.#free();
    try {
      Deno.removeSync(this.#part);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #free(): void {
    this.#state = "closed";
    this.#encoder?.freeContext();
    this.#encoder = undefined;
    this.#scaler[Symbol.dispose]();
    this.#packet.free();
    this.#output.freeContext();
  }

  #failure(why: string, cause?: unknown): Error {
    const prefix = `Cannot write ${this.path}: `;
    return new Error(why.startsWith(prefix) ? why : prefix + why, cause ? { cause } : undefined);
  }
}

/** The matrix by which the written colours are to be read: that of video as it came, else that of our own conversion. */
function matrixOf(first: Frame | undefined): AVColorSpace {
  const video = first && framePlanes(first).data.length > 1 && first.colorSpace !== AVCOL_SPC_RGB;
  return video ? first.colorSpace : AVCOL_SPC_SMPTE170M;
}

function inverse({ num, den }: Rational): Rational {
  return new Rational(den, num);
}

function rate(fps: number): Rational {
  return Number.isInteger(fps) ? new Rational(fps, 1) : new Rational(Math.round(fps * 1001), 1001);
}
