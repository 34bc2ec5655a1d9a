import type { EncodedPicture, PictureRequest, PictureService } from "../../core/services.ts";
import type { Wire } from "./wire.ts";

/** One subscription to a stream's pictures on a socket. */
export interface PictureChannelOptions {
  id: string;
  stream: string;
  request: PictureRequest & { fps: number };
  pictures: PictureService;
  wire: Wire;
  /** The stream has been removed. */
  ended(): void;
  /** The socket has been given up. */
  closed(): void;
}

/** What goes before the JPEG in a picture's message. */
export interface PictureHeader {
  sub: string;
  stream: string;
  epoch: number;
  seq: number;
  pts: number;
  width: number;
  height: number;
  /** Pictures of this subscription that were dropped so far because the client did not keep up. */
  dropped: number;
}

/** Sends pictures while the socket has room, and drops them while it has none: a picture that waits is an old one. */
export class PictureChannel implements Disposable {
  #watch: Disposable | undefined;
  #waiting: Promise<void> | undefined;
  #dropped = 0;
  #disposed = false;

  constructor(private readonly options: PictureChannelOptions) {}

  /** Pictures dropped because the client did not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Begins to watch, unless this has been disposed of meanwhile. */
  start(): void {
    const { pictures, stream, request, ended } = this.options;
    if (this.#disposed) return;
    const watch = pictures.watch(stream, request, (picture) => this.#send(picture), () => {
      if (!this.#disposed) ended();
    });
    // It may have ended at once.
    if (this.#disposed) watch[Symbol.dispose]();
    else this.#watch = watch;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #send(picture: EncodedPicture): void {
    const { wire, id } = this.options;
    if (this.#disposed) return;
    if (!wire.room) {
      this.#dropped++;
      // Nobody may need the room but this; a client that never makes any is found out by waiting for it.
      this.#waiting ??= wire.whenRoom().then(() => {
        this.#waiting = undefined;
        if (!wire.open) this.options.closed();
      });
      return;
    }
    const { stream, epoch, seq, pts, width, height, jpeg } = picture;
    wire.send(pictureMessage({ sub: id, stream, epoch, seq, pts, width, height, dropped: this.#dropped }, jpeg));
  }
}

const encoder = new TextEncoder();

/** A picture's message: the header's length (uint32, big-endian), the header as JSON, the JPEG. */
export function pictureMessage(header: PictureHeader, jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = encoder.encode(JSON.stringify(header));
  const message = new Uint8Array(4 + json.length + jpeg.length);
  new DataView(message.buffer).setUint32(0, json.length);
  message.set(json, 4);
  message.set(jpeg, 4 + json.length);
  return message;
}
