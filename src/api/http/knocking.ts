import { connect, type Socket } from "node:net";
import { peerOf } from "./peer.ts";

/** How a listener is asked whether it still takes anybody in. */
export interface KnockingOptions {
  /** Where it listens: an IP address. */
  hostname: string;
  port: number;
  /** Nobody came for so long: time to knock. Default 5 s. */
  everyMs?: number;
  /** So long a knock may stay unheard. Default 5 s. */
  patienceMs?: number;
  /** The knock comes from there; it may have been taken in already. */
  onOwn(peer: string): void;
  /** A knock was not heard, so many times in a row. */
  onDeaf(times: number): void;
}

const EVERY_MS = 5000;
const PATIENCE_MS = 5000;

/**
 * Knocks at a listener's own door when nobody else does. The runtime's listener goes deaf without a word when the system
 * has no descriptor for one more connection, and stays so when it has some again; whoever comes then waits for ever.
 */
export class Knocking implements Disposable {
  #options: KnockingOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #socket: Socket | undefined;
  #own: string | undefined;
  #heard = true;
  #deaf = 0;

  constructor(options: KnockingOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Somebody was taken in; true when it is nobody but the one who knocks. */
  heard(peer: string): boolean {
    this.#heard = true;
    this.#deaf = 0;
    return peer === this.#own;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#socket?.destroy();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      if (!this.#heard) return this.#knock();
      this.#heard = false;
      this.#wait();
    }, this.#options.everyMs ?? EVERY_MS);
  }

  #knock(): void {
    const { hostname, port, patienceMs = PATIENCE_MS } = this.#options;
    const socket = this.#socket = connect({ host: reachable(hostname), port });
    // Nothing is said, but the end is to be seen.
    socket.resume();
    socket.once("connect", () => {
      const { localAddress: remoteAddress, localPort: remotePort } = socket;
      this.#own = peerOf({ remoteAddress, remotePort });
      this.#options.onOwn(this.#own);
    });
    let refused = false;
    // Any other fault is one of who knocks: perhaps there is no descriptor for it, either.
    socket.once("error", (error: Error & { code?: string }) => refused = error.code === "ECONNREFUSED");
    let silent = false;
    socket.once("close", () => {
      if (this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#socket = this.#own = undefined;
      if (!this.#heard && (silent || refused)) this.#options.onDeaf(++this.#deaf);
      this.#heard = false;
      this.#wait();
    });
    this.#timer = setTimeout(() => {
      silent = true;
      // Who was busy for so long is to look at the door before it is called deaf.
      this.#timer = setTimeout(() => socket.destroy(), 0);
    }, patienceMs);
  }
}

/** An address that stands for all of the machine's is no place to go to. */
function reachable(hostname: string): string {
  return hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
}
