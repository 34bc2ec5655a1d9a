import {
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_FRAME_FLAG_CORRUPT,
  AV_NOPTS_VALUE,
  AVERROR_EOF,
  FF_DECODE_ERROR_CONCEALMENT_ACTIVE,
  FF_DECODE_ERROR_DECODE_SLICES,
  FF_DECODE_ERROR_INVALID_BITSTREAM,
  FF_DECODE_ERROR_MISSING_REFERENCE,
} from "node-av/constants";
import { CodecContext, Frame } from "node-av/lib";
import type { Packet } from "node-av/lib";
import { SourceError } from "../../src/core/source.ts";
import { HardwareDecoding } from "./hardware.ts";
import type { VideoStream } from "./input.ts";
import { AGAIN, errorText } from "./native.ts";
import { AvPicture } from "./picture.ts";
import { rotationOfMatrix } from "./rotation.ts";

/** How to decode. */
export interface DecoderOptions {
  /** Decoding threads; one keeps frames in step with their packets and leaves the cores to others. */
  threads?: number;
  /** `auto` takes a hardware decoder that works, else software. */
  hardware?: "auto" | "none";
}

/** What became of packets: pictures, in presentation order, and packets that will give none. */
export interface Decoded<Info> {
  pictures: { info: Info; picture: AvPicture }[];
  lost: { info: Info; reason: string }[];
}

interface Pending<Info> {
  info: Info;
  /** Packets sent before this one. */
  sent: number;
}

// Above any camera's, below what would take the machine's memory for one picture.
const MAX_PIXELS = 2 ** 27;

// The deepest reordering that any codec here knows.
const REORDER: Record<string, number> = { h264: 16, hevc: 16, vvc: 16, mpeg4: 2, mpeg2video: 2, vc1: 2 };

/** Decodes one stream's packets. Every packet that goes in comes out once, as a picture or as lost. */
export class Decoder<Info> implements Disposable {
  #context: CodecContext;
  #hardware: HardwareDecoding | undefined;
  #pending = new Map<bigint, Pending<Info>>();
  #sent = 0;
  #threads: number;
  #patience: number;
  /** An empty frame for the next try: every other one comes to nothing. */
  #spare: Frame | undefined;
  #inHardware = false;
  #proven = false;

  constructor(private readonly video: VideoStream, options: DecoderOptions = {}) {
    this.#threads = options.threads ?? 1;
    this.#patience = (REORDER[video.codec] ?? 1) + this.#threads + 1;
    this.#hardware = options.hardware === "none" ? undefined : HardwareDecoding.find(video.decoder);
    this.#context = this.#open();
  }

  /** Name of the hardware in use, known from the first picture on. */
  get hardware(): string | undefined {
    return this.#inHardware ? this.#hardware?.name : undefined;
  }

  /** Decodes one packet, which stays the caller's, and answers all that is settled by it. */
  decode(packet: Packet, info: Info): Decoded<Info> {
    const result: Decoded<Info> = { pictures: [], lost: [] };
    const id = BigInt(this.#sent);
    this.#pending.set(id, { info, sent: this.#sent++ });
    // Frames come back with their packet's time. Times may be missing, double or jump; a number of our own cannot.
    packet.pts = id;
    packet.dts = AV_NOPTS_VALUE;
    let start = performance.now();
    let code = this.#context.sendPacketSync(packet);
    while (code === AGAIN) {
      if (this.#receive(result, start) === 0) break;
      start = performance.now();
      code = this.#context.sendPacketSync(packet);
    }
    if (code < 0 && code !== AGAIN && this.#leaveHardware()) code = this.#context.sendPacketSync(packet);
    if (code < 0 && code !== AGAIN) this.#lose(result, id, errorText(code));
    this.#receive(result, start);
    this.#expire(result);
    return result;
  }

  /** Decodes a packet whose picture nobody wants; it only leads up to others. */
  lead(packet: Packet): Decoded<Info> {
    const result: Decoded<Info> = { pictures: [], lost: [] };
    packet.pts = BigInt(this.#sent++);
    packet.dts = AV_NOPTS_VALUE;
    const start = performance.now();
    this.#context.sendPacketSync(packet);
    this.#receive(result, start);
    return result;
  }

  /** What went in and is not out yet will not come: the stream stops here. */
  abandon(): Info[] {
    const infos = Array.from(this.#pending.values(), ({ info }) => info);
    this.#pending.clear();
    this.#context.flushBuffers();
    return infos;
  }

  /** The stream is over or jumps: what the decoder still holds comes out, and it forgets the past. */
  flush(): Decoded<Info> {
    const result: Decoded<Info> = { pictures: [], lost: [] };
    const start = performance.now();
    this.#context.sendPacketSync(null);
    this.#receive(result, start);
    for (const id of [...this.#pending.keys()]) this.#lose(result, id, "it gave no picture");
    this.#context.flushBuffers();
    return result;
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
    this.#spare?.free();
    this.#spare = undefined;
    this.#hardware?.[Symbol.dispose]();
    this.#pending.clear();
  }

  /** Goes on in software where a device takes the stream on and then gives no first picture. */
  #leaveHardware(): boolean {
    if (!this.#hardware || this.#proven) return false;
    this.#context.freeContext();
    this.#hardware[Symbol.dispose]();
    this.#hardware = undefined;
    this.#context = this.#open();
    return true;
  }

  #open(): CodecContext {
    const { decoder, stream, codec } = this.video;
    const context = new CodecContext();
    context.allocContext3(decoder);
    context.parametersToContext(stream.codecpar);
    context.pktTimebase = stream.timeBase;
    context.threadCount = this.#threads;
    context.setOption("max_pixels", MAX_PIXELS);
    this.#hardware?.attach(context);
    const opened = context.open2Sync(decoder);
    if (opened >= 0) return context;
    context.freeContext();
    if (this.#hardware) {
      this.#hardware[Symbol.dispose]();
      this.#hardware = undefined;
      return this.#open();
    }
    throw new SourceError("unsupported", `Cannot decode ${codec}: ${errorText(opened)}`);
  }

  #receive(result: Decoded<Info>, start: number): number {
    let count = 0;
    for (;;) {
      const frame = this.#spare ?? allocated();
      this.#spare = undefined;
      const code = this.#context.receiveFrameSync(frame);
      if (code < 0) {
        this.#spare = frame;
        if (code !== AGAIN && code !== AVERROR_EOF && !this.#leaveHardware()) this.#failed(result, errorText(code));
        return count;
      }
      count++;
      this.#settle(result, frame, performance.now() - start);
      start = performance.now();
    }
  }

  #settle(result: Decoded<Info>, frame: Frame, decodeMs: number): void {
    const pending = this.#pending.get(frame.pts);
    // A frame whose packet was given up already, or one that was made up by the decoder.
    if (!pending) return frame.free();
    this.#pending.delete(frame.pts);
    const fault = frameFault(frame);
    if (fault) {
      frame.free();
      result.lost.push({ info: pending.info, reason: fault });
      return;
    }
    this.#proven = true;
    const own = this.#download(frame);
    if (!own) {
      result.lost.push({ info: pending.info, reason: "the video device does not hand the picture over" });
      return;
    }
    const matrix = own.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
    const rotation = matrix ? rotationOfMatrix(matrix) : this.video.rotation;
    result.pictures.push({ info: pending.info, picture: AvPicture.of(own, { rotation, decodeMs }) });
  }

  #download(frame: Frame): Frame | undefined {
    if (!this.#hardware) return frame;
    this.#inHardware = frame.isHwFrame();
    return this.#hardware.download(frame);
  }

  /** The decoder failed without saying at which packet: it is the oldest that waits. */
  #failed(result: Decoded<Info>, reason: string): void {
    const oldest = this.#pending.keys().next();
    if (!oldest.done) this.#lose(result, oldest.value, reason);
  }

  #lose(result: Decoded<Info>, id: bigint, reason: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    result.lost.push({ info: pending.info, reason });
  }

  /** Gives up packets whose turn has long passed. */
  #expire(result: Decoded<Info>): void {
    for (const [id, { sent }] of this.#pending) {
      if (this.#sent - sent <= this.#patience) return;
      this.#lose(result, id, "it gave no picture");
    }
  }
}

function allocated(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

const FAULTS: readonly [flag: number, words: string][] = [
  [FF_DECODE_ERROR_MISSING_REFERENCE, "a frame that it refers to is missing"],
  [FF_DECODE_ERROR_INVALID_BITSTREAM, "its bits are damaged"],
  [FF_DECODE_ERROR_DECODE_SLICES, "parts of it could not be decoded"],
  [FF_DECODE_ERROR_CONCEALMENT_ACTIVE, "damaged parts of it were made up"],
];

/** Why a frame is no true picture, if it is none. */
function frameFault(frame: Frame): string | undefined {
  const errors = frame.decodeErrorFlags;
  if (errors !== 0) return FAULTS.find(([flag]) => errors & flag)?.[1] ?? "it is damaged";
  return frame.flags & AV_FRAME_FLAG_CORRUPT ? "it is damaged" : undefined;
}
