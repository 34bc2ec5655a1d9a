import {
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_SMPTE170M,
  FF_QP2LAMBDA,
} from "node-av/constants";
import { Codec, CodecContext, Packet, Rational } from "node-av/lib";
import type { Picture } from "../../src/core/frame.ts";
import { quietNatives } from "./log.ts";
import { check } from "./native.ts";
import { asAvPicture, newFrame } from "./picture.ts";
import { scaleRegion } from "./region.ts";
import { framePlanes, freeFrame, Scaler } from "./scaler.ts";

/** How to encode a JPEG. */
export interface JpegOptions {
  /** Width of the answer; the height follows. Default the picture's own. */
  width?: number;
  /** 1 (small) to 100 (faithful); default 80. */
  quality?: number;
}

// Requests repeat their sizes.
const scaler = new Scaler(4);

/** A picture as a JPEG. The picture stays the caller's. */
export function encodeJpeg(picture: Picture, options: JpegOptions = {}): Uint8Array {
  const { quality = 80 } = options;
  const width = Math.round(options.width ?? picture.width);
  const height = Math.max(1, Math.round((picture.height * width) / picture.width));
  if (!(width >= 1 && width <= 65535 && height <= 65535)) {
    throw new RangeError(`Cannot encode a JPEG of ${width}x${height}`);
  }
  if (!(quality >= 1 && quality <= 100)) throw new RangeError(`Cannot encode a JPEG of quality ${quality}: 1 to 100`);
  quietNatives();
  using own = asAvPicture(picture);
  const source = own.planes();
  const frame = newFrame(width, height, AV_PIX_FMT_YUVJ420P);
  const encoder = new CodecContext();
  const packet = new Packet();
  try {
    const rect = { x: 0, y: 0, width: source.width, height: source.height };
    scaleRegion(scaler, source, rect, { ...framePlanes(frame), fullRange: true });
    frame.colorRange = AVCOL_RANGE_JPEG;
    // FFmpeg's scale runs from 2 (best) to 31; the curve puts 80 at 5 and 95 at 2, where others have them.
    frame.quality = Math.round(2 + 29 * ((100 - quality) / 100) ** 1.5) * FF_QP2LAMBDA;
    const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG)!;
    encoder.allocContext3(codec);
    encoder.width = width;
    encoder.height = height;
    encoder.pixelFormat = AV_PIX_FMT_YUVJ420P;
    encoder.colorRange = AVCOL_RANGE_JPEG;
    encoder.colorSpace = AVCOL_SPC_SMPTE170M;
    encoder.timeBase = new Rational(1, 25);
    encoder.globalQuality = frame.quality;
    encoder.setFlags(AV_CODEC_FLAG_QSCALE);
    encoder.threadCount = 1;
    check(encoder.open2Sync(codec), "start the JPEG encoder");
    packet.alloc();
    check(encoder.sendFrameSync(frame), "encode a JPEG");
    check(encoder.receivePacketSync(packet), "encode a JPEG");
    return new Uint8Array(packet.data!);
  } finally {
    freeFrame(frame);
    packet.free();
    encoder.freeContext();
  }
}
