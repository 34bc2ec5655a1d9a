import {
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_PRFT,
  AV_PKT_FLAG_DISCARD,
  AV_PKT_FLAG_DISPOSABLE,
  AVDISCARD_ALL,
  AVERROR_EOF,
  AVFMT_FLAG_NONBLOCK,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
} from "node-av/constants";
import type { AVCodecID, AVFormatFlag } from "node-av/constants";
import { avGetCodecName, Codec, Dictionary, FormatContext, InputFormat, Packet } from "node-av/lib";
import type { Stream } from "node-av/lib";
import { type Arrival, SourceError, type SourceProperties } from "../../src/core/source.ts";
import { Deadline } from "./deadline.ts";
import { addressOf, endOfInput, openFailure, readFailure } from "./input_error.ts";
import { quietNatives } from "./log.ts";
import { AGAIN } from "./native.ts";
import { nalFraming, type PacketFacts, packetRole } from "./packet_role.ts";
import { type Rotation, rotationOfMatrix } from "./rotation.ts";

/** What to open and how long to wait for it. */
export interface InputOptions {
  url: string;
  /** What messages call it; default its address, redacted. */
  name?: string;
  /** FFmpeg's name of the demuxer, where it is not to be guessed. */
  format?: string;
  /** FFmpeg's own options for demuxer and protocol. */
  options?: Record<string, string>;
  openTimeoutMs: number;
  readTimeoutMs: number;
  /** Comma-separated FFmpeg protocols that may be used, directly or by redirect and playlist. */
  protocolWhitelist: string;
  /**
   * The world sets the pace, and every end is a failure. Default: anything that is not a local file.
   * `unless-it-ends` looks whether it has a length.
   */
  live?: boolean | "unless-it-ends";
  /** For devices, whose drivers no interrupt reaches: they are asked again and again instead of waited for. */
  polled?: boolean;
}

/** One video frame's packet. It is the input's and valid until the next one is read. */
export interface VideoPacket extends Omit<Arrival, "arrivedAtMs"> {
  packet: Packet;
  /** When it is to be decoded, on the scale of `ptsUs`; rises even where frames are reordered. */
  dtsUs: number;
  /** The container wants it decoded but never shown: it only leads up to the first frame. */
  hidden: boolean;
}

/** The stream that is read, for whoever decodes it. */
export interface VideoStream {
  stream: Stream;
  codec: string;
  decoder: Codec;
  rotation: Rotation;
  fps: number | undefined;
}

/** The next packet, or that there is none because the input came to its proper end. */
export type PacketOrEnd = VideoPacket | "ended";

/** Opens an input and finds its video. Throws a {@link SourceError}; nothing stays open then. */
export async function openInput(options: InputOptions, signal: AbortSignal): Promise<Input> {
  signal.throwIfAborted();
  quietNatives();
  let live = options.live ?? !isLocal(options);
  const context = new FormatContext();
  context.allocContext();
  if (options.polled) context.flags = (context.flags | AVFMT_FLAG_NONBLOCK) as AVFormatFlag;
  const deadline = new Deadline(context, signal);
  try {
    const started = performance.now();
    deadline.start(options.openTimeoutMs);
    using dictionary = Dictionary.fromObject({
      protocol_whitelist: options.protocolWhitelist,
      ...timeouts(options),
      // Watching twenty frames to learn the rate would delay the first of a camera by as many.
      ...(live && { fpsprobesize: "0" }),
      ...options.options,
    });
    const format = options.format ? InputFormat.findInputFormat(options.format) : null;
    if (options.format && !format) {
      throw new SourceError("unsupported", `Cannot open ${addressOf(options)}: no demuxer "${options.format}"`);
    }
    const opened = await context.openInput(options.url, format, dictionary);
    signal.throwIfAborted();
    if (opened < 0) throw openFailure(options, opened, deadline.passed);
    if (isDescribed(context)) context.probesize = 32n;
    deadline.start(Math.max(1, options.openTimeoutMs - (performance.now() - started)));
    const found = await context.findStreamInfo();
    deadline.stop();
    signal.throwIfAborted();
    // Cut short by an interrupt it still answers success, with a stream of which it has seen nothing.
    if (found < 0 || deadline.passed) throw openFailure(options, found, deadline.passed);
    if (live === "unless-it-ends") live = !(context.duration > 0n);
    return new Input(context, deadline, { ...options, live });
  } catch (error) {
    deadline[Symbol.dispose]();
    await context.closeInput();
    throw error;
  }
}

/** An open input: packets of its video, one after the other. */
export class Input implements AsyncDisposable {
  readonly properties: SourceProperties;
  readonly video: VideoStream;
  /** Whether reading it takes no time worth mentioning. */
  readonly local: boolean;
  #packet = new Packet();
  #microseconds: number;
  #offsetUs: number | undefined;
  #lastUs: number | undefined;
  #facts: Omit<PacketFacts, "key" | "disposable">;
  #index: number;
  #closed: Promise<void> | undefined;
  #packets = 0;
  #reachedUs = 0;

  constructor(
    private readonly context: FormatContext,
    private readonly deadline: Deadline,
    private readonly options: InputOptions & { live: boolean },
  ) {
    const index = context.findBestStream(AVMEDIA_TYPE_VIDEO);
    if (index < 0) throw new SourceError("no_video", `Cannot play ${this.#name}: it has no video`);
    const streams = context.streams;
    streams.forEach((other) => {
      if (other.index !== index) other.discard = AVDISCARD_ALL;
    });
    const stream = streams[index];
    const parameters = stream.codecpar;
    const codec = avGetCodecName(parameters.codecId as AVCodecID) ?? "unknown";
    const decoder = Codec.findDecoder(parameters.codecId as AVCodecID);
    if (!decoder) throw new SourceError("unsupported", `Cannot decode ${this.#name}: no decoder for ${codec}`);
    const rotation = rotationOfMatrix(parameters.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
    const fps = frameRate(stream);
    this.local = isLocal(options);
    this.#index = index;
    this.#microseconds = (stream.timeBase.num / stream.timeBase.den) * 1e6;
    this.#facts = { codec, framing: nalFraming(codec, parameters.extradata) };
    this.video = { stream, codec, decoder, rotation, fps };
    this.properties = this.#describe(rotation);
    // A file's times keep their distance to its audio; a camera's count from the first picture.
    const start = context.startTime;
    this.#offsetUs = options.live ? undefined : start === AV_NOPTS_VALUE ? 0 : Number(start);
    this.#packet.alloc();
  }

  /** The next packet, waiting for it in another thread. For what may take its time. */
  async readPacket(): Promise<PacketOrEnd> {
    // One deadline for a video packet, however much else comes.
    this.deadline.start(this.options.readTimeoutMs);
    try {
      for (;;) {
        this.#packet.unref();
        const code = await this.context.readFrame(this.#packet);
        const answer = this.#take(code);
        if (answer) return answer;
        if (code === AGAIN) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    } finally {
      this.deadline.stop();
    }
  }

  /** The next packet, at once. For local files. */
  readPacketSync(): PacketOrEnd {
    for (;;) {
      this.#packet.unref();
      const answer = this.#take(this.context.readFrameSync(this.#packet));
      if (answer) return answer;
    }
  }

  /** Goes back to the start of a file. */
  rewind(): void {
    const code = this.context.seekFrameSync(this.#index, 0n, AVSEEK_FLAG_BACKWARD);
    if (code < 0) throw readFailure(this.options, code, false);
    this.#lastUs = undefined;
    this.#packets = 0;
    this.#reachedUs = 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.deadline[Symbol.dispose]();
    await this.context.closeInput();
    this.#packet.free();
  }

  get #name(): string {
    return addressOf(this.options);
  }

  #take(code: number): PacketOrEnd | undefined {
    if (code === AGAIN) return undefined;
    if (code < 0) {
      this.deadline.signal.throwIfAborted();
      if (code !== AVERROR_EOF) throw readFailure(this.options, code, this.deadline.passed);
      const failure = endOfInput(this.options, this.properties, { packets: this.#packets, reachedUs: this.#reached() });
      if (failure) throw failure;
      return "ended";
    }
    if (this.#packet.streamIndex !== this.#index || this.#packet.size === 0) return undefined;
    return this.#describePacket();
  }

  /** How much was played. Times in a playlist may start over with every piece of it, so there frames count as well. */
  #reached(): number {
    if (this.local) return this.#reachedUs;
    return Math.max(this.#reachedUs, (this.#packets * 1e6) / (this.video.fps ?? DEFAULT_FPS));
  }

  #describePacket(): VideoPacket {
    const packet = this.#packet;
    const key = packet.isKeyframe || this.properties.intraOnly;
    const disposable = (packet.flags & AV_PKT_FLAG_DISPOSABLE) !== 0;
    const role = packetRole({ ...this.#facts, key, disposable }, () => packet.data);
    const { ptsUs, dtsUs } = this.#times(packet);
    this.#packets++;
    this.#reachedUs = Math.max(this.#reachedUs, ptsUs + Number(packet.duration) * this.#microseconds);
    const hidden = (packet.flags & AV_PKT_FLAG_DISCARD) !== 0;
    const capturedAtMs = this.options.live ? captureTime(packet) : undefined;
    return { packet, ptsUs, dtsUs, role, hidden, ...(capturedAtMs !== undefined && { capturedAtMs }) };
  }

  #times(packet: Packet): { ptsUs: number; dtsUs: number } {
    const { pts, dts } = packet;
    const known = pts !== AV_NOPTS_VALUE ? pts : dts;
    const nextUs = this.#lastUs === undefined ? 0 : this.#lastUs + 1e6 / (this.video.fps ?? DEFAULT_FPS);
    if (known === AV_NOPTS_VALUE) {
      this.#lastUs = nextUs;
      return { ptsUs: Math.round(nextUs), dtsUs: Math.round(nextUs) };
    }
    // FFmpeg leaves the first packet of some RTSP streams without a time: the second one then comes a frame later.
    this.#offsetUs ??= Number(known) * this.#microseconds - nextUs;
    this.#lastUs = Number(known) * this.#microseconds - this.#offsetUs;
    const dtsUs = dts === AV_NOPTS_VALUE ? this.#lastUs : Number(dts) * this.#microseconds - this.#offsetUs;
    return { ptsUs: Math.round(this.#lastUs), dtsUs: Math.round(dtsUs) };
  }

  /** How many frames the file says it has, where that can be believed. */
  #countedFrames(durationMs: number | undefined): number | undefined {
    const { stream, fps } = this.video;
    // Other containers than this family's count blocks, or guess.
    if (stream.nbFrames <= 0n || !this.context.iformat?.name?.includes("mp4")) return undefined;
    const frames = Number(stream.nbFrames);
    // A cut made without encoding anew holds more frames than it shows.
    const shown = fps && durationMs ? (durationMs * fps) / 1000 + 2 : Infinity;
    return frames <= shown ? frames : undefined;
  }

  #describe(rotation: Rotation): SourceProperties {
    const { stream, codec, fps } = this.video;
    const { width, height } = stream.codecpar;
    if (!(width > 0 && height > 0)) {
      throw new SourceError("invalid", `Cannot play ${this.#name}: its ${codec} video has no size`);
    }
    const turned = rotation === 90 || rotation === 270;
    const properties: SourceProperties = {
      codec,
      width: turned ? height : width,
      height: turned ? width : height,
      live: this.options.live,
      intraOnly: INTRA_ONLY.has(codec),
    };
    if (stream.codecpar.videoDelay > 0) properties.reordered = true;
    if (fps) properties.fps = fps;
    if (!this.options.live) {
      const duration = stream.duration !== AV_NOPTS_VALUE
        ? Number(stream.duration) * this.#microseconds / 1000
        : Number(this.context.duration) / 1000;
      if (duration > 0) properties.durationMs = Math.round(duration * 1000) / 1000;
      const frames = this.#countedFrames(properties.durationMs);
      if (frames !== undefined) properties.frames = frames;
    }
    return properties;
  }
}

// How long a device that has nothing yet is left alone.
const AGAIN_MS = 2;

// For streams that tell neither times nor a rate.
const DEFAULT_FPS = 25;

const INTRA_ONLY = new Set(["mjpeg", "rawvideo", "png", "dnxhd", "prores", "ffv1", "v210", "wrapped_avframe"]);

function frameRate(stream: Stream): number | undefined {
  for (const { num, den } of [stream.avgFrameRate, stream.rFrameRate, stream.codecpar.frameRate]) {
    const fps = num / den;
    if (Number.isFinite(fps) && fps > 0 && fps <= 1000) return fps;
  }
  return undefined;
}

/** The wall clock at capture, where RTCP sender reports tie it to the stream's own clock. */
function captureTime(packet: Packet): number | undefined {
  const reference = packet.getSideData(AV_PKT_DATA_PRFT);
  if (!reference || reference.length < 8) return undefined;
  const view = new DataView(reference.buffer, reference.byteOffset, reference.byteLength);
  return Number(view.getBigInt64(0, LITTLE_ENDIAN)) / 1000;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Whether a camera has said beforehand all there is to know of its video: then nothing is to be learnt from watching
 * it, and the first picture comes through at once. (`fflags nobuffer` would throw away what is watched, key frame and
 * all.)
 */
function isDescribed(context: FormatContext): boolean {
  return context.iformat?.name === "rtsp" && context.streams.every(({ codecpar }) => codecpar.extradata?.length);
}

function isLocal({ url, protocolWhitelist }: InputOptions): boolean {
  return url.startsWith("file:") || url.startsWith("/") || protocolWhitelist === "file";
}

/** FFmpeg's own timeouts, which end even what an interrupt does not reach. */
function timeouts(options: InputOptions): Record<string, string> {
  // Later than the deadlines of the input itself, which know what they cut off.
  const microseconds = String((Math.round(Math.max(options.openTimeoutMs, options.readTimeoutMs)) + 1000) * 1000);
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(options.url)?.[0].toLowerCase() ?? "";
  if (scheme === "file" || scheme === "") return {};
  if (scheme === "rtsp" || scheme === "rtsps") return { timeout: microseconds };
  return { rw_timeout: microseconds };
}
