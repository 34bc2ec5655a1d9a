import { connect, type Socket } from "node:net";
import { nowMs } from "../../core/clock.ts";
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
  /** A knock was not heard, and none for so long before. */
  onDeaf(sinceMs: number): void;
}

const EVERY_MS = 5000;
const PATIENCE_MS = 5000;
/** Nobody listens; or there is no descriptor for who knocks, and so none for anybody who comes. */
const DEAF = new Set(["ECONNREFUSED", "EMFILE", "ENFILE"]);

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
  #deafFromMs: number | undefined;

  constructor(options: KnockingOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Somebody was taken in; true when it is nobody but the one who knocks. */
  heard(peer: string): boolean {
    this.#heard = true;
    this.#deafFromMs = undefined;
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
    let deaf = false;
    // Any other fault is one of who knocks.
    socket.once("error", ({ code = "" }: Error & { code?: string }) => deaf = DEAF.has(code));
    socket.once("close", () => {
      if (this.#timer === undefined) return;
      clearTimeout(this.#timer);
      this.#socket = this.#own = undefined;
      if (!this.#heard && deaf) {
        const now = nowMs();
        this.#options.onDeaf(now - (this.#deafFromMs ??= now));
      }
      this.#heard = false;
      this.#wait();
    });
    this.#timer = setTimeout(() => {
      deaf = true;
      // Who was busy for so long is to look at the door before it is called deaf.
      this.#timer = setTimeout(() => socket.destroy(), 0);
    }, patienceMs);
  }
}

/** An address that stands for all of the machine's is no place to go to. */
function reachable(hostname: string): string {
  return hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
}
