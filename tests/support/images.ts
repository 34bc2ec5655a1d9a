import { AV_PIX_FMT_BGRA, AV_PIX_FMT_YUV420P } from "node-av/constants";
import { Codec, CodecContext, Packet, Rational } from "node-av/lib";
import { crc32, deflateSync } from "node:zlib";
import { joinedBytes } from "../../src/core/joined_bytes.ts";
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

/** The same picture with a palette of three colours. */
export function palettePng(width: number, height: number, ...extra: Uint8Array[]): Uint8Array {
  const header = pngChunk("IHDR", joined(uint32(width), uint32(height), Uint8Array.of(8, 3, 0, 0, 0)));
  const palette = pngChunk("PLTE", Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0, 255));
  const rgb = flag(width, height);
  const rows = new Uint8Array(height * (1 + width));
  for (let at = 0; at < width * height; at++) {
    rows[at + Math.floor(at / width) + 1] = rgb[at * 3 + 1] ? 0 : rgb[at * 3] ? 1 : 2;
  }
  return pngOf(header, palette, ...extra, pngChunk("IDAT", deflateSync(rows)), pngChunk("IEND", new Uint8Array()));
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

/** A BMP of 24 bits a pixel, its rows upwards as is usual, or downwards. */
export function bmpImage(width: number, height: number, { downwards = false } = {}): Uint8Array {
  const rgb = flag(width, height);
  const rowBytes = Math.ceil((width * 24) / 32) * 4;
  const bytes = new Uint8Array(54 + rowBytes * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, downwards ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    const row = 54 + rowBytes * (downwards ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = rgb.subarray((y * width + x) * 3);
      bytes.set([blue, green, red], row + x * 3);
    }
  }
  return bytes;
}

/** A GIF; with several frames an animation, whose later ones are all of the last colour. */
export function gifImage(width: number, height: number, { frames = 1 } = {}): Uint8Array {
  const screen = Uint8Array.of(width & 255, width >> 8, height & 255, height >> 8, 0xf6, 0, 0);
  const table = new Uint8Array(128 * 3);
  table.set([255, 255, 255, 255, 0, 0, 0, 0, 255]);
  const rgb = flag(width, height);
  const first = Array.from({ length: width * height }, (_, at) => rgb[at * 3 + 1] ? 0 : rgb[at * 3] ? 1 : 2);
  const pictures = Array.from({ length: frames }, (_, n) => gifPicture(width, height, n === 0 ? first : first.fill(2)));
  return joined(new TextEncoder().encode("GIF89a"), screen, table, ...pictures, Uint8Array.of(0x3b));
}

/** Colours of 7 bits as codes of 8 that never grow, since the dictionary is cleared before it could. */
function gifPicture(width: number, height: number, pixels: number[]): Uint8Array {
  const codes: number[] = [];
  pixels.forEach((pixel, at) => codes.push(...at % 100 === 0 ? [0x80] : [], pixel));
  codes.push(0x81);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < codes.length; at += 255) {
    const part = codes.slice(at, at + 255);
    parts.push(Uint8Array.of(part.length, ...part));
  }
  const place = Uint8Array.of(0x2c, 0, 0, 0, 0, width & 255, width >> 8, height & 255, height >> 8, 0, 7);
  return joined(place, ...parts, Uint8Array.of(0));
}

/** The parts, one after the other. */
export function joined(...parts: Uint8Array[]): Uint8Array {
  return joinedBytes(parts);
}

/** EXIF data that say nothing but how a picture lies. */
export function exifData(orientation: number): Uint8Array {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0);
}

function exifSegment(orientation: number): Uint8Array {
  const body = [...new TextEncoder().encode("Exif\0\0"), ...exifData(orientation)];
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
