import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

type Part = Uint8Array;

/** How an answer that goes on is written. */
export interface SinkOptions {
  /** The client knows pieces: it speaks HTTP/1.1, and was told no length. */
  pieces: boolean;
  /** A client that takes nothing for so long is given up. */
  stuckMs: number;
  onStuck(): void;
}

const encoder = new TextEncoder();
const LAST_PIECE = encoder.encode("0\r\n\r\n");
/** What goes to many is framed once. */
const framed = new WeakMap<Part, Part>();

/**
 * Where the body of an answer goes. Framed here, a piece is one write to the system instead of three, and goes past the
 * answer that it belongs to, whose own way costs as much as the write.
 */
export class Sink {
  #out: ServerResponse;
  #options: SinkOptions;
  #room = true;
  #begun = false;

  /** The head of the answer has been written, and nothing else. */
  constructor(out: ServerResponse, options: SinkOptions) {
    this.#out = out;
    this.#options = options;
    if (options.pieces) out.chunkedEncoding = false;
  }

  /** The client may still take something. */
  get open(): boolean {
    return !this.#out.destroyed && !this.#out.writableEnded;
  }

  /** The client has taken what was written before, or nearly. */
  get room(): boolean {
    return this.#room && this.open;
  }

  /** Writes, room or not. */
  write(part: Part): void {
    if (this.open) this.#room = this.#way.write(this.#options.pieces ? pieceOf(part) : part);
  }

  /** Resolves when there is room; false when there never will be. */
  async drained(): Promise<boolean> {
    if (this.#room || !this.open) return this.open;
    this.#room = await this.#drained();
    return this.#room;
  }

  /** Says that this is all. */
  end(): void {
    if (!this.open) return;
    if (this.#options.pieces) this.#way.write(LAST_PIECE);
    this.#out.end();
  }

  /** Cuts the connection: what was written is not the whole. */
  cut(): void {
    this.#out.destroy();
  }

  /** Tells once when nothing can be written any more; answers how to call that off. */
  closed(heard: () => void): () => void {
    this.#out.once("close", heard);
    if (this.#out.destroyed) heard();
    return () => void this.#out.off("close", heard);
  }

  /** The connection itself, once the head has gone to it; that goes with what is written first. */
  get #way(): Socket | ServerResponse {
    const { writableLength, socket } = this.#out;
    if (this.#begun && socket && writableLength === socket.writableLength) return socket;
    this.#begun = true;
    return this.#out;
  }

  #drained(): Promise<boolean> {
    const [out, { stuckMs, onStuck }] = [this.#out, this.#options];
    // Whichever of them it was that had no room.
    const ways = [out, ...(out.socket ? [out.socket] : [])];
    return new Promise((resolve) => {
      const settle = (good: boolean) => {
        clearTimeout(timer);
        for (const way of ways) way.off("drain", goOn);
        out.off("close", end);
        resolve(good);
      };
      const goOn = () => settle(true);
      const end = () => settle(false);
      const timer = setTimeout(() => {
        onStuck();
        settle(false);
        out.destroy();
      }, stuckMs);
      for (const way of ways) way.once("drain", goOn);
      out.once("close", end);
    });
  }
}

function pieceOf(part: Part): Part {
  let whole = framed.get(part);
  if (whole) return whole;
  const size = encoder.encode(`${part.length.toString(16)}\r\n`);
  whole = new Uint8Array(size.length + part.length + 2);
  whole.set(size);
  whole.set(part, size.length);
  whole[whole.length - 2] = 13;
  whole[whole.length - 1] = 10;
  framed.set(part, whole);
  return whole;
}
