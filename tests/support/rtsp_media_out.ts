import { createSocket, type Socket as UdpSocket } from "node:dgram";
import type { Socket } from "node:net";
import type { Ending } from "./faults.ts";
import type { MediaOut } from "./rtp_player.ts";

/** A peer that leaves more than this unread misses pictures, as with a real camera. */
const BACKLOG_BYTES = 4_000_000;

/** The writing half of a connection: answers, interleaved media, and every way to end it. */
export class RtspWriter {
  #socket: Socket;
  #reset: () => void;
  #queue: Uint8Array[] = [];
  #drip?: ReturnType<typeof setInterval>;

  constructor(socket: Socket, reset: () => void) {
    this.#socket = socket;
    this.#reset = reset;
    socket.once("close", () => clearInterval(this.#drip));
  }

  /** Sends bytes, or queues them while the connection drips. */
  write(bytes: Uint8Array): void {
    if (this.#drip !== undefined) this.#queue.push(bytes);
    else if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  /** Whether the peer reads what it is sent. */
  get keepsUp(): boolean {
    return this.#socket.writableLength < BACKLOG_BYTES && this.#queue.length < 1000;
  }

  /** From now on no more than so many bytes a second. */
  limit(bytesPerSecond: number): void {
    this.#drip ??= setInterval(() => {
      let room = Math.max(1, Math.round(bytesPerSecond / 20));
      while (room > 0 && this.#queue.length > 0 && this.#socket.writable) {
        const piece = this.#queue[0].subarray(0, room);
        this.#socket.write(piece);
        room -= piece.length;
        this.#queue[0] = this.#queue[0].subarray(piece.length);
        if (this.#queue[0].length === 0) this.#queue.shift();
      }
    }, 50);
  }

  /** Ends the connection. */
  end(how: Exclude<Ending, "bye">, session = ""): void {
    clearInterval(this.#drip);
    this.#drip = undefined;
    if (how === "rst") return this.#reset();
    if (how === "teardown") {
      this.write(new TextEncoder().encode(`TEARDOWN * RTSP/1.0\r\nCSeq: 1\r\nSession: ${session}\r\n\r\n`));
    }
    this.#socket.end();
  }
}

/** Media inside the RTSP connection. */
export class InterleavedOut implements MediaOut {
  constructor(private writer: RtspWriter, private channel: number, private session: string) {}

  rtp(packets: Uint8Array[], half: boolean): void {
    if (!this.writer.keepsUp) return;
    const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length + 4, 0));
    let at = 0;
    for (const packet of packets) at = interleave(bytes, at, this.channel, packet);
    this.writer.write(half ? bytes.subarray(0, bytes.length >> 1) : bytes);
  }

  rtcp(packet: Uint8Array): void {
    const bytes = new Uint8Array(packet.length + 4);
    interleave(bytes, 0, this.channel + 1, packet);
    this.writer.write(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.writer.write(bytes);
  }

  limit(bytesPerSecond: number): void {
    this.writer.limit(bytesPerSecond);
  }

  end(how: Exclude<Ending, "bye">): void {
    this.writer.end(how, this.session);
  }
}

function interleave(into: Uint8Array, at: number, channel: number, packet: Uint8Array): number {
  into.set([0x24, channel, packet.length >> 8, packet.length & 0xff], at);
  into.set(packet, at + 4);
  return at + 4 + packet.length;
}

/** Media over a pair of UDP sockets. */
export class UdpOut implements MediaOut {
  private constructor(
    private writer: RtspWriter,
    private sockets: [UdpSocket, UdpSocket],
    private peer: { host: string; ports: [number, number] },
    private session: string,
  ) {}

  /** Binds both sockets. */
  static async open(
    writer: RtspWriter,
    peer: { host: string; ports: [number, number] },
    session: string,
  ): Promise<UdpOut> {
    return new UdpOut(writer, [await bind(peer.host), await bind(peer.host)], peer, session);
  }

  /** The ports media is sent from. */
  get ports(): [number, number] {
    return [this.sockets[0].address().port, this.sockets[1].address().port];
  }

  rtp(packets: Uint8Array[], half: boolean): void {
    const count = half ? packets.length >> 1 : packets.length;
    for (const packet of packets.slice(0, count)) this.#send(0, packet);
  }

  rtcp(packet: Uint8Array): void {
    this.#send(1, packet);
  }

  raw(): void {}

  limit(): void {}

  end(how: Exclude<Ending, "bye">): void {
    this.writer.end(how, this.session);
  }

  /** Closes both sockets. */
  close(): void {
    for (const socket of this.sockets) socket.close();
    this.sockets = [] as unknown as [UdpSocket, UdpSocket];
  }

  #send(index: 0 | 1, packet: Uint8Array): void {
    this.sockets[index]?.send(packet, this.peer.ports[index], this.peer.host);
  }
}

async function bind(host: string): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  // A peer that has closed its port makes the next send fail; the player need not know.
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.bind(0, host === "127.0.0.1" ? host : "0.0.0.0", () => resolve()));
  return socket;
}
