import {
  AV_CODEC_ID_BMP,
  AV_CODEC_ID_GIF,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_WEBP,
  AVERROR_EOF,
} from "node-av/constants";
import { Codec, CodecContext, Frame, Packet } from "node-av/lib";
import { Buffer } from "node:buffer";
import type { ImageCodec, ImageHeader } from "./image_header.ts";
import { quietNatives } from "./log.ts";
import { AGAIN, check, errorText } from "./native.ts";
import type { Orientation } from "./orientation.ts";
import { AvPicture, UndecodableError } from "./picture.ts";
import { freeFrame } from "./scaler.ts";
import { flipped } from "./rotation.ts";

const CODECS = {
  mjpeg: AV_CODEC_ID_MJPEG,
  png: AV_CODEC_ID_PNG,
  webp: AV_CODEC_ID_WEBP,
  bmp: AV_CODEC_ID_BMP,
  gif: AV_CODEC_ID_GIF,
};

/** One image that waits to be looked at. */
export interface StillImage {
  bytes: Uint8Array;
  header: ImageHeader;
  orientation: Orientation;
  /** Called once, when the bytes are let go: somebody looked at the picture, or nobody ever will. */
  released(decoded: boolean): void;
}

/** Decodes images that come one by one, each when somebody first looks at it. It lives until it is disposed and all are let go. */
export class StillDecoder implements Disposable {
  #contexts = new Map<ImageCodec, CodecContext>();
  #waiting = 0;
  #closed = false;

  /** `maxPixels` holds in the decoder too, whatever an image's header said. */
  constructor(private readonly maxPixels: number) {
    quietNatives();
  }

  /** The picture of an image, undecoded as yet. */
  picture({ bytes, header, orientation, released }: StillImage): AvPicture {
    const { width, height } = header;
    this.#waiting++;
    let decoded = false;
    return AvPicture.lazy({
      width,
      height,
      sizeBytes: bytes.length,
      decode: () => {
        decoded = true;
        return this.#decode(bytes, header, orientation);
      },
      release: () => {
        this.#waiting--;
        this.#freeWhenIdle();
        released(decoded);
      },
    }, { rotation: orientation.rotation });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#freeWhenIdle();
  }

  #decode(bytes: Uint8Array, header: ImageHeader, { mirrored, rotation }: Orientation): AvPicture {
    const frame = this.#frame(bytes, header);
    if (!mirrored) return AvPicture.of(frame, { rotation });
    try {
      return AvPicture.of(flipped(frame), { rotation });
    } finally {
      freeFrame(frame);
    }
  }

  #frame(bytes: Uint8Array, { codec, width, height }: ImageHeader): Frame {
    const context = this.#context(codec);
    const packet = new Packet();
    const frame = new Frame();
    let fault: string | undefined;
    try {
      packet.alloc();
      frame.alloc();
      packet.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // Otherwise FFmpeg takes a PNG for a change to the one before, and adds their pixels.
      packet.isKeyframe = true;
      let code = context.sendPacketSync(packet);
      if (code >= 0) code = context.receiveFrameSync(frame);
      if (code < 0) fault = code === AGAIN || code === AVERROR_EOF ? "it gave no picture" : errorText(code);
      else if (frame.decodeErrorFlags !== 0) fault = "its bits are damaged";
      else if (frame.width !== width || frame.height !== height) {
        fault = `it is of ${frame.width}x${frame.height} inside and not of ${width}x${height}`;
      }
    } finally {
      packet.free();
      // One image says nothing about the next.
      context.flushBuffers();
    }
    if (fault === undefined) return frame;
    freeFrame(frame);
    throw new UndecodableError(`Cannot decode an image (${codec}): ${fault}`);
  }

  #context(codec: ImageCodec): CodecContext {
    const known = this.#contexts.get(codec);
    if (known) return known;
    const decoder = Codec.findDecoder(CODECS[codec])!;
    const context = new CodecContext();
    context.allocContext3(decoder);
    context.threadCount = 1;
    context.setOption("max_pixels", this.maxPixels);
    check(context.open2Sync(decoder), `start the decoder of ${codec}`);
    this.#contexts.set(codec, context);
    return context;
  }

  #freeWhenIdle(): void {
    if (!this.#closed || this.#waiting > 0) return;
    for (const context of this.#contexts.values()) context.freeContext();
    this.#contexts.clear();
  }
}
