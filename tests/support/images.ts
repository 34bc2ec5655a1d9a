import { AV_PIX_FMT_BGRA, AV_PIX_FMT_YUV420P } from "node-av/constants";
import { Codec, CodecContext, Packet, Rational } from "node-av/lib";
import { crc32, deflateSync } from "node:zlib";
import { encodeJpeg } from "../../streams/av/jpeg.ts";
import { check } from "../../streams/av/native.ts";
import { newFrame, pictureFromPixels } from "../../streams/av/picture.ts";

/** Left half red, right half blue, with a white stripe along the top: whichever way it lies, it shows. */
export function flag(width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = y < height / 4 ? [255, 255, 255] : x < width / 2 ? [255, 0, 0] : [0, 0, 255];
      rgb.set(colour, (y * width + x) * 3);
    }
  }
  return rgb;
}

/** A JPEG; with an EXIF orientation where one is given. */
export function jpegImage(
  width: number,
  height: number,
  options: { rgb?: Uint8Array; exif?: number } = {},
): Uint8Array {
  using picture = pictureFromPixels({ width, height, format: "rgb24", data: options.rgb ?? flag(width, height) });
  const jpeg = encodeJpeg(picture, { quality: 95 });
  return options.exif === undefined ? jpeg : joined(jpeg.subarray(0, 2), exifSegment(options.exif), jpeg.subarray(2));
}

/** One chunk of a PNG. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const named = joined(new TextEncoder().encode(type), data);
  return joined(uint32(data.length), named, uint32(crc32(named)));
}

/** A PNG out of chunks of one's own. */
export function pngOf(...chunks: Uint8Array[]): Uint8Array {
  return joined(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunks);
}

/** The header chunk of a PNG of 8-bit colours. */
export function pngHeaderChunk(width: number, height: number): Uint8Array {
  return pngChunk("IHDR", joined(uint32(width), uint32(height), Uint8Array.of(8, 2, 0, 0, 0)));
}

/** A PNG, with chunks of one's own before its pixels. */
export function pngImage(width: number, height: number, ...extra: Uint8Array[]): Uint8Array {
  const rgb = flag(width, height);
  const rows = new Uint8Array(height * (1 + width * 3));
  for (let y = 0; y < height; y++) rows.set(rgb.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  const pixels = pngChunk("IDAT", deflateSync(rows));
  return pngOf(pngHeaderChunk(width, height), ...extra, pixels, pngChunk("IEND", new Uint8Array()));
}

/** A PNG whose container is in order and whose pixels are not: only decoding it can tell. */
export function damagedPng(width: number, height: number): Uint8Array {
  const pixels = pngChunk("IDAT", new Uint8Array(64).fill(0xa5));
  return pngOf(pngHeaderChunk(width, height), pixels, pngChunk("IEND", new Uint8Array()));
}

/** A WebP of one shade. */
export function webpImage(width: number, height: number, options: { lossless?: boolean } = {}): Uint8Array {
  const format = options.lossless ? AV_PIX_FMT_BGRA : AV_PIX_FMT_YUV420P;
  const frame = newFrame(width, height, format);
  frame.data!.forEach((plane) => plane.fill(200));
  frame.pts = 0n;
  const codec = Codec.findEncoderByName("libwebp" as never)!;
  const encoder = new CodecContext();
  const packet = new Packet();
  try {
    encoder.allocContext3(codec);
    encoder.width = width;
    encoder.height = height;
    encoder.pixelFormat = format;
    encoder.timeBase = new Rational(1, 25);
    if (options.lossless) encoder.setOption("lossless", 1);
    check(encoder.open2Sync(codec), "start the WebP encoder");
    packet.alloc();
    check(encoder.sendFrameSync(frame), "encode a WebP");
    check(encoder.receivePacketSync(packet), "encode a WebP");
    return new Uint8Array(packet.data!);
  } finally {
    frame.free();
    packet.free();
    encoder.freeContext();
  }
}

/** A RIFF file of type WEBP out of chunks of one's own. */
export function webpOf(...chunks: [type: string, body: Uint8Array][]): Uint8Array {
  const body = joined(...chunks.flatMap(([type, data]) => [
    new TextEncoder().encode(type),
    little32(data.length),
    data,
    new Uint8Array(data.length % 2),
  ]));
  return joined(new TextEncoder().encode("RIFF"), little32(body.length + 4), new TextEncoder().encode("WEBP"), body);
}

/** The parts, one after the other. */
export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function exifSegment(orientation: number): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [...new TextEncoder().encode("Exif\0\0"), ...tiff];
  return Uint8Array.of(0xff, 0xe1, 0, body.length + 2, ...body);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function little32(value: number): Uint8Array {
  return uint32(value).reverse();
}
