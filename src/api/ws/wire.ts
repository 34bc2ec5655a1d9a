import type { ServerSocket } from "../http/server_socket.ts";

/** Bytes that may wait in a socket. Beyond, events stay in their bounded queue and pictures are dropped. */
const ROOM_BYTES = 2 ** 20;
/** Somebody who asks on and on and reads nothing of the answers is shown out. */
const LIMIT_BYTES = 4 * 2 ** 20;
/** Sockets do not tell when they have room again: one that is full is looked at so often. */
const LOOK_MS = 20;
/** A client that takes nothing for so long while the socket is full is given up. */
const STUCK_MS = 60_000;

/** A socket whose own buffer, which has no bound, is never let grow. */
export class Wire {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** How full the socket was, and when it last got emptier. */
  #level = Infinity;
  #movedAtMs = 0;

  constructor(private readonly socket: ServerSocket, private readonly options: { stuckMs?: number } = {}) {}

  get open(): boolean {
    return this.socket.open;
  }

  /** Whether more may be sent now. */
  get room(): boolean {
    return this.open && this.socket.waitingBytes < ROOM_BYTES;
  }

  /** Resolves when there is room, or the socket is closed. Ask {@link room} again then: others wait, too. */
  whenRoom(): Promise<void> {
    if (this.room || !this.open) return Promise.resolve();
    if (this.#timer === undefined) {
      this.#level = Infinity;
      this.#look();
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Sends what has been found room for. */
  send(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** Sends an answer, room or not; who does not read them is disconnected. False when the socket is not open any more. */
  answer(text: string): boolean {
    if (this.open && this.socket.waitingBytes > LIMIT_BYTES) this.close(1008, "Asks without reading the answers");
    this.send(text);
    return this.open;
  }

  close(code: number, reason: string): void {
    if (this.open) this.socket.close(code, reason);
    this.release();
  }

  /** Lets everybody go who waits for room. */
  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #look(): void {
    if (this.room || !this.open) return this.release();
    const { waitingBytes } = this.socket;
    if (waitingBytes < this.#level) this.#movedAtMs = performance.now();
    this.#level = waitingBytes;
    const { stuckMs = STUCK_MS } = this.options;
    if (performance.now() - this.#movedAtMs > stuckMs) this.close(1008, "Reads nothing");
    else this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }
}
