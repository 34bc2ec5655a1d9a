import { GuestTcp } from "./guest_tcp.ts";

/** Kinds of frames (RFC 6455). */
export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** How a frame is put together, so that it may be put together wrongly. */
export interface FrameOptions {
  opcode: number;
  payload?: Uint8Array | string;
  /** Default: it is the last of its message. */
  fin?: boolean;
  /** Default: as every client's. */
  masked?: boolean;
  /** The three bits that mean nothing yet. */
  reserved?: number;
  /** What it claims to hold; default what it does. */
  length?: bigint;
}

/** One frame of a WebSocket as a client sends it, masked with zeros. */
export function wsFrame({ opcode, payload = "", fin = true, masked = true, reserved = 0, length }: FrameOptions) {
  const body = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const claimed = length ?? BigInt(body.length);
  const mask = masked ? 0x80 : 0;
  const size = claimed < 126n ? 2 : claimed < 65_536n ? 4 : 10;
  const frame = new Uint8Array(size + (masked ? 4 : 0) + body.length);
  const view = new DataView(frame.buffer);
  frame[0] = (fin ? 0x80 : 0) | reserved << 4 | opcode;
  frame[1] = mask | (size === 2 ? Number(claimed) : size === 4 ? 126 : 127);
  if (size === 4) view.setUint16(2, Number(claimed));
  if (size === 10) view.setBigUint64(2, claimed);
  frame.set(body, frame.length - body.length);
  return frame;
}

/** A WebSocket over a bare connection, up to where it is open. */
export async function openFrames(port: number, path: string): Promise<GuestTcp> {
  const tcp = await GuestTcp.open(port);
  await tcp.send(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const head = await tcp.until((text) => text.includes("\r\n\r\n"));
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`It was not opened: ${head}`);
  return tcp;
}

/** The frames in what a connection has brought since it was open. */
export function framesIn(text: string): { opcode: number; payload: string }[] {
  const frames = [];
  let at = text.indexOf("\r\n\r\n") + 4;
  const byte = (index: number) => text.charCodeAt(index);
  while (at + 2 <= text.length) {
    const opcode = byte(at) & 15;
    let length = byte(at + 1) & 127;
    let body = at + 2;
    const wide = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (wide > 0) {
      length = 0;
      for (let index = 0; index < wide; index++) length = length * 256 + byte(body + index);
      body += wide;
    }
    if (body + length > text.length) break;
    frames.push({ opcode, payload: text.slice(body, body + length) });
    at = body + length;
  }
  return frames;
}

/** The code of the closing frame; undefined where there is none. */
export function closeCode(text: string): number | undefined {
  const close = framesIn(text).find(({ opcode }) => opcode === OPCODE.close);
  return close && close.payload.length >= 2
    ? close.payload.charCodeAt(0) * 256 + close.payload.charCodeAt(1)
    : undefined;
}
