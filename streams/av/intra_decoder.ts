import type { Packet } from "node-av/lib";
import { Decoder, type DecoderOptions } from "./decoder.ts";
import type { VideoStream } from "./input.ts";
import { jpegSize } from "./jpeg_size.ts";
import { AvPicture, UndecodableError } from "./picture.ts";
import type { Rotation } from "./rotation.ts";

interface Size {
  width: number;
  height: number;
}

/**
 * Decodes the frames of a stream in which every one decodes alone, each when somebody first looks at it. It lives until
 * it is disposed and the last of its pictures is gone.
 */
export class IntraDecoder implements Disposable {
  #decoder: Decoder<null>;
  #waiting = 0;
  #closed = false;

  constructor(private readonly video: VideoStream, options: DecoderOptions) {
    this.#decoder = new Decoder<null>(video, options);
  }

  /** A picture of the packet, which is copied by reference. `upright` is the size unless the packet tells another. */
  picture(packet: Packet, upright: Size): AvPicture {
    // JPEGs of one stream may differ in size; what comes is known before it is decoded.
    const own = this.video.codec === "mjpeg" ? jpegSize(packet.data ?? new Uint8Array()) : undefined;
    const copy = packet.clone();
    if (!copy) throw new Error("Cannot keep a packet: out of memory");
    this.#waiting++;
    return AvPicture.lazy({
      ...own ?? turnedBack(upright, this.video.rotation),
      sizeBytes: copy.size,
      decode: () => this.#decode(copy),
      release: () => {
        copy.free();
        this.#waiting--;
        this.#freeWhenIdle();
      },
    }, { rotation: this.video.rotation });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#freeWhenIdle();
  }

  #decode(packet: Packet): AvPicture {
    const sent = this.#decoder.decode(packet, null);
    const { pictures, lost } = sent.pictures.length > 0 || sent.lost.length > 0 ? sent : this.#decoder.flush();
    const [first, ...others] = pictures;
    for (const { picture } of others) picture[Symbol.dispose]();
    if (!first) {
      throw new UndecodableError(`Cannot decode a ${this.video.codec} frame: ${lost[0]?.reason ?? "no picture"}`);
    }
    return first.picture;
  }

  #freeWhenIdle(): void {
    if (this.#closed && this.#waiting === 0) this.#decoder[Symbol.dispose]();
  }
}

/** The size as coded of a picture whose upright size is known. */
function turnedBack({ width, height }: Size, rotation: Rotation): Size {
  return rotation === 90 || rotation === 270 ? { width: height, height: width } : { width, height };
}
